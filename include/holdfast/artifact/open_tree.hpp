#ifndef HOLDFAST_ARTIFACT_OPEN_TREE_HPP
#define HOLDFAST_ARTIFACT_OPEN_TREE_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <holdfast/artifact/archive_access.hpp>
#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/artifact/saved_files.hpp>
#include <holdfast/artifact/tree_check.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

namespace holdfast {

namespace detail {

template <storage_backend Storage>
void read_stored_file(const Storage& storage, const saved_tree& tree, const stored_file& file, std::uint64_t offset,
                      std::span<std::byte> buffer, const get_options& options, const transfer_limits& limits,
                      std::string& etag) {
    const auto info = say_what_is_missing(
        storage, tree, file, [&] { return get_into(storage, tree.key / file.path, offset, buffer, options, limits); });
    check_file_size(tree.key.str(), file, info.size);
    etag = info.etag;
}

template <storage_backend Storage>
tree_access open_files(const Storage& storage, const saved_tree& tree, const load_options& options,
                       const transfer_limits& limits) {
    tree_access access{.key = tree.key.str(), .files = files_to_load(storage, tree, options.verify, options.stop)};
    if (options.verify && tree.contents) access.digest = tree.contents->digest;
    access.read = [=, files = access.files, stop = options.stop](std::size_t index, std::uint64_t offset,
                                                                 std::span<std::byte> buffer, std::string& etag) {
        read_stored_file(storage, tree, files[index], offset, buffer, {.if_match = etag, .stop = stop}, limits, etag);
    };
    return access;
}

template <storage_backend Storage>
tree_access open_tar(const Storage& storage, const saved_tree& tree, const load_options& options,
                     const transfer_limits& limits) {
    const auto object = storage.head(tree.key);
    if (!object) throw_missing_data(tree.key.str());
    if (options.verify) check_size(tree.key.str(), tree.size, object->size);
    const auto fill = [=, key = tree.key, etag = object->etag, stop = options.stop](std::uint64_t offset,
                                                                                    std::span<std::byte> buffer) {
        get_into(storage, key, offset, buffer, {.if_match = etag, .stop = stop}, limits);
    };
    return access_archive(tree, {object->size, fill}, options, limits);
}

}  // namespace detail

/// Looks into a saved tree, to read its files into memory.
///
/// Effects: of `files` it reads the manifest, or the listing where there is none. Of a tar it reads the headers: one
/// request for each member that is large, and for each few hundred that are small. A compressed tar is read once as a
/// whole; then each file costs another pass up to its end, except that files that are read in the order of the archive,
/// as `read_all` does, share one. No file is written to disk.
/// Errors: as `fetch_tree`, as far as it can be seen without reading the files.
template <storage_backend Storage>
saved_files open_tree(const Storage& storage, const saved_tree& tree, const load_options& options = {},
                      const transfer_limits& limits = {}) {
    if (tree.storage_format == "files") return {detail::open_files(storage, tree, options, limits), options, limits};
    if (tree.storage_format == "tar") return {detail::open_tar(storage, tree, options, limits), options, limits};
    detail::throw_unknown_format(tree.key.str(), tree.storage_format);
}

}  // namespace holdfast

#endif
