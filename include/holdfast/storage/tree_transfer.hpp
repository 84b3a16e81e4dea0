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
#include <holdfast/storage/transfer_limits.hpp>

namespace holdfast {

/// An object that is to be stored.
struct pending_put {
    object_key key;
    byte_source content;
};

/// Stores objects, several at once; the answers stand in the order of `objects`.
/// Errors: the first one; the objects stored before it stay.
template <storage_backend Storage>
std::vector<object_info> put_all(const Storage& storage, std::span<const pending_put> objects,
                                 const put_options& options = {}, const transfer_limits& limits = {}) {
    std::vector<object_info> stored;
    stored.reserve(objects.size());
    for (const auto& object : objects) stored.push_back({.key = object.key});
    detail::parallel_for(
        objects.size(), limits.connections,
        [&](std::size_t i) { stored[i] = storage.put(objects[i].key, objects[i].content, options); }, options.stop);
    return stored;
}

namespace detail {

/// The regular files below a directory as objects below a prefix.
/// Errors: `unsafe_path` for a link, `invalid_argument` for a device, socket or pipe.
inline std::vector<pending_put> files_to_put(const object_key& prefix, const std::filesystem::path& directory) {
    std::vector<pending_put> found;
    std::error_code failure;
    std::filesystem::recursive_directory_iterator entry(directory, failure);
    for (; !failure && entry != std::filesystem::recursive_directory_iterator(); entry.increment(failure)) {
        const auto& path = entry->path();
        const file_kind kind = status_of(path, false).kind;
        if (kind == file_kind::directory) continue;
        if (kind == file_kind::symlink) {
            throw error(errc::unsafe_path, "put", path.string(), "this is a link; store what it names, or an archive");
        }
        found.push_back({prefix / path.lexically_relative(directory).generic_string(), byte_source::from_file(path)});
    }
    if (failure) throw error::from_errno(failure.value(), "put", directory.string());
    return found;
}

}  // namespace detail

/// Stores every regular file below a directory as one object below `prefix/`, several at once; empty directories
/// leave no trace. For links, modes and empty directories use an archive.
///
/// Errors: `unsafe_path` where there is a symbolic link, `invalid_argument` where there is a device, socket or
/// pipe, both before anything is stored; then as `put_all`.
template <storage_backend Storage>
std::vector<object_info> put_tree(const Storage& storage, const object_key& prefix,
                                  const std::filesystem::path& directory, const put_options& options = {},
                                  const transfer_limits& limits = {}) {
    return put_all(storage, detail::files_to_put(prefix, directory), options, limits);
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

/// Gets every object below `prefix/` into a file below a directory that only the caller writes to, several at once.
///
/// Errors: as `get_file`; what arrived before an error stays.
template <storage_backend Storage>
std::vector<object_info> get_tree(const Storage& storage, const object_key& prefix,
                                  const std::filesystem::path& directory, std::stop_token stop = {},
                                  const transfer_limits& limits = {}) {
    auto objects = list_all(storage, prefix.str());
    detail::parallel_for(
        objects.size(), limits.connections,
        [&](std::size_t i) {
            const auto target = directory / objects[i].key.str().substr(prefix.str().size() + 1);
            detail::make_directories(target.parent_path());
            objects[i] = get_file(storage, objects[i].key, target, {.if_match = objects[i].etag, .stop = stop}, limits);
        },
        stop);
    return objects;
}

/// Removes the object at `prefix` and those below `prefix/`; for "a/v1" neither "a/v10" nor "a/v1.json".
///
/// Effects: not atomic; objects stored meanwhile may stay. Errors: as `remove_all`.
template <storage_backend Storage>
void remove_prefix(const Storage& storage, const object_key& prefix, const transfer_limits& limits = {}) {
    std::vector<object_key> keys;
    storage.list(prefix.str(), [&](const object_info& object) {
        keys.push_back(object.key);
        return true;
    });
    keys.push_back(prefix);
    remove_all(storage, keys, limits);
}

}  // namespace holdfast

#endif
