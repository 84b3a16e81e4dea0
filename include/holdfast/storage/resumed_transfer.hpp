#ifndef HOLDFAST_STORAGE_RESUMED_TRANSFER_HPP
#define HOLDFAST_STORAGE_RESUMED_TRANSFER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <system_error>
#include <vector>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/parallel.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/storage/arrived_ranges.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/file_transfer.hpp>
#include <holdfast/storage/transfer_limits.hpp>

namespace holdfast {
namespace detail {

inline std::uint64_t file_size_or_zero(const std::filesystem::path& path) {
    std::error_code absent;
    const auto size = std::filesystem::file_size(path, absent);
    return absent ? 0 : size;
}

/// Where the last range ends that has arrived.
inline std::uint64_t end_of(const arrived_ranges::part& part) {
    const auto last = std::find(part.ranges.rbegin(), part.ranges.rend(), true);
    return std::min<std::uint64_t>(part.size, static_cast<std::uint64_t>(part.ranges.rend() - last) * part.range_size);
}

/// What the store says of an object of which a part has arrived; nothing where that part is of no use.
template <storage_backend Storage>
std::optional<object_info> usable_object(const Storage& storage, const object_key& key,
                                         const arrived_ranges::part& part, const std::filesystem::path& path,
                                         const get_options& options) {
    if (file_size_or_zero(path) < end_of(part)) return std::nullopt;
    if (!options.if_match.empty() && options.if_match != part.etag) return std::nullopt;
    auto info = storage.head(key);
    if (!info || info->etag != part.etag || info->size != part.size) return std::nullopt;
    return info;
}

/// Digests a part of a file that need not arrive again.
inline void digest_part(const file& from, const byte_range& range, crc32c_sink& digest) {
    constexpr std::uint64_t piece = 1U << 20;
    std::vector<std::byte> buffer(static_cast<std::size_t>(std::min(piece, range.size)));
    for (std::uint64_t done = 0; done < range.size;) {
        const auto room = std::span(buffer).first(static_cast<std::size_t>(std::min(piece, range.size - done)));
        const auto bytes = room.first(from.read_at(range.offset + done, room));
        if (bytes.empty()) throw error(errc::corrupt, "load", from.path(), "the file became shorter; load it again");
        digest.has(range.offset + done, bytes);
        done += bytes.size();
    }
}

/// Gets the ranges of an object that have not arrived.
template <storage_backend Storage>
object_info get_missing(const Storage& storage, const object_info& object, const std::filesystem::path& path,
                        const arrived_ranges::part& part, arrived_ranges& record, const get_options& options,
                        const transfer_limits& limits, bool digest) {
    file_sink file(file::open_update(path));
    const detail::file there = file::open_read(path);
    return fill_file(file, digest, [&](byte_sink& sink, crc32c_sink* digesting) {
        parallel_for(
            part.ranges.size(), limits.connections,
            [&](std::size_t i) {
                const std::uint64_t begin = i * part.range_size;
                const byte_range range{begin, std::min(part.range_size, part.size - begin)};
                if (!part.ranges[i]) {
                    storage.get(object.key, sink, {.range = range, .if_match = part.etag, .stop = options.stop});
                    record.add(object, part.range_size, i);
                } else if (digesting != nullptr) {
                    digest_part(there, range, *digesting);
                }
            },
            options.stop);
        return object;
    });
}

}  // namespace detail

/// Gets a whole object into a file, and goes on where an earlier call stopped, of this process or of another.
///
/// Effects: as `get_file`, but on an error the file stays, and `record` knows which ranges of it have arrived. They
/// are used while the object has the etag that it had; else, and where nothing is recorded, the file is made anew.
/// Objects that arrive in one piece are not recorded.
/// @param options its range must be the whole object
/// @param digest ask for `object_info::crc32c` of the bytes, those that had arrived before included
/// Errors: as `get_file`.
template <storage_backend Storage>
object_info resume_file(const Storage& storage, const object_key& key, const std::filesystem::path& path,
                        arrived_ranges& record, const get_options& options = {}, const transfer_limits& limits = {},
                        bool digest = false) {
    detail::require_whole(key, options.range);
    if (const auto* part = record.find(key)) {
        if (const auto object = detail::usable_object(storage, key, *part, path, options)) {
            return detail::get_missing(storage, *object, path, *part, record, options, limits, digest);
        }
        record.forget(key);
    }
    std::error_code absent;
    std::filesystem::remove(path, absent);
    file_sink file(path);
    return detail::fill_file(file, digest, [&](byte_sink& sink, crc32c_sink*) {
        return detail::get_ranges(storage, key, sink, options, limits, &record);
    });
}

}  // namespace holdfast

#endif
