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

HOLDFAST_DECL bool can_share_directory(const object_key& prefix, std::span<const pending_put> objects) {
    std::vector<std::string_view> keys;
    keys.reserve(objects.size());
    for (const auto& object : objects) keys.emplace_back(object.key.str());
    if (!std::ranges::is_sorted(keys)) std::ranges::sort(keys);  // a tree comes sorted
    if (std::ranges::adjacent_find(keys) != keys.end()) return false;
    std::string_view last = prefix.str();
    for (const std::string_view key : keys) {
        const std::string_view parent = key.substr(0, key.rfind('/'));
        if (parent == std::exchange(last, parent)) continue;
        for (auto above = parent; above.size() > prefix.str().size(); above = above.substr(0, above.rfind('/'))) {
            if (std::ranges::binary_search(keys, above)) return false;
        }
    }
    return true;
}

inline std::string_view path_below(const object_key& prefix, const object_key& key) {
    return std::string_view(key.str()).substr(prefix.str().size() + 1);
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
HOLDFAST_DECL std::vector<std::string> staged_tree::make_directories(const object_key& prefix,
                                                                     std::span<const pending_put> objects) const {
    std::set<std::string, std::less<>> made;
    for (const auto& object : objects) {
        const std::string_view path = path_below(prefix, object.key);
        for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
            const std::string_view directory = path.substr(0, slash);
            if (!made.contains(directory)) top_.make_directories(*made.emplace(directory).first, 0777);
        }
    }
    return {made.begin(), made.end()};
}

HOLDFAST_DECL std::vector<stored_object> staged_tree::put(const object_key& prefix,
                                                          std::span<const pending_put> objects,
                                                          const put_options& options, const transfer_limits& limits,
                                                          bool durable) const {
    const auto directories = make_directories(prefix, objects);
    auto stored = put_each(objects, limits, options.stop, [&](const pending_put& object) {
        staged_object staged(top_, std::string(path_below(prefix, object.key)), object.key, options);
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
