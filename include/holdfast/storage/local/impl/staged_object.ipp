#ifndef HOLDFAST_STORAGE_LOCAL_IMPL_STAGED_OBJECT_IPP
#define HOLDFAST_STORAGE_LOCAL_IMPL_STAGED_OBJECT_IPP

#include <holdfast/storage/local/staged_object.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <variant>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/hex.hpp>

namespace holdfast::detail {

inline std::string new_staging_name() {
    std::array<std::byte, 16> random{};
    random_bytes(random);
    return to_hex(random);
}

HOLDFAST_DECL object_info local_object_info(const object_key& key, const file_status& status) {
    const std::array<std::uint64_t, 3> state{status.inode, static_cast<std::uint64_t>(status.modified_ns), status.size};
    std::array<std::byte, 24> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(state[i / 8] >> (56 - 8 * (i % 8)));
    const std::chrono::sys_time<std::chrono::nanoseconds> modified{std::chrono::nanoseconds(status.modified_ns)};
    return {.key = key,
            .size = status.size,
            .modified = std::chrono::floor<std::chrono::system_clock::duration>(modified),
            .etag = to_hex(bytes)};
}

HOLDFAST_DECL staged_object::staged_object(const beneath& root, const object_key& key, bool digest,
                                           std::stop_token stop)
    : key_(key),
      stop_(std::move(stop)),
      directory_(root.make_directories(local_private_directory, 0777)),
      name_(new_staging_name()) {
    check_stop();
    file_ = directory_.create_new(name_, 0666);
    if (digest) crc32c_ = 0;
}

HOLDFAST_DECL staged_object::~staged_object() {
    if (name_.empty()) return;
    try {
        directory_.remove_file(name_);
    } catch (const error&) {
        // `clean_unfinished` finds it later
    }
}

HOLDFAST_DECL std::string staged_object::path() const {
    return std::string(local_private_directory) + '/' + name_;
}

HOLDFAST_DECL void staged_object::check_stop() const {
    check_not_stopped(stop_, "put", key_.str());
}

HOLDFAST_DECL void staged_object::write(const byte_source& source) {
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
    std::vector<std::byte> block(local_block);
    for (;;) {
        check_stop();
        const std::size_t count = stream(block);
        if (count == 0) return;
        write_block(std::span(block).first(count));
    }
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
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    // the file system's own clock ticks slowly, and it uses inodes again
    file_.set_modified(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
    if (durable) file_.sync();
    object_info info = local_object_info(key_, file_.status());
    info.crc32c = crc32c_;
    file_.close_checked();
    return info;
}

HOLDFAST_DECL void staged_object::write_block(std::span<const std::byte> bytes) {
    if (crc32c_) crc32c_ = crc32c(*crc32c_, bytes);
    file_.write_at(size_, bytes);
    size_ += bytes.size();
}

HOLDFAST_DECL void staged_object::write_memory(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        check_stop();
        const auto block = bytes.first(std::min(bytes.size(), local_block));
        write_block(block);
        bytes = bytes.subspan(block.size());
    }
}

HOLDFAST_DECL void staged_object::write_file(const byte_source::file_extent& extent) {
    const file from = extent.file->open();
    if (crc32c_) {
        copy_and_digest(from, extent.offset, extent.size);
    } else {
        copy_blocks(from, extent.offset, extent.size);
    }
    extent.file->check_unchanged(from);
}

HOLDFAST_DECL void staged_object::write_generated(const byte_source::generated_extent& extent) {
    std::vector<std::byte> block(static_cast<std::size_t>(std::min<std::uint64_t>(extent.size, local_block)));
    for (std::uint64_t done = 0; done < extent.size;) {
        check_stop();
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(extent.size - done, block.size()));
        const auto part = std::span(block).first(wanted);
        read_generated(extent, done, part);
        write_block(part);
        done += wanted;
    }
}

HOLDFAST_DECL void staged_object::copy_blocks(const file& from, std::uint64_t offset, std::uint64_t size) {
    while (size > 0) {
        check_stop();
        const std::uint64_t count = std::min(size, local_kernel_block);
        copy_range(from, offset, file_, size_, count);
        size_ += count;
        offset += count;
        size -= count;
    }
}

HOLDFAST_DECL void staged_object::copy_and_digest(const file& from, std::uint64_t offset, std::uint64_t size) {
    std::vector<std::byte> block(static_cast<std::size_t>(std::min<std::uint64_t>(size, local_block)));
    while (size > 0) {
        check_stop();
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, block.size()));
        const std::size_t count = from.read_at(offset, std::span(block).first(wanted));
        if (count == 0) {
            throw error(errc::precondition_failed, "put", from.path().string(),
                        "the file became shorter while it was read; save it again when nothing writes to it");
        }
        write_block(std::span(block).first(count));
        offset += count;
        size -= count;
    }
}

}  // namespace holdfast::detail

#endif
