#ifndef HOLDFAST_STORAGE_BACKEND_HPP
#define HOLDFAST_STORAGE_BACKEND_HPP

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/byte_stream.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/core/pending_object.hpp>
#include <holdfast/core/store_url.hpp>
#include <holdfast/storage/transfer_limits.hpp>

namespace holdfast {

/// The part [offset, offset + size) of an object, in bytes; cut at the object's end.
struct byte_range {
    std::uint64_t offset = 0;
    std::uint64_t size = UINT64_MAX;
};

struct put_options {
    bool digest = false;        ///< ask for `object_info::crc32c`; a backend that cannot leaves it empty
    std::stop_token stop = {};  ///< when stopped the call ends soon with `cancelled`, and nothing is stored
};

struct get_options {
    byte_range range = {};      ///< default: the whole object
    std::string if_match = {};  ///< when not empty: fail with `precondition_failed` unless the etag is this one
    std::stop_token stop = {};  ///< when stopped the call ends soon with `cancelled`
};

/// What a batch of puts tells of one of its objects, of which there may be very many.
struct stored_object {
    std::uint64_t size = 0;                    ///< bytes
    std::optional<std::uint32_t> crc32c = {};  ///< of the content, where the backend computed it
};

/// Takes one listed object; returns false to end the listing.
using list_visitor = std::function<bool(const object_info&)>;

/// The same where the key is all that is asked for.
using key_visitor = std::function<bool(const object_key&)>;

namespace detail {

template <class Storage>
concept has_put =
    requires(const Storage& storage, const object_key& key, const byte_source& source, const put_options& options) {
        { storage.put(key, source, options) } -> std::same_as<object_info>;
    };

template <class Storage>
concept has_get = requires(const Storage& storage, const object_key& key, byte_sink& sink, const get_options& options) {
    { storage.get(key, sink, options) } -> std::same_as<object_info>;
};

template <class Storage>
concept has_head = requires(const Storage& storage, const object_key& key) {
    { storage.head(key) } -> std::same_as<std::optional<object_info>>;
};

template <class Storage>
concept has_list = requires(const Storage& storage, std::string_view prefix, const list_visitor& visit) {
    { storage.list(prefix, visit) } -> std::same_as<void>;
};

template <class Storage>
concept has_remove = requires(const Storage& storage, const object_key& key) {
    { storage.remove(key) } -> std::same_as<void>;
};

template <class Storage>
concept has_url = requires(const Storage& storage) {
    { storage.url() } -> std::convertible_to<store_url>;
};

}  // namespace detail

/// Where objects live. Six blocking primitives; everything else is derived (`operations.hpp`).
///
/// A backend is a handle: copies name the same store. All primitives are const and may be called by any number
/// of threads at once. `s` is a `const Storage`, `key` a `const object_key&`, `source` a `const byte_source&`, `sink` a
/// `byte_sink&`, `o` a `const put_options&` or `const get_options&`, `prefix` a `std::string_view`, `visit` a
/// `const list_visitor&`.
///
/// | expression              | type                         | meaning, guarantees                          | errors |
/// | ----------------------- | ---------------------------- | -------------------------------------------- | ------ |
/// | `s.put(key, source, o)` | `object_info`                | Stores the source's bytes under `key`, replacing what was there. All or nothing: a reader sees the old object or the new one, whatever happens meanwhile. Returns key, size and etag, and the CRC32C where asked and able. | `access_denied`, `no_space`, `precondition_failed` (a source file changed) |
/// | `s.get(key, sink, o)`   | `object_info`                | Writes the bytes of the range to the sink at their offsets in the object, each byte once: a retry inside goes on where the last write ended. Returns what `head` returns. A range that starts at or beyond the end writes nothing. On an error the sink may hold a part. | `not_found`, `precondition_failed` |
/// | `s.head(key)`           | `std::optional<object_info>` | Key, size, modification time and etag, which is never empty; nothing where there is no such object. A write is seen by every `head`, `get` and `list` that starts after it. | |
/// | `s.list(prefix, visit)` | `void`                       | Visits every object below `prefix/`, at any depth, once, in no particular order, until `visit` returns false. The empty prefix is the whole store. Objects whose names are no object keys are passed over. | |
/// | `s.remove(key)`         | `void`                       | Removes the object; removing what is absent succeeds. | |
/// | `s.url()`               | any that is a `store_url`    | The store's root. | |
///
/// Every primitive reports `access_denied`, `unavailable`, `timed_out`, `throttled` and `cancelled` where they
/// apply; a store that does not exist yet is an empty one.
/// Models: `memory_storage`, `local_storage`, `s3_storage`, `any_storage`; `examples/sqlite_storage` is one of one's own.
template <class Storage>
concept storage_backend =
    std::copy_constructible<Storage> && detail::has_put<Storage> && detail::has_get<Storage> &&
    detail::has_head<Storage> && detail::has_list<Storage> && detail::has_remove<Storage> && detail::has_url<Storage>;

/// True for a storage backend; for any other type a compile error whose first line names the operation that is
/// missing or has another signature.
template <class Storage>
consteval bool require_storage_backend() {
    static_assert(std::copy_constructible<Storage>, "storage_backend: the type cannot be copied");
    static_assert(
        detail::has_put<Storage>,
        "storage_backend: no `object_info put(const object_key&, const byte_source&, const put_options&) const`");
    static_assert(detail::has_get<Storage>,
                  "storage_backend: no `object_info get(const object_key&, byte_sink&, const get_options&) const`");
    static_assert(detail::has_head<Storage>,
                  "storage_backend: no `std::optional<object_info> head(const object_key&) const`");
    static_assert(detail::has_list<Storage>,
                  "storage_backend: no `void list(std::string_view, const list_visitor&) const`");
    static_assert(detail::has_remove<Storage>, "storage_backend: no `void remove(const object_key&) const`");
    static_assert(detail::has_url<Storage>, "storage_backend: no `store_url url() const`");
    return true;
}

/// Ability: stores an object only where none exists; false where one does. Atomic among all writers.
template <class Storage>
concept create_only_storage =
    storage_backend<Storage> &&
    requires(const Storage& storage, const object_key& key, const byte_source& source, const put_options& options) {
        { storage.put_if_absent(key, source, options) } -> std::same_as<bool>;
    };

/// Ability: replaces an object only where its etag is still `etag`; false where it changed or vanished. Atomic
/// among all writers.
template <class Storage>
concept compare_and_swap_storage =
    storage_backend<Storage> && requires(const Storage& storage, const object_key& key, const byte_source& source,
                                         const std::string& etag, const put_options& options) {
        { storage.put_if_match(key, source, etag, options) } -> std::same_as<bool>;
    };

/// Ability: copies an object without sending its bytes. Errors: `not_found`.
template <class Storage>
concept copying_storage =
    storage_backend<Storage> && requires(const Storage& storage, const object_key& from, const object_key& to) {
        { storage.copy(from, to) } -> std::same_as<object_info>;
    };

/// Ability: removes many objects in few requests; absent ones are no error. Errors: that of the first object
/// that could not be removed, after all were tried.
template <class Storage>
concept batch_remove_storage =
    storage_backend<Storage> && requires(const Storage& storage, std::span<const object_key> keys) {
        { storage.remove_batch(keys) } -> std::same_as<void>;
    };

/// Ability: stores many objects below one prefix at less cost than one by one; the answers stand in the order of
/// `objects`. Where nothing was at or below the prefix they appear together or not at all; elsewhere each as by `put`.
/// Errors: the first one of a put; before anything is stored, those of the keys that prefix and paths make.
template <class Storage>
concept batch_put_storage =
    storage_backend<Storage> &&
    requires(const Storage& storage, const object_key& prefix, std::span<const pending_object> objects,
             const put_options& options, const transfer_limits& limits) {
        { storage.put_batch(prefix, objects, options, limits) } -> std::same_as<std::vector<stored_object>>;
    };

/// Ability: stores an object whose size is not known beforehand, with the guarantees of `put`.
template <class Storage>
concept streaming_storage =
    storage_backend<Storage> && requires(const Storage& storage, const object_key& key, const byte_stream& stream,
                                         const put_options& options) {
        { storage.put_stream(key, stream, options) } -> std::same_as<object_info>;
    };

}  // namespace holdfast

#endif
