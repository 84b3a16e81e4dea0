#ifndef HOLDFAST_ARTIFACT_IMPL_SAVED_FILES_IPP
#define HOLDFAST_ARTIFACT_IMPL_SAVED_FILES_IPP

#include <holdfast/artifact/saved_files.hpp>

#include <algorithm>
#include <optional>

#include <holdfast/artifact/tree_check.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/parallel.hpp>

namespace holdfast {
namespace detail {

/// How many single characters have to be added, left out or replaced to make one text the other.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
        }
    }
    return row.back();
}

/// The few files whose paths are most like `path`; those of its base name come first.
inline std::string nearest_files(const std::vector<stored_file>& files, std::string_view path) {
    constexpr std::size_t most = 3;
    constexpr std::size_t longest = 128;  // of what is compared
    const auto base_name = [](std::string_view of) { return of.substr(of.rfind('/') + 1); };
    std::vector<std::pair<std::size_t, std::string_view>> found;
    for (const auto& file : files) {
        const bool has_base_name = base_name(file.path) == base_name(path);
        const auto distance = edit_distance(path.substr(0, longest), std::string_view(file.path).substr(0, longest));
        found.emplace_back(has_base_name ? 0 : distance + 1, file.path);
    }
    const std::size_t count = std::min(found.size(), most);
    std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(count));
    std::string names;
    for (std::size_t i = 0; i < count; ++i) names.append(i == 0 ? "" : ", ").append(found[i].second);
    return names;
}

[[noreturn]] inline void throw_no_such_file(const tree_access& access, std::string_view path) {
    const auto is_below = [&](const stored_file& file) {
        return file.path.starts_with(path) && file.path.substr(path.size()).starts_with('/');
    };
    std::string why = "there is no file " + std::string(path);
    if (access.files.empty()) {
        why += "; there are no files at all";
    } else if (const auto inside = std::ranges::find_if(access.files, is_below); inside != access.files.end()) {
        why += ", but a directory, with " + inside->path;
    } else {
        why += "; the nearest of " + std::to_string(access.files.size()) + ": " + nearest_files(access.files, path);
    }
    throw error(errc::not_found, "read", access.key, why);
}

}  // namespace detail

HOLDFAST_DECL saved_files::saved_files(detail::tree_access access, const load_options& options,
                                       const transfer_limits& limits)
    : access_(std::make_shared<const detail::tree_access>(std::move(access))), options_(options), limits_(limits) {}

HOLDFAST_DECL std::size_t saved_files::find_resolved(std::string_view path) const noexcept {
    const auto& files = access_->files;
    const auto found = std::ranges::lower_bound(files, path, {}, &stored_file::path);
    const bool is_it = found != files.end() && found->path == path;
    return is_it ? static_cast<std::size_t>(found - files.begin()) : files.size();
}

HOLDFAST_DECL std::size_t saved_files::find(std::string_view path) const {
    const auto resolved = detail::follow_links(access_->links, path);
    if (!resolved || path.starts_with('/')) {
        throw error(errc::unsafe_path, "read", access_->key,
                    std::string(path).append(" leads out of the saved directory, or in a circle of links"));
    }
    const std::size_t index = find_resolved(*resolved);
    if (index == access_->files.size()) detail::throw_no_such_file(*access_, *resolved);
    return index;
}

HOLDFAST_DECL bool saved_files::contains(std::string_view path) const {
    const auto resolved = detail::follow_links(access_->links, path);
    return resolved && !path.starts_with('/') && find_resolved(*resolved) != access_->files.size();
}

HOLDFAST_DECL void saved_files::check_limit(std::size_t index, std::uint64_t size) const {
    if (size <= options_.limits.bytes) return;
    throw error(errc::too_large, "read", access_->key,
                access_->files[index].path + ": " + std::to_string(size) +
                    " bytes are beyond the limit that the caller set; raise it, or open the file and read a part");
}

HOLDFAST_DECL std::string saved_files::read_whole(std::size_t index) const {
    const auto& file = access_->files[index];
    std::string text(static_cast<std::size_t>(file.size), '\0');
    const auto bytes = std::as_writable_bytes(std::span(text));
    std::string etag;
    access_->read(index, 0, bytes, etag);
    if (access_->digest != digest_kind::none) {
        detail::check_file_digest(access_->key, file, access_->digest,
                                  digest_of(byte_source::from_view(bytes), access_->digest));
    }
    return text;
}

HOLDFAST_DECL std::string saved_files::read(std::string_view path) const {
    const std::size_t index = find(path);
    check_limit(index, access_->files[index].size);
    return read_whole(index);
}

HOLDFAST_DECL std::string saved_files::read(std::string_view path, const byte_range& range) const {
    const std::size_t index = find(path);
    const std::uint64_t size = access_->files[index].size;
    const std::uint64_t offset = std::min(range.offset, size);
    const std::uint64_t count = std::min(range.size, size - offset);
    check_limit(index, count);
    std::string text(static_cast<std::size_t>(count), '\0');
    std::string etag;
    if (count > 0) access_->read(index, offset, std::as_writable_bytes(std::span(text)), etag);
    return text;
}

HOLDFAST_DECL std::map<std::string, std::string, std::less<>> saved_files::read_all() const {
    const auto& files = access_->files;
    detail::check_totals(access_->key, files, options_.limits);
    std::map<std::string, std::string, std::less<>> found;
    std::vector<std::string*> texts;
    for (const auto& file : files) texts.push_back(&found[file.path]);
    const auto& order = access_->order;
    detail::parallel_for(
        files.size(), order.empty() ? limits_.connections : 1,
        [&](std::size_t i) {
            const std::size_t index = order.empty() ? i : order[i];
            *texts[index] = read_whole(index);
        },
        options_.stop);
    return found;
}

HOLDFAST_DECL file_reader saved_files::open(std::string_view path) const {
    const std::size_t index = find(path);
    return file_reader({.key = access_->key,
                        .file = access_->files[index],
                        .digest = access_->digest,
                        .largest_block = limits_.memory,
                        .fill = [access = access_, index, etag = std::make_shared<std::string>()](
                                    std::uint64_t offset, std::span<std::byte> buffer) {
                            access->read(index, offset, buffer, *etag);
                        }});
}

}  // namespace holdfast

#endif
