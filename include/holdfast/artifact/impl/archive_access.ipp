#ifndef HOLDFAST_ARTIFACT_IMPL_ARCHIVE_ACCESS_IPP
#define HOLDFAST_ARTIFACT_IMPL_ARCHIVE_ACCESS_IPP

#include <holdfast/artifact/archive_access.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/archive/compression.hpp>
#include <holdfast/archive/tar_index.hpp>
#include <holdfast/artifact/tree_check.hpp>
#include <holdfast/core/byte_stream.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/copy_bytes.hpp>
#include <holdfast/detail/gzip.hpp>

namespace holdfast::detail {

/// The bytes of an archive from its start.
inline byte_stream archive_stream(const stored_archive& archive, std::uint64_t largest_block) {
    const auto ahead = std::make_shared<read_ahead>(archive.size, largest_block, archive.fill);
    return [ahead, offset = std::uint64_t{0}](std::span<std::byte> out) mutable {
        const auto ready = ahead->at(offset);
        const std::size_t count = std::min(ready.size(), out.size());
        copy_bytes(ready.first(count), out);
        offset += count;
        return count;
    };
}

/// What a compressed archive holds, at offsets: forward in one pass, backward by a new one.
class unpacked_archive {
public:
    unpacked_archive(stored_archive archive, std::uint64_t largest_block)
        : archive_(std::move(archive)), largest_block_(largest_block) {}

    void read(std::uint64_t offset, std::span<std::byte> buffer) {
        const std::scoped_lock lock(mutex_);
        try {
            if (!stream_ || offset < position_) start();
            std::vector<std::byte> passed(64 * 1024);
            while (position_ < offset) {
                const auto left = std::min<std::uint64_t>(passed.size(), offset - position_);
                take(std::span(passed).first(static_cast<std::size_t>(left)));
            }
            take(buffer);
        } catch (...) {
            stream_ = nullptr;
            throw;
        }
    }

private:
    void start() {
        stream_ = gunzip_stream(archive_stream(archive_, largest_block_));
        position_ = 0;
    }

    void take(std::span<std::byte> buffer) {
        while (!buffer.empty()) {
            const std::size_t count = stream_(buffer);
            if (count == 0) throw error(errc::corrupt, "unpack", "", "the archive is cut short");
            position_ += count;
            buffer = buffer.subspan(count);
        }
    }

    stored_archive archive_;
    std::uint64_t largest_block_;
    std::mutex mutex_;
    byte_stream stream_;
    std::uint64_t position_ = 0;  // of stream_
};

inline void index_plain(tar_index& index, const stored_archive& archive, read_ahead& ahead) {
    while (!index.is_at_end() && index.position() < archive.size) {
        index.write(ahead.at(index.position()));
        index.skip_content();
    }
    index.finish();
}

/// Reads to the end of the compressed bytes, where their checksum is.
inline void index_compressed(tar_index& index, const byte_stream& plain) {
    std::vector<std::byte> block(64 * 1024);
    while (const std::size_t count = plain(block)) index.write(std::span(block).first(count));
    index.finish();
}

/// The files of an archive, with what a manifest says of them. Errors: `corrupt` where the archive holds others.
inline std::vector<stored_file> list_archive(const tar_index& index, const manifest* contents, std::string_view key) {
    std::map<std::string_view, const stored_file*> saved;
    if (contents != nullptr) {
        for (const auto& file : contents->files) saved.emplace(file.path, &file);
    }
    std::vector<stored_file> found;
    for (const auto& [path, where] : index.files()) {
        auto& file = found.emplace_back(stored_file{path, where.size, {}, where.mode});
        if (contents == nullptr) continue;
        const auto known = saved.find(path);
        if (known == saved.end()) throw_unsaved_file(key, path);
        check_file_size(key, *known->second, where.size);
        file = *known->second;
        saved.erase(known);
    }
    if (!saved.empty()) throw_missing_file(key, saved.begin()->first);
    return found;
}

inline std::vector<std::uint64_t> offsets_of(const tar_index& index) {
    std::vector<std::uint64_t> offsets;
    for (const auto& [path, where] : index.files()) offsets.push_back(where.offset);
    return offsets;
}

inline std::vector<std::size_t> order_of(const std::vector<std::uint64_t>& offsets) {
    std::vector<std::size_t> order(offsets.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return offsets[i]; });
    return order;
}

inline bool is_compressed(read_ahead& archive) {
    const auto start = archive.at(0);
    return is_gzip_compressed({reinterpret_cast<const char*>(start.data()),  // an alias that is allowed
                               std::min(start.size(), compression_magic_size)});
}

/// Gives errors that know no key that of the tree.
template <class Call>
void with_key(const std::string& key, Call call) {
    try {
        call();
    } catch (const error& failed) {
        if (!failed.key().empty()) throw;
        throw error(failed.kind(), failed.operation(), key, failed.message());
    }
}

inline void read_plainly(tree_access& access, const stored_archive& archive, std::vector<std::uint64_t> offsets) {
    access.read = [archive, offsets = std::move(offsets)](std::size_t i, std::uint64_t offset,
                                                          std::span<std::byte> buffer, std::string&) {
        if (!buffer.empty()) archive.fill(offsets[i] + offset, buffer);
    };
}

inline void read_unpacked(tree_access& access, std::shared_ptr<unpacked_archive> archive,
                          std::vector<std::uint64_t> offsets) {
    access.order = order_of(offsets);
    access.read = [archive = std::move(archive), offsets = std::move(offsets), key = access.key](
                      std::size_t i, std::uint64_t offset, std::span<std::byte> buffer, std::string&) {
        if (!buffer.empty()) with_key(key, [&] { archive->read(offsets[i] + offset, buffer); });
    };
}

HOLDFAST_DECL tree_access access_archive(const saved_tree& tree, const stored_archive& archive,
                                         const load_options& options, const transfer_limits& limits) {
    const manifest* contents = options.verify && tree.contents ? &*tree.contents : nullptr;
    tree_access access{.key = tree.key.str(), .files = {}};
    with_key(access.key, [&] {
        read_ahead ahead(archive.size, limits.range_size, archive.fill);
        tar_index index(options.limits.entries);
        const bool is_packed = is_compressed(ahead);
        if (is_packed) {
            index_compressed(index, gunzip_stream(archive_stream(archive, limits.memory)));
        } else {
            index_plain(index, archive, ahead);
        }
        access.files = list_archive(index, contents, access.key);
        access.links = index.links();
        if (is_packed) {
            read_unpacked(access, std::make_shared<unpacked_archive>(archive, limits.memory), offsets_of(index));
        } else {
            read_plainly(access, archive, offsets_of(index));
        }
    });
    if (contents != nullptr) access.digest = contents->digest;
    return access;
}

}  // namespace holdfast::detail

#endif
