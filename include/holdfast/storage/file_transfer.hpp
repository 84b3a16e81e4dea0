#ifndef HOLDFAST_STORAGE_FILE_TRANSFER_HPP
#define HOLDFAST_STORAGE_FILE_TRANSFER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <system_error>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/parallel.hpp>
#include <holdfast/storage/abilities.hpp>
#include <holdfast/storage/arrived_ranges.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/transfer_limits.hpp>

namespace holdfast {

/// Stores a file's content. Errors: as `source_file` and `put`.
template <storage_backend Storage>
object_info put_file(const Storage& storage, const object_key& key, const std::filesystem::path& path,
                     const put_options& options = {}) {
    return storage.put(key, byte_source::from_file(path), options);
}

namespace detail {

/// How much of `size` bytes is asked for at a time.
template <storage_backend Storage>
std::uint64_t range_of(const Storage& storage, std::uint64_t size, const transfer_limits& limits) {
    const bool in_ranges = limits.connections > 1 && gains_by_ranges(storage);
    return in_ranges ? longest_range(limits) : size;
}

inline void require_within(const object_info& object, const get_options& options) {
    if (object.size <= options.range.size) return;
    throw error(errc::too_large, "get", object.key.str(),
                "the object has " + std::to_string(object.size) + " bytes, more than the " +
                    std::to_string(options.range.size) + " that are wanted");
}

/// Gets a whole object, in ranges where that helps: several at once, all of the etag that the first one had.
/// @param options the end of its range is the most that is wanted
/// @param record where each range is noted when it has arrived; may be null
/// Errors: `too_large` where the object is larger than that, before more of it is asked for.
template <storage_backend Storage>
object_info get_ranges(const Storage& storage, const object_key& key, byte_sink& sink, const get_options& options,
                       const transfer_limits& limits, arrived_ranges* record = nullptr) {
    const std::uint64_t range = std::min(range_of(storage, UINT64_MAX, limits), options.range.size);
    object_info info =
        storage.get(key, sink, {.range = {0, range}, .if_match = options.if_match, .stop = options.stop});
    require_within(info, options);
    if (info.size <= range) return info;
    if (record != nullptr) record->add(info, range, 0);
    const auto count = static_cast<std::size_t>((info.size - 1) / range);
    parallel_for(
        count, limits.connections,
        [&](std::size_t i) {
            storage.get(key, sink, {.range = {(i + 1) * range, range}, .if_match = info.etag, .stop = options.stop});
            if (record != nullptr) record->add(info, range, i + 1);
        },
        options.stop);
    return info;
}

/// Gets a part of an object, of the state that `object` says; in ranges, several at once, where that helps. The sink
/// takes the part's bytes at their offsets in the object.
/// @param part lies in the object
template <storage_backend Storage>
void get_part(const Storage& storage, const object_info& object, const byte_range& part, byte_sink& sink,
              const std::stop_token& stop, const transfer_limits& limits) {
    if (part.size == 0) return;
    const std::uint64_t range = range_of(storage, part.size, limits);
    parallel_for(
        static_cast<std::size_t>((part.size - 1) / range + 1), limits.connections,
        [&](std::size_t i) {
            const std::uint64_t begin = i * range;
            const byte_range next{part.offset + begin, std::min(range, part.size - begin)};
            storage.get(object.key, sink, {.range = next, .if_match = object.etag, .stop = stop});
        },
        stop);
}

/// Lets `fetch` fill a file and closes it.
/// @param fetch takes the sink to write to, and the digest that is computed or null; returns what the store says
template <class Fetch>
object_info fill_file(file_sink& file, bool digest, const Fetch& fetch) {
    crc32c_sink digesting(file);
    object_info info = digest ? fetch(digesting, &digesting) : fetch(file, nullptr);
    if (digest) info.crc32c = digesting.value(info.size);
    file.close();
    return info;
}

inline void require_whole(const object_key& key, const byte_range& range) {
    if (range.offset == 0 && range.size == UINT64_MAX) return;
    throw error(errc::invalid_argument, "get", key.str(), "a file takes the whole object; leave the range out");
}

/// Removes a file that did not become whole.
class unfinished_file {
public:
    explicit unfinished_file(const std::filesystem::path& path) : path_(path) {}
    unfinished_file(const unfinished_file&) = delete;
    unfinished_file& operator=(const unfinished_file&) = delete;
    ~unfinished_file() {
        std::error_code ignored;
        if (!finished_) std::filesystem::remove(path_, ignored);
    }
    void finish() noexcept { finished_ = true; }

private:
    const std::filesystem::path& path_;
    bool finished_ = false;
};

}  // namespace detail

/// Gets a whole object into a new file.
///
/// Effects: objects beyond `limits.range_size` arrive in ranges, several at once, where `gains_by_ranges`. On an error
/// the file is removed.
/// @param options its range must be the whole object
/// @param digest ask for `object_info::crc32c` of the bytes as they arrived
/// Errors: `not_found`; `precondition_failed` where the file exists, and where the object is replaced meanwhile.
template <storage_backend Storage>
object_info get_file(const Storage& storage, const object_key& key, const std::filesystem::path& path,
                     const get_options& options = {}, const transfer_limits& limits = {}, bool digest = false) {
    detail::require_whole(key, options.range);
    file_sink file(path);
    detail::unfinished_file unfinished(path);
    object_info info = detail::fill_file(file, digest, [&](byte_sink& sink, crc32c_sink*) {
        return detail::get_ranges(storage, key, sink, options, limits);
    });
    unfinished.finish();
    return info;
}

}  // namespace holdfast

#endif
