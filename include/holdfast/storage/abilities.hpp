#ifndef HOLDFAST_STORAGE_ABILITIES_HPP
#define HOLDFAST_STORAGE_ABILITIES_HPP

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/byte_stream.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/detail/io_block.hpp>
#include <holdfast/detail/parallel.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/transfer_limits.hpp>

// The abilities of `backend.hpp` as functions of any backend: its own where it has the ability, else made of the
// primitives.
namespace holdfast {

/// Copies an object. Effects: without the ability the object passes through this process's memory.
/// Errors: `not_found`.
template <storage_backend Storage>
object_info copy(const Storage& storage, const object_key& from, const object_key& to) {
    if constexpr (copying_storage<Storage>) {
        return storage.copy(from, to);
    } else {
        memory_sink content;
        storage.get(from, content, {});
        return storage.put(to, byte_source::from_text(std::move(content).text()), {});
    }
}

/// Stores an object only where none exists; false where one does.
/// Effects: without the ability this is a look and then a put, so two writers at once may both return true; where
/// one at most may win, use `reserve`.
template <storage_backend Storage>
bool put_if_absent(const Storage& storage, const object_key& key, const byte_source& source,
                   const put_options& options = {}) {
    if constexpr (create_only_storage<Storage>) {
        return storage.put_if_absent(key, source, options);
    } else {
        if (storage.head(key)) return false;
        storage.put(key, source, options);
        return true;
    }
}

/// Replaces an object only where its etag is still `etag`; false where it changed or vanished.
/// Effects: without the ability this is a look and then a put, so a write between the two is lost.
template <storage_backend Storage>
bool put_if_match(const Storage& storage, const object_key& key, const byte_source& source, const std::string& etag,
                  const put_options& options = {}) {
    if constexpr (compare_and_swap_storage<Storage>) {
        return storage.put_if_match(key, source, etag, options);
    } else {
        const auto found = storage.head(key);
        if (!found || found->etag != etag) return false;
        storage.put(key, source, options);
        return true;
    }
}

namespace detail {

inline std::string read_to_end(const byte_stream& stream, const std::stop_token& stop, const object_key& key) {
    std::string content;
    const io_block block(1 << 20);
    for (;;) {
        check_not_stopped(stop, "put", key.str());
        const std::size_t count = stream(block.bytes());
        if (count == 0) return content;
        content.append(reinterpret_cast<const char*>(block.data()), count);
    }
}

}  // namespace detail

/// Whether a large object arrives sooner in ranges, several at once, than in one piece: true unless the backend has a
/// `bool gains_by_ranges() const` that says no, as one does whose reads share a lock or a disk.
template <storage_backend Storage>
bool gains_by_ranges(const Storage& storage) {
    if constexpr (requires {
                      { storage.gains_by_ranges() } -> std::same_as<bool>;
                  }) {
        return storage.gains_by_ranges();
    } else {
        return true;
    }
}

/// The same store, for many reads below one prefix: what a backend has to open for each of them may stay open in the
/// handle that its `Storage reading_below(std::string_view prefix) const` returns. An object stored after the call,
/// where everything below the prefix was removed meanwhile, may be missing for that handle.
template <storage_backend Storage>
Storage reading_below(const Storage& storage, std::string_view prefix) {
    if constexpr (requires {
                      { storage.reading_below(prefix) } -> std::same_as<Storage>;
                  }) {
        return storage.reading_below(prefix);
    } else {
        return storage;
    }
}

/// Removes what a backend keeps apart of puts whose writers were killed at least `age` ago, and returns how many: by
/// its `std::size_t clean_unfinished(std::chrono::seconds age) const`. A backend without one leaves nothing. Effects:
/// an `age` shorter than the longest put makes a live one fail.
template <storage_backend Storage>
std::size_t clean_unfinished(const Storage& storage, std::chrono::seconds age) {
    if constexpr (requires {
                      { storage.clean_unfinished(age) } -> std::same_as<std::size_t>;
                  }) {
        return storage.clean_unfinished(age);
    } else {
        return 0;
    }
}

/// Stores an object whose size is not known beforehand.
/// Effects: all or nothing, as `put`; without the ability the whole object is collected in memory first.
template <storage_backend Storage>
object_info put_stream(const Storage& storage, const object_key& key, const byte_stream& stream,
                       const put_options& options = {}) {
    if constexpr (streaming_storage<Storage>) {
        return storage.put_stream(key, stream, options);
    } else {
        return storage.put(key, byte_source::from_text(detail::read_to_end(stream, options.stop, key)), options);
    }
}

/// Whether an object of known size is stored as well by `put_stream`: by a backend that has it and writes from the
/// first byte to the last anyway, because it does not gain by ranges.
template <storage_backend Storage>
bool writes_streams(const Storage& storage) {
    if constexpr (requires {
                      { storage.writes_streams() } -> std::same_as<bool>;
                  }) {
        return storage.writes_streams();
    } else {
        return streaming_storage<Storage> && !gains_by_ranges(storage);
    }
}

namespace detail {

/// Calls `put(key, object)` for each object, several at once; the answers stand in the order of the objects.
template <class Put>
std::vector<stored_object> put_each(const object_key& prefix, std::span<const pending_object> objects,
                                    const transfer_limits& limits, const std::stop_token& stop, const Put& put) {
    std::vector<stored_object> stored(objects.size());
    const auto put_one = [&](std::size_t i) {
        const object_info info = put(prefix / objects[i].path, objects[i]);
        stored[i] = {info.size, info.crc32c};
    };
    parallel_for_apart(objects.size(), limits.connections, put_one, stop);
    return stored;
}

}  // namespace detail

/// Stores objects below one prefix, several at once; the answers stand in the order of `objects`.
/// Effects: without the ability each is a put, and those stored before an error stay.
/// Errors: the first one of a put; before anything is stored, those of the keys that prefix and paths make.
template <storage_backend Storage>
std::vector<stored_object> put_all(const Storage& storage, const object_key& prefix,
                                   std::span<const pending_object> objects, const put_options& options = {},
                                   const transfer_limits& limits = {}) {
    if constexpr (batch_put_storage<Storage>) {
        return storage.put_batch(prefix, objects, options, limits);
    } else {
        for (const auto& object : objects) static_cast<void>(prefix / object.path);
        const auto put = [&](const object_key& key, const pending_object& object) {
            return storage.put(key, object.content, options);
        };
        return detail::put_each(prefix, objects, limits, options.stop, put);
    }
}

namespace detail {

/// Batches of which each connection has one request of the largest size that S3 takes, so that a stop between them
/// comes soon.
template <batch_remove_storage Storage>
void remove_in_batches(const Storage& storage, std::span<const object_key> keys, const transfer_limits& limits,
                       const std::stop_token& stop) {
    const std::size_t largest_batch = std::size_t{std::max(limits.connections, 1U)} * 1000;
    std::exception_ptr failure;
    while (!keys.empty()) {
        check_not_stopped(stop, "remove", keys.front().str());
        const std::size_t count = std::min(keys.size(), largest_batch);
        try {
            storage.remove_batch(keys.first(count));
        } catch (...) {
            if (!failure) failure = std::current_exception();
        }
        keys = keys.subspan(count);
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace detail

/// A handle that removes many objects by itself, because its type does not tell what the store behind it is able to do.
/// Models: `any_storage`.
template <class Storage>
concept removing_storage =
    storage_backend<Storage> && requires(const Storage& storage, std::span<const object_key> keys,
                                         const transfer_limits& limits, const std::stop_token& stop) {
        { storage.remove_all(keys, limits, stop) } -> std::same_as<void>;
    };

/// Removes objects; absent ones are no error.
/// Errors: that of the first object that could not be removed, after all were tried; `cancelled` where `stop` kept some
/// from being tried.
template <storage_backend Storage>
void remove_all(const Storage& storage, std::span<const object_key> keys, const transfer_limits& limits = {},
                const std::stop_token& stop = {}) {
    if constexpr (removing_storage<Storage>) {
        storage.remove_all(keys, limits, stop);
    } else if constexpr (batch_remove_storage<Storage>) {
        detail::remove_in_batches(storage, keys, limits, stop);
    } else {
        std::vector<std::exception_ptr> failures(keys.size());
        const auto remove_one = [&](std::size_t i) {
            try {
                storage.remove(keys[i]);
            } catch (...) {
                failures[i] = std::current_exception();
            }
        };
        detail::parallel_for(keys.size(), limits.connections, remove_one, stop);
        for (const auto& failure : failures) {
            if (failure) std::rethrow_exception(failure);
        }
    }
}

}  // namespace holdfast

#endif
