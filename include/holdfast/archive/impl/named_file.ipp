#ifndef HOLDFAST_ARCHIVE_IMPL_NAMED_FILE_IPP
#define HOLDFAST_ARCHIVE_IMPL_NAMED_FILE_IPP

#include <holdfast/archive/named_file.hpp>

#include <algorithm>
#include <chrono>
#include <set>
#include <string_view>
#include <utility>

#include <holdfast/archive/safe_path.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/utf8.hpp>

namespace holdfast {
namespace detail {

inline std::string named_file_path(const std::string& name) {
    if (!is_utf8(name)) throw error(errc::invalid_argument, "save", name, "this name is not UTF-8");
    std::string path;
    try {
        path = member_path(name);
    } catch (const error& refused) {
        throw error(refused.kind(), "save", refused.key(),
                    "a file needs a path below the saved directory: relative, without \"..\" and NUL, shorter than "
                    "4096 bytes");
    }
    if (path.empty()) throw error(errc::invalid_argument, "save", name, "this file has no name");
    return path;
}

/// The directories that files stand in, each once, sorted.
inline std::set<std::string> directories_of(const file_tree& tree) {
    std::set<std::string> found;
    for (const auto& entry : tree.entries) {
        auto parent = parent_path(entry.path);
        while (!parent.empty() && found.emplace(parent).second) parent = parent_path(parent);
    }
    return found;
}

inline void check_distinct_paths(const file_tree& tree) {
    const auto twin = std::ranges::adjacent_find(tree.entries, {}, &tree_entry::path);
    if (twin == tree.entries.end()) return;
    const bool are_files = std::next(twin)->type == twin->type;
    throw error(errc::invalid_argument, "save", twin->path,
                are_files ? "two files have this path; give each its own"
                          : "this path is a file's, and other files stand below it; name one of them otherwise");
}

}  // namespace detail

HOLDFAST_DECL named_file::named_file(std::string name, std::span<const std::byte> bytes)
    : named_file(std::move(name), byte_source::from_view(bytes)) {}

HOLDFAST_DECL named_file::named_file(std::string name, std::uint64_t size, byte_generator generate)
    : named_file(std::move(name), byte_source::from_generator(size, std::move(generate))) {}

HOLDFAST_DECL named_file::named_file(std::string name, byte_source source)
    : path(std::move(name)), content(std::move(source)) {}

HOLDFAST_DECL file_tree tree_of(std::vector<named_file> files, const clock_function& clock) {
    const auto now = std::chrono::floor<std::chrono::seconds>(clock());
    file_tree tree;
    tree.root_modified_ns = std::chrono::nanoseconds(now.time_since_epoch()).count();
    const auto add = [&](std::string path, tree_entry::kind type, std::uint32_t mode) -> tree_entry& {
        auto& entry = tree.entries.emplace_back();
        entry.path = std::move(path);
        entry.type = type;
        entry.mode = mode;
        entry.modified_ns = tree.root_modified_ns;
        return entry;
    };
    for (auto& file : files) {
        add(detail::named_file_path(file.path), tree_entry::kind::file, file.mode).content = std::move(file.content);
    }
    for (const auto& path : detail::directories_of(tree)) add(path, tree_entry::kind::directory, 0755);
    std::ranges::sort(tree.entries, {}, &tree_entry::path);
    detail::check_distinct_paths(tree);
    return tree;
}

}  // namespace holdfast

#endif
