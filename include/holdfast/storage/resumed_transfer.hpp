#ifndef HOLDFAST_STORAGE_RESUMED_TRANSFER_HPP
#define HOLDFAST_STORAGE_RESUMED_TRANSFER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <system_error>
#include <vector>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/io_block.hpp>
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
/// @param offset of the range, in what is digested
inline void digest_part(const file& from, const byte_range& range, std::uint64_t offset, crc32c_sink& digest) {
    constexpr std::uint64_t piece = 1U << 20;
    const io_block buffer(static_cast<std::size_t>(std::min(piece, range.size)));
    for (std::uint64_t done = 0; done < range.size;) {
        const auto room = buffer.bytes().first(static_cast<std::size_t>(std::min(piece, range.size - done)));
        const auto bytes = room.first(from.read_at(range.offset + done, room));
        if (bytes.empty()) throw error(errc::corrupt, "load", from.path(), "the file became shorter; load it again");
        digest.has(offset + done, bytes);
        done += bytes.size();
    }
}

/// A range of an object that goes to a range of a file.
struct file_part {
    object_info object;
    byte_range range;
    std::filesystem::path file;
    std::uint64_t offset = 0;  // of the range, in the file
    object_key name;           // by which a record knows it
};

/// Gets the ranges that have not arrived, and notes each.
/// @param sink takes bytes at their offsets in the object
/// @param digest counts from the beginning of the part; may be null
template <storage_backend Storage>
void get_missing(const Storage& storage, const file_part& part, const std::vector<bool>& arrived,
                 std::uint64_t range_size, byte_sink& sink, crc32c_sink* digest, arrived_ranges& record,
                 const std::stop_token& stop, const transfer_limits& limits) {
    const file there = file::open_read(part.file);
    const object_info noted{.key = part.name, .size = part.range.size, .etag = part.object.etag};
    parallel_for(
        arrived.size(), limits.connections,
        [&](std::size_t i) {
            const std::uint64_t begin = i * range_size;
            const std::uint64_t size = std::min(range_size, part.range.size - begin);
            if (!arrived[i]) {
                const byte_range range{part.range.offset + begin, size};
                storage.get(part.object.key, sink, {.range = range, .if_match = part.object.etag, .stop = stop});
                record.add(noted, range_size, i);
            } else if (digest != nullptr) {
                digest_part(there, {part.offset + begin, size}, begin, *digest);
            }
        },
        stop);
}

/// Gets a part of an object, of which ranges may have arrived already; those that arrive now are noted.
/// @param sink, digest as those of `get_missing`
template <storage_backend Storage>
void resume_part(const Storage& storage, const file_part& part, byte_sink& sink, crc32c_sink* digest,
                 arrived_ranges& record, const std::stop_token& stop, const transfer_limits& limits) {
    const auto known = record.find(part.name);
    if (known && known->etag == part.object.etag && known->size == part.range.size &&
        file_size_or_zero(part.file) >= part.offset + end_of(*known)) {
        return get_missing(storage, part, known->ranges, known->range_size, sink, digest, record, stop, limits);
    }
    if (known) record.forget(part.name);
    const std::uint64_t range = range_of(storage, part.range.size, limits);
    const std::vector<bool> none(static_cast<std::size_t>((part.range.size - 1) / range + 1));
    get_missing(storage, part, none, range, sink, digest, record, stop, limits);
}

/// A new file, in the place of one that may be there. Errors: as `file_sink`.
inline file_sink make_anew(const std::filesystem::path& path) {
    try {
        return file_sink(path);
    } catch (const error& failed) {
        if (failed.kind() != errc::precondition_failed) throw;
    }
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    return file_sink(path);
}

}  // namespace detail

/// Gets a whole object into a file, and goes on where an earlier call stopped, of this process or of another.
///
/// Effects: as `get_file`, but on an error the file stays, and `record` knows which ranges of it have arrived. They
/// are used while the object has the etag that it had; else, and where nothing is recorded, the file is made anew.
/// Objects that arrive in one piece are not recorded.
/// @param options its range begins at 0; what it ends at is the most that is wanted
/// @param digest ask for `object_info::crc32c` of the bytes, those that had arrived before included
/// Errors: as `get_file`; `too_large` where the object is larger than is wanted, before more of it is asked for.
template <storage_backend Storage>
object_info resume_file(const Storage& storage, const object_key& key, const std::filesystem::path& path,
                        arrived_ranges& record, const get_options& options = {}, const transfer_limits& limits = {},
                        bool digest = false) {
    detail::require_whole(key, {options.range.offset, UINT64_MAX});
    if (const auto part = record.find(key)) {
        if (const auto object = detail::usable_object(storage, key, *part, path, options)) {
            detail::require_within(*object, options);
            const detail::file_part whole{*object, {0, object->size}, path, 0, key};
            file_sink file(detail::file::open_update(path));
            return detail::fill_file(file, digest, [&](byte_sink& sink, crc32c_sink* digesting) {
                detail::get_missing(storage, whole, part->ranges, part->range_size, sink, digesting, record,
                                    options.stop, limits);
                return *object;
            });
        }
        record.forget(key);
    }
    file_sink file = detail::make_anew(path);
    return detail::fill_file(file, digest, [&](byte_sink& sink, crc32c_sink*) {
        return detail::get_ranges(storage, key, sink, options, limits, &record);
    });
}

}  // namespace holdfast

#endif
