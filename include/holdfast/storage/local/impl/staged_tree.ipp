#ifndef HOLDFAST_STORAGE_LOCAL_IMPL_STAGED_TREE_IPP
#define HOLDFAST_STORAGE_LOCAL_IMPL_STAGED_TREE_IPP

#include <holdfast/storage/local/staged_tree.hpp>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/storage/abilities.hpp>
#include <holdfast/storage/local/staged_object.hpp>

namespace holdfast::detail {

HOLDFAST_DECL bool can_share_directory(std::span<const pending_object> objects) {
    std::vector<std::string_view> paths;
    paths.reserve(objects.size());
    for (const auto& object : objects) paths.emplace_back(object.path);
    if (!std::ranges::is_sorted(paths)) std::ranges::sort(paths);  // a tree comes sorted
    if (std::ranges::adjacent_find(paths) != paths.end()) return false;
    std::string_view last;
    for (const std::string_view path : paths) {
        const std::string_view directory = directory_above(path);
        if (directory == std::exchange(last, directory)) continue;
        for (auto above = directory; !above.empty(); above = directory_above(above)) {
            if (std::ranges::binary_search(paths, above)) return false;
        }
    }
    return true;
}

HOLDFAST_DECL staged_tree::staged_tree(const beneath& private_directory)
    : private_directory_(private_directory),
      name_(new_staging_name()),
      top_(private_directory.make_directories(name_, 0777)) {}

HOLDFAST_DECL staged_tree::~staged_tree() {
    if (name_.empty()) return;
    try {
        private_directory_.remove_tree(name_);
    } catch (const error&) {
        // `clean_unfinished` finds it later
    }
}

// Returns what was made, a directory before those in it.
HOLDFAST_DECL std::vector<std::string> staged_tree::make_directories(std::span<const pending_object> objects) const {
    std::set<std::string, std::less<>> made;
    for (const auto& object : objects) {
        const std::string_view path = object.path;
        for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
            const std::string_view directory = path.substr(0, slash);
            if (!made.contains(directory)) top_.make_directories(*made.emplace(directory).first, 0777);
        }
    }
    return {made.begin(), made.end()};
}

HOLDFAST_DECL std::vector<stored_object> staged_tree::put(const object_key& prefix,
                                                          std::span<const pending_object> objects,
                                                          const put_options& options, const transfer_limits& limits,
                                                          bool durable) const {
    const auto directories = make_directories(objects);
    auto stored =
        put_each(prefix, objects, limits, options.stop, [&](const object_key& key, const pending_object& object) {
            staged_object staged(top_, object.path, key, options);
            auto info = write_whole(staged, durable, [&](staged_object& to) { to.write(object.content); });
            staged.taken_over();
            return info;
        });
    for (const auto& directory : directories) {
        if (durable) top_.sync_directory(directory);
    }
    if (durable) top_.sync_directory("");
    return stored;
}

}  // namespace holdfast::detail

#endif
