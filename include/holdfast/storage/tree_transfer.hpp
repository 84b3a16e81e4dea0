#ifndef HOLDFAST_STORAGE_TREE_TRANSFER_HPP
#define HOLDFAST_STORAGE_TREE_TRANSFER_HPP

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <span>
#include <stop_token>
#include <string_view>
#include <system_error>
#include <vector>

#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/parallel.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/storage/abilities.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/file_transfer.hpp>
#include <holdfast/storage/list_objects.hpp>
#include <holdfast/storage/transfer_limits.hpp>

namespace holdfast {

namespace detail {

/// Whether it is a regular file, not a directory. Errors: for anything else.
inline bool is_file_to_put(const std::filesystem::directory_entry& entry) {
    std::error_code failure;
    if (entry.is_symlink(failure)) {
        throw error(errc::unsafe_path, "put", entry.path().string(),
                    "this is a link; store what it names, or an archive");
    }
    if (entry.is_directory(failure)) return false;
    if (!entry.is_regular_file(failure)) source_file{entry.path()};  // throws what it says of the others
    return true;
}

/// The keys below a prefix of the regular files below a directory.
/// Errors: `unsafe_path` for a link, `invalid_argument` for a device, socket or pipe.
inline std::vector<object_info> files_to_put(const object_key& prefix, const std::filesystem::path& directory) {
    std::vector<object_info> found;
    const std::size_t common = (directory / "").generic_string().size();
    std::error_code failure;
    std::filesystem::recursive_directory_iterator entry(directory, failure);
    for (; !failure && entry != std::filesystem::recursive_directory_iterator(); entry.increment(failure)) {
        if (!is_file_to_put(*entry)) continue;
        found.push_back({.key = prefix / entry->path().generic_string().substr(common)});
    }
    if (failure) throw error::from_errno(failure.value(), "put", directory.string());
    return found;
}

inline std::filesystem::path path_of(const object_key& key, const object_key& prefix,
                                     const std::filesystem::path& directory) {
    return directory / key.str().substr(prefix.str().size() + 1);
}

}  // namespace detail

/// Stores every regular file below a directory as one object below `prefix/`, several at once; empty directories
/// leave no trace. For links, modes and empty directories use an archive.
///
/// Errors: `unsafe_path` where there is a symbolic link, `invalid_argument` where there is a device, socket or
/// pipe, both before anything is stored; then the first one of a put, and the objects stored before it stay.
template <storage_backend Storage>
std::vector<object_info> put_tree(const Storage& storage, const object_key& prefix,
                                  const std::filesystem::path& directory, const put_options& options = {},
                                  const transfer_limits& limits = {}) {
    auto objects = detail::files_to_put(prefix, directory);
    detail::parallel_for(
        objects.size(), limits.connections,
        [&](std::size_t i) {
            const object_key& key = objects[i].key;
            objects[i] = put_file(storage, key, detail::path_of(key, prefix, directory), options);
        },
        options.stop);
    return objects;
}

/// What lies below `prefix/`, sorted by key.
template <storage_backend Storage>
std::vector<object_info> list_all(const Storage& storage, std::string_view prefix) {
    std::vector<object_info> found;
    storage.list(prefix, [&](const object_info& object) {
        found.push_back(object);
        return true;
    });
    std::ranges::sort(found, {}, &object_info::key);
    return found;
}

namespace detail {

/// Makes the directories of the files that objects are to become.
inline void make_directories_of(std::span<const object_info> objects, const object_key& prefix,
                                const std::filesystem::path& directory) {
    std::string_view last;
    for (const auto& object : objects) {
        if (object.key.parent() == last) continue;
        last = object.key.parent();
        make_directories(path_of(object.key, prefix, directory).parent_path());
    }
}

}  // namespace detail

/// Gets every object below `prefix/` into a file below a directory that only the caller writes to, several at once.
///
/// Errors: as `get_file`; what arrived before an error stays.
template <storage_backend Storage>
std::vector<object_info> get_tree(const Storage& storage, const object_key& prefix,
                                  const std::filesystem::path& directory, std::stop_token stop = {},
                                  const transfer_limits& limits = {}) {
    auto objects = list_all(storage, prefix.str());
    detail::make_directories_of(objects, prefix, directory);
    transfer_limits whole = limits;
    whole.connections = 1;  // what is known to be short is asked for without a range
    detail::parallel_for(
        objects.size(), limits.connections,
        [&](std::size_t i) {
            const object_info& object = objects[i];
            objects[i] =
                get_file(storage, object.key, detail::path_of(object.key, prefix, directory),
                         {.if_match = object.etag, .stop = stop}, object.size > limits.range_size ? limits : whole);
        },
        stop);
    return objects;
}

/// Removes the object at `prefix` and those below `prefix/`; for "a/v1" neither "a/v10" nor "a/v1.json".
///
/// Effects: not atomic; objects stored meanwhile may stay. Errors: as `remove_all`.
template <storage_backend Storage>
void remove_prefix(const Storage& storage, const object_key& prefix, const transfer_limits& limits = {},
                   const std::stop_token& stop = {}) {
    std::vector<object_key> keys{prefix};
    const auto take = [&](const object_info& object) {
        keys.push_back(object.key);
        return true;
    };
    list_objects(storage, prefix.str(), take, stop);
    remove_all(storage, keys, limits, stop);
}

}  // namespace holdfast

#endif
