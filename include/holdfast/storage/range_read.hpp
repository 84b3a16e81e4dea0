#ifndef HOLDFAST_STORAGE_RANGE_READ_HPP
#define HOLDFAST_STORAGE_RANGE_READ_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/parallel.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/ordered_read.hpp>
#include <holdfast/storage/transfer_limits.hpp>

namespace holdfast {

/// Fills `buffer` with the bytes that stand at `offset` in an object.
///
/// Effects: more than `limits.range_size` bytes arrive in ranges, several at once, all of one state of the object.
/// @param options its range is ignored
/// Errors: `not_found`; `precondition_failed` where the object is replaced meanwhile; `corrupt` where it ends before
/// the buffer is full.
template <storage_backend Storage>
object_info get_into(const Storage& storage, const object_key& key, std::uint64_t offset, std::span<std::byte> buffer,
                     const get_options& options = {}, const transfer_limits& limits = {}) {
    if (buffer.empty()) return detail::require_object(storage, key, options);
    const std::uint64_t range = limits.connections > 1 ? detail::longest_range(limits) : UINT64_MAX;
    span_sink sink(offset, buffer);
    const auto get_one = [&](std::uint64_t begin, const std::string& etag) {
        const std::uint64_t size = std::min<std::uint64_t>(range, buffer.size() - begin);
        return storage.get(key, sink, {.range = {offset + begin, size}, .if_match = etag, .stop = options.stop});
    };
    object_info info = get_one(0, options.if_match);
    if (offset > info.size || buffer.size() > info.size - offset) {
        throw error(errc::corrupt, "get", key.str(), "the object is shorter than it should be");
    }
    const auto others = static_cast<std::size_t>((buffer.size() - 1) / range);
    detail::parallel_for(
        others, limits.connections, [&](std::size_t i) { get_one((i + 1) * range, info.etag); }, options.stop);
    sink.check_whole(key.str());
    return info;
}

}  // namespace holdfast

#endif
