#ifndef HOLDFAST_STORAGE_LOCAL_OBJECT_READING_HPP
#define HOLDFAST_STORAGE_LOCAL_OBJECT_READING_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/beneath.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/detail/io_block.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/storage/local/staged_object.hpp>

// How the bytes of one object leave a local store.
namespace holdfast::detail {

[[noreturn]] inline void throw_no_such_object(std::string_view operation, const object_key& key) {
    throw error(errc::not_found, operation, key.str(), "the store has no such object; list what it has");
}

// Opened once, an object is read whole even where it is replaced meanwhile.
struct local_object {
    file opened;
    file_status status;
};

// @param path of the key below `directory`, which is null where it does not exist
inline local_object open_local_object(const beneath* directory, std::string_view path, std::string_view operation,
                                      const object_key& key) {
    auto opened = directory != nullptr ? directory->open_read(path) : std::nullopt;
    if (!opened) throw_no_such_object(operation, key);
    const file_status status = opened->status();
    if (status.kind != file_kind::regular) throw_no_such_object(operation, key);
    return {std::move(*opened), status};
}

// As far as an etag tells.
inline bool is_unchanged(const file_status& before, const file_status& now) {
    return before.inode == now.inode && before.modified_ns == now.modified_ns && before.size == now.size;
}

[[noreturn]] inline void throw_object_changed(const object_key& key) {
    throw error(errc::precondition_failed, "get", key.str(),
                "another program changed the object while it was read; get it again");
}

inline void send_blocks(const object_key& key, const file& from, byte_sink& sink, std::uint64_t offset,
                        std::uint64_t size, const std::stop_token& stop) {
    const io_block block(static_cast<std::size_t>(std::min<std::uint64_t>(size, local_block)));
    while (size > 0) {
        check_not_stopped(stop, "get", key.str());
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, block.size()));
        const std::size_t count = from.read_at(offset, block.bytes().first(wanted));
        if (count == 0) throw_object_changed(key);
        sink.write(offset, block.bytes().first(count));
        offset += count;
        size -= count;
    }
}

inline void send_in_kernel(const object_key& key, const file& from, const native_target& to, std::uint64_t offset,
                           std::uint64_t size, const std::stop_token& stop) {
    while (size > 0) {
        check_not_stopped(stop, "get", key.str());
        const std::uint64_t count = std::min(size, local_kernel_block);
        copy_range(from, offset, *to.file, offset + to.shift, count);
        offset += count;
        size -= count;
    }
}

}  // namespace holdfast::detail

#endif
