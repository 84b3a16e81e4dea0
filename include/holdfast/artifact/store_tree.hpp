#ifndef HOLDFAST_ARTIFACT_STORE_TREE_HPP
#define HOLDFAST_ARTIFACT_STORE_TREE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <holdfast/archive/format.hpp>
#include <holdfast/artifact/documents.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/digest.hpp>
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

/// The entries that a manifest lists: files, by each of their names.
inline std::vector<const tree_entry*> files_of(const file_tree& tree) {
    std::vector<const tree_entry*> found;
    found.reserve(tree.entries.size());
    for (const auto& entry : tree.entries) {
        if (entry.type == tree_entry::kind::file || entry.type == tree_entry::kind::hard_link) found.push_back(&entry);
    }
    return found;
}

/// The manifest of a tree, its digests still to be filled in.
inline manifest list_contents(const file_tree& tree, digest_kind digest) {
    manifest contents{digest, {}, {}};
    contents.files.reserve(tree.entries.size());
    for (const auto* entry : files_of(tree)) {
        contents.files.push_back({entry->path, entry->content.size(), {}, entry->mode & 0777U});
    }
    for (const auto& entry : tree.entries) {
        if (entry.type == tree_entry::kind::directory) contents.directories.push_back(entry.path);
    }
    return contents;
}

/// Digests the files of a tree in parallel; `contents` is what `list_contents` made of it.
inline void digest_files(const file_tree& tree, manifest& contents, unsigned threads, std::stop_token stop) {
    if (contents.digest == digest_kind::none) return;
    const auto files = files_of(tree);
    parallel_for(
        files.size(), threads,
        [&](std::size_t i) { contents.files[i].digest = digest_of(files[i]->content, contents.digest); }, stop);
}

/// Digests the files of a tree while they pass, one after the other.
class passing_digests {
public:
    /// @param contents what `list_contents` made of the tree
    passing_digests(const file_tree& tree, manifest& contents) : files_(files_of(tree)), contents_(contents) {}

    void update(const tree_entry& entry, std::span<const std::byte> bytes) {
        if (!digest_ || files_[file_] != &entry) begin_file(entry);
        digest_->update(bytes);
    }

    /// After the last file: gives those that did not pass, links and empty ones, their digests.
    void finish() {
        if (digest_) end_file();
        for (std::size_t i = 0; i < files_.size(); ++i) {
            auto& digest = contents_.files[i].digest;
            if (digest.empty()) digest = digest_of_target(*files_[i]);
            if (digest.empty()) digest = digest_of(files_[i]->content, contents_.digest);
        }
    }

private:
    void begin_file(const tree_entry& entry) {
        if (digest_) end_file();
        file_ = static_cast<std::size_t>(std::ranges::lower_bound(files_, &entry) - files_.begin());
        digest_.emplace(contents_.digest);
    }

    void end_file() {
        contents_.files[file_].digest = digest_->finish();
        digest_.reset();
    }

    std::string digest_of_target(const tree_entry& entry) const {
        if (entry.type != tree_entry::kind::hard_link) return {};
        const auto target = std::ranges::lower_bound(contents_.files, entry.target, {}, &stored_file::path);
        return target != contents_.files.end() && target->path == entry.target ? target->digest : std::string();
    }

    std::vector<const tree_entry*> files_;
    manifest& contents_;
    std::size_t file_ = 0;
    std::optional<file_digest> digest_;  // of that file, where a part of it has passed
};

/// Puts the one object of a tree as a stream, and digests what passes, so that each file is read once.
template <streamed_archive_format Archive, storage_backend Storage>
stored_tree store_stream(const Storage& storage, const object_key& key, const file_tree& tree, digest_kind digest,
                         std::stop_token stop) {
    stored_tree result{0, list_contents(tree, digest)};
    passing_digests digests(tree, result.contents);
    const auto stream = Archive::stream(
        tree, [&digests](const tree_entry& entry, std::span<const std::byte> bytes) { digests.update(entry, bytes); });
    result.size = put_stream(storage, key, stream, {.stop = stop}).size;
    digests.finish();
    return result;
}

/// The answers of the puts, in the order of the objects.
template <storage_backend Storage>
std::vector<stored_object> store_objects(const Storage& storage, const object_key& key,
                                         const std::vector<pending_object>& objects, const put_options& options,
                                         const transfer_limits& limits) {
    if (objects.size() == 1 && objects.front().path.empty()) {
        const object_info info = storage.put(key, objects.front().content, options);
        return {{info.size, info.crc32c}};
    }
    return put_all(storage, key, objects, options, limits);
}

/// Whether the objects are the files of the manifest, in its order.
inline bool is_one_object_a_file(const std::vector<pending_object>& objects, const manifest& contents) {
    return objects.size() == contents.files.size() && (objects.empty() || !objects.front().path.empty());
}

/// Takes over the digests that the puts computed, so that bytes are read once; false where a backend computed none.
inline bool take_digests(const std::vector<stored_object>& stored, manifest& contents) {
    for (std::size_t i = 0; i < stored.size(); ++i) {
        if (!stored[i].crc32c) return false;
        contents.files[i].digest = crc32c_hex(*stored[i].crc32c);
    }
    return true;
}

}  // namespace detail

/// Stores a tree at and below a key that holds nothing yet.
///
/// Effects: a `put_all` of its objects, or one put; no temporary file. After an error some objects may be stored. A
/// format that shows what passes is put as a stream where its size is not known and where the store `writes_streams`;
/// its files are then read once, and digested on the way.
/// Errors: those of the format and the storage; `precondition_failed` where a file changed meanwhile;
/// `invalid_argument` where a file's path makes no object key.
template <archive_format Archive, storage_backend Storage>
stored_tree store_tree(const Storage& storage, const object_key& key, const file_tree& tree, digest_kind digest,
                       const transfer_limits& limits, std::stop_token stop) {
    if constexpr (streamed_archive_format<Archive>) {
        if (!Archive::is_sized || writes_streams(storage))
            return detail::store_stream<Archive>(storage, key, tree, digest, stop);
    }
    stored_tree result{0, detail::list_contents(tree, digest)};
    const auto packed = Archive::pack(tree);
    const auto* objects = std::get_if<std::vector<pending_object>>(&packed);
    const bool digested_by_puts =
        digest == digest_kind::crc32c && objects != nullptr && detail::is_one_object_a_file(*objects, result.contents);
    if (!digested_by_puts) detail::digest_files(tree, result.contents, limits.connections, stop);
    if (objects == nullptr) {
        result.size = put_stream(storage, key, std::get<std::function<byte_stream()>>(packed)(), {.stop = stop}).size;
        return result;
    }
    const auto stored =
        detail::store_objects(storage, key, *objects, {.digest = digested_by_puts, .stop = stop}, limits);
    for (const auto& object : stored) result.size += object.size;
    if (digested_by_puts && !detail::take_digests(stored, result.contents)) {
        detail::digest_files(tree, result.contents, limits.connections, stop);
    }
    return result;
}

namespace detail {

/// Stores a manifest, and returns the SHA-256 of its text, in hex, by which the document names it.
/// Errors: `too_large`; those of the storage.
template <storage_backend Storage>
std::string store_manifest(const Storage& storage, const object_key& key, const manifest& contents) {
    std::string text = contents.to_json();
    check_readable(key, text.size(), manifest_limit);
    std::string digest = sha256_hex(text);
    put_text(storage, key, std::move(text));
    return digest;
}

}  // namespace detail
}  // namespace holdfast

#endif
