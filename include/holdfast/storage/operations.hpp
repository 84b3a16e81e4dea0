#ifndef HOLDFAST_STORAGE_OPERATIONS_HPP
#define HOLDFAST_STORAGE_OPERATIONS_HPP

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/storage/abilities.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/file_transfer.hpp>
#include <holdfast/storage/list_objects.hpp>
#include <holdfast/storage/ordered_read.hpp>
#include <holdfast/storage/range_read.hpp>
#include <holdfast/storage/reservation.hpp>
#include <holdfast/storage/transfer_limits.hpp>
#include <holdfast/storage/tree_transfer.hpp>

// Everything that can be said over the six primitives; no backend redefines any of it.
namespace holdfast {

/// The largest text that `get_text` and `find_text` read by default, in bytes.
inline constexpr std::uint64_t default_text_limit = 64U << 20;

template <storage_backend Storage>
object_info put_text(const Storage& storage, const object_key& key, std::string text, const put_options& options = {}) {
    return storage.put(key, byte_source::from_text(std::move(text)), options);
}

/// A whole object. Effects: one `get`; none where `stop` was asked to before.
/// Errors: `not_found`; `too_large` beyond `limit` bytes; `cancelled`.
template <storage_backend Storage>
std::string get_text(const Storage& storage, const object_key& key, std::uint64_t limit = default_text_limit,
                     const std::stop_token& stop = {}) {
    detail::check_not_stopped(stop, "get", key.str());
    memory_sink sink;
    const object_info info = storage.get(key, sink, {.range = {0, limit}, .stop = stop});
    if (info.size > limit) {
        throw error(errc::too_large, "get", key.str(),
                    "the object has " + std::to_string(info.size) + " bytes, more than the limit of " +
                        std::to_string(limit) + "; raise the limit, or get it into a file");
    }
    return std::move(sink).text();
}

/// A whole object; nothing where there is none. Effects: as `get_text`. Errors: `too_large`, `cancelled`.
template <storage_backend Storage>
std::optional<std::string> find_text(const Storage& storage, const object_key& key,
                                     std::uint64_t limit = default_text_limit, const std::stop_token& stop = {}) {
    try {
        return get_text(storage, key, limit, stop);
    } catch (const error& failure) {
        if (failure.kind() != errc::not_found) throw;
        return std::nullopt;
    }
}

}  // namespace holdfast

#endif
