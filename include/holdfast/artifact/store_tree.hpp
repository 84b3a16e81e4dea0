#ifndef HOLDFAST_ARTIFACT_STORE_TREE_HPP
#define HOLDFAST_ARTIFACT_STORE_TREE_HPP

#include <cstdint>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <holdfast/archive/format.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/parallel.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

namespace holdfast {

/// What a saved tree became.
struct stored_tree {
    std::uint64_t size = 0;  ///< bytes: the sum of the files (files), the archive's size (tar); what documents say
    manifest contents;
};

namespace detail {

/// The manifest of a tree, its digests still to be filled in.
inline manifest list_contents(const file_tree& tree, digest_kind digest) {
    manifest contents{digest, {}, {}};
    for (const auto& entry : tree.entries) {
        if (entry.type == tree_entry::kind::directory) contents.directories.push_back(entry.path);
        if (entry.type != tree_entry::kind::file && entry.type != tree_entry::kind::hard_link) continue;
        contents.files.push_back({entry.path, entry.content.size(), {}, entry.mode & 0777U});
    }
    return contents;
}

/// Digests the files of a tree in parallel; `contents` is what `list_contents` made of it.
inline void digest_files(const file_tree& tree, manifest& contents, unsigned threads, std::stop_token stop) {
    if (contents.digest == digest_kind::none) return;
    std::vector<const byte_source*> sources;
    for (const auto& entry : tree.entries) {
        if (entry.type == tree_entry::kind::file || entry.type == tree_entry::kind::hard_link) {
            sources.push_back(&entry.content);
        }
    }
    parallel_for(
        sources.size(), threads,
        [&](std::size_t i) { contents.files[i].digest = digest_of(*sources[i], contents.digest); }, stop);
}

template <storage_backend Storage>
std::uint64_t store_objects(const Storage& storage, const object_key& key, std::vector<packed_object> objects,
                            const put_options& options, const transfer_limits& limits) {
    std::vector<pending_put> pending;
    std::uint64_t size = 0;
    for (auto& object : objects) {
        size += object.content.size();
        pending.push_back({object.path.empty() ? key : key / object.path, std::move(object.content)});
    }
    put_all(storage, pending, options, limits);
    return size;
}

/// One object a file: the digest that the put computed serves the manifest, so that bytes are read once.
template <storage_backend Storage>
std::uint64_t store_digested(const Storage& storage, const object_key& key, const std::vector<packed_object>& objects,
                             manifest& contents, const put_options& options, const transfer_limits& limits) {
    std::uint64_t size = 0;
    for (const auto& object : objects) size += object.content.size();
    parallel_for(
        objects.size(), limits.connections,
        [&](std::size_t i) {
            const auto stored = storage.put(key / objects[i].path, objects[i].content, options);
            contents.files[i].digest =
                stored.crc32c ? crc32c_hex(*stored.crc32c) : digest_of(objects[i].content, digest_kind::crc32c);
        },
        options.stop);
    return size;
}

}  // namespace detail

/// Stores a tree at and below a key that holds nothing yet.
///
/// Effects: one put per object, `limits.connections` at a time; no temporary file. After an error some objects
/// may be stored.
/// Errors: those of the format and the storage; `precondition_failed` where a file changed meanwhile;
/// `invalid_argument` where a file's path makes no object key.
template <archive_format Archive, storage_backend Storage>
stored_tree store_tree(const Storage& storage, const object_key& key, const file_tree& tree, digest_kind digest,
                       const transfer_limits& limits, std::stop_token stop) {
    stored_tree result{0, detail::list_contents(tree, digest)};
    auto packed = Archive::pack(tree);
    const put_options options{.digest = digest == digest_kind::crc32c, .stop = stop};
    auto* objects = std::get_if<std::vector<packed_object>>(&packed);
    const bool one_object_a_file = objects != nullptr && objects->size() == result.contents.files.size() &&
                                   (objects->empty() || !objects->front().path.empty());
    if (one_object_a_file && options.digest) {
        result.size = detail::store_digested(storage, key, *objects, result.contents, options, limits);
        return result;
    }
    detail::digest_files(tree, result.contents, limits.connections, stop);
    result.size = objects != nullptr ? detail::store_objects(storage, key, std::move(*objects),
                                                             {.digest = false, .stop = stop}, limits)
                                     : put_stream(storage, key, std::get<std::function<byte_stream()>>(packed)(),
                                                  {.digest = false, .stop = stop})
                                           .size;
    return result;
}

}  // namespace holdfast

#endif
