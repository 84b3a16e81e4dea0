#ifndef HOLDFAST_STORAGE_LOCAL_IMPL_STAGED_OBJECT_IPP
#define HOLDFAST_STORAGE_LOCAL_IMPL_STAGED_OBJECT_IPP

#include <holdfast/storage/local/staged_object.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <variant>

#include <holdfast/detail/cancellation.hpp>
#include <holdfast/detail/copy_bytes.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/hex.hpp>

namespace holdfast::detail {

HOLDFAST_DECL std::string new_staging_name() {
    std::array<std::byte, 16> random{};
    random_bytes(random);
    return to_hex(random);
}

HOLDFAST_DECL object_info local_object_info(const object_key& key, const file_status& status) {
    const std::array<std::uint64_t, 3> state{status.inode, static_cast<std::uint64_t>(status.modified_ns), status.size};
    std::array<std::byte, 24> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(state[i / 8] >> (56 - 8 * (i % 8)));
    const std::chrono::sys_time<std::chrono::nanoseconds> modified{std::chrono::nanoseconds(status.modified_ns)};
    return {.key = key,
            .size = status.size,
            .modified = std::chrono::floor<std::chrono::system_clock::duration>(modified),
            .etag = to_hex(bytes)};
}

HOLDFAST_DECL staged_object::staged_object(const beneath& directory, std::string name, const object_key& key,
                                           const put_options& options)
    : key_(key), stop_(options.stop), directory_(directory), name_(std::move(name)) {
    check_stop();
    file_ = directory_.create_new(name_, 0666);
    if (options.digest) crc32c_ = 0;
}

HOLDFAST_DECL staged_object::~staged_object() {
    if (name_.empty()) return;
    try {
        directory_.remove_file(name_);
    } catch (const error&) {
        // `clean_unfinished` finds it later
    }
}

HOLDFAST_DECL void staged_object::check_stop() const {
    check_not_stopped(stop_, "put", key_.str());
}

HOLDFAST_DECL void staged_object::write(const byte_source& source) {
    reserve(source.size());
    for (const auto& extent : source.extents()) {
        if (const auto* memory = std::get_if<byte_source::memory_extent>(&extent)) {
            write_memory(memory->bytes);
        } else if (const auto* made = std::get_if<byte_source::generated_extent>(&extent)) {
            write_generated(*made);
        } else {
            write_file(std::get<byte_source::file_extent>(extent));
        }
    }
}

HOLDFAST_DECL void staged_object::write(const byte_stream& stream) {
    reserve(local_block);
    while (const std::size_t count = stream(room_for(local_block))) filled(count);
}

HOLDFAST_DECL void staged_object::write(const file& whole, const file_status& expected) {
    copy_blocks(whole, 0, expected.size);
    const file_status now = whole.status();
    if (now.size != expected.size || now.modified_ns != expected.modified_ns) {
        throw error(errc::precondition_failed, "copy", key_.str(),
                    "another program changed the object while it was read; do it again when nothing writes to it");
    }
}

HOLDFAST_DECL object_info staged_object::finish(bool durable) {
    check_stop();
    flush();
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    // the file system's own clock ticks slowly, and it uses inodes again
    file_.set_modified(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
    if (durable) file_.sync();
    object_info info = local_object_info(key_, file_.status());
    info.crc32c = crc32c_;
    file_.close_checked();
    return info;
}

HOLDFAST_DECL void staged_object::reserve(std::uint64_t size) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, local_block));
    if (block_.size() >= wanted) return;
    flush();
    block_ = io_block(wanted);
}

// Where to put the next bytes: at least one and at most `wanted`.
HOLDFAST_DECL std::span<std::byte> staged_object::room_for(std::uint64_t wanted) {
    check_stop();
    const auto rest = block_.bytes().subspan(filled_);
    return rest.first(static_cast<std::size_t>(std::min<std::uint64_t>(wanted, rest.size())));
}

HOLDFAST_DECL void staged_object::filled(std::size_t count) {
    if (crc32c_) crc32c_ = crc32c(*crc32c_, block_.bytes().subspan(filled_, count));
    filled_ += count;
    if (filled_ == block_.size()) flush();
}

HOLDFAST_DECL void staged_object::flush() {
    file_.write_at(size_, block_.bytes().first(filled_));
    size_ += filled_;
    filled_ = 0;
}

HOLDFAST_DECL void staged_object::write_memory(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto room = room_for(bytes.size());
        copy_bytes(bytes.first(room.size()), room);
        bytes = bytes.subspan(room.size());
        filled(room.size());
    }
}

HOLDFAST_DECL void staged_object::write_file(const byte_source::file_extent& extent) {
    const file from = extent.file->open();
    if (crc32c_ || extent.size <= local_block) {  // the kernel's copy costs more than this for a small file
        copy_through_memory(from, extent.offset, extent.size);
    } else {
        copy_blocks(from, extent.offset, extent.size);
    }
    extent.file->check_unchanged(from);
}

HOLDFAST_DECL void staged_object::write_generated(const byte_source::generated_extent& extent) {
    for (std::uint64_t done = 0; done < extent.size;) {
        const auto room = room_for(extent.size - done);
        read_generated(extent, done, room);
        done += room.size();
        filled(room.size());
    }
}

HOLDFAST_DECL void staged_object::copy_through_memory(const file& from, std::uint64_t offset, std::uint64_t size) {
    while (size > 0) {
        const std::size_t count = from.read_at(offset, room_for(size));
        if (count == 0) {
            throw error(errc::precondition_failed, "put", from.path(),
                        "the file became shorter while it was read; save it again when nothing writes to it");
        }
        offset += count;
        size -= count;
        filled(count);
    }
}

HOLDFAST_DECL void staged_object::copy_blocks(const file& from, std::uint64_t offset, std::uint64_t size) {
    flush();
    while (size > 0) {
        check_stop();
        const std::uint64_t count = std::min(size, local_kernel_block);
        copy_range(from, offset, file_, size_, count);
        size_ += count;
        offset += count;
        size -= count;
    }
}

}  // namespace holdfast::detail

#endif
