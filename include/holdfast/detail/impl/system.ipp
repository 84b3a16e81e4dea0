#ifndef HOLDFAST_DETAIL_IMPL_SYSTEM_IPP
#define HOLDFAST_DETAIL_IMPL_SYSTEM_IPP

#include <holdfast/detail/system.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <string_view>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/io_block.hpp>
#include <holdfast/detail/system_calls.hpp>

namespace holdfast::detail {

inline file_kind file_kind_of(::mode_t mode) noexcept {
    if (S_ISREG(mode)) return file_kind::regular;
    if (S_ISDIR(mode)) return file_kind::directory;
    if (S_ISLNK(mode)) return file_kind::symlink;
    return file_kind::other;
}

// A time that the type can't hold is the nearest one that it can.
inline std::int64_t nanoseconds_of(const struct ::timespec& time) noexcept {
    constexpr std::int64_t second = 1'000'000'000;
    constexpr std::int64_t most = INT64_MAX / second - 1;  // with a part of a second more it fits as well
    return std::clamp<std::int64_t>(time.tv_sec, -most, most) * second + time.tv_nsec;
}

inline file_status file_status_of(const struct ::stat& found) noexcept {
    return {.kind = file_kind_of(found.st_mode),
            .size = static_cast<std::uint64_t>(found.st_size),
            .mode = static_cast<std::uint32_t>(found.st_mode & 07777),
            .modified_ns = nanoseconds_of(found.st_mtim),
            .device = static_cast<std::uint64_t>(found.st_dev),
            .inode = static_cast<std::uint64_t>(found.st_ino),
            .links = static_cast<std::uint64_t>(found.st_nlink),
            .owner = static_cast<std::uint32_t>(found.st_uid)};
}

// Access time and modification time, as utimensat takes them; the former stays.
inline std::array<struct ::timespec, 2> modified_times(std::int64_t ns) noexcept {
    constexpr std::int64_t second = 1'000'000'000;
    std::array<struct ::timespec, 2> times{};
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_sec = static_cast<std::time_t>(ns / second - (ns % second < 0 ? 1 : 0));
    times[1].tv_nsec = static_cast<long>((ns % second + second) % second);
    return times;
}

HOLDFAST_DECL file file::open_read(std::string path) {
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    const int descriptor = retry_interrupted([&] { return ::open(path.c_str(), flags); });
    if (descriptor < 0) throw_errno("open", path);
    return {descriptor, std::move(path)};
}

HOLDFAST_DECL file file::open_update(std::string path) {
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    const int descriptor = retry_interrupted([&] { return ::open(path.c_str(), flags); });
    if (descriptor < 0) throw_errno("open", path);
    return {descriptor, std::move(path)};
}

HOLDFAST_DECL file file::create_new(std::string path, std::uint32_t mode) {
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    const int descriptor = retry_interrupted([&] { return ::open(path.c_str(), flags, static_cast<::mode_t>(mode)); });
    if (descriptor < 0) throw_errno_or_exists("create", path);
    return {descriptor, std::move(path)};
}

HOLDFAST_DECL file_status file::status() const {
    struct ::stat found {};
    require_success(::fstat(descriptor_, &found), "stat", path_);
    return file_status_of(found);
}

HOLDFAST_DECL std::size_t file::read_at(std::uint64_t offset, std::span<std::byte> buffer) const {
    std::size_t done = 0;
    while (done < buffer.size()) {
        const auto position = static_cast<::off_t>(offset + done);
        const ::ssize_t count = retry_interrupted(
            [&] { return ::pread(descriptor_, buffer.data() + done, buffer.size() - done, position); });
        if (count < 0) throw_errno("read", path_);
        if (count == 0) break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}

HOLDFAST_DECL void file::write_at(std::uint64_t offset, std::span<const std::byte> bytes) const {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto position = static_cast<::off_t>(offset + done);
        const ::ssize_t count = retry_interrupted(
            [&] { return ::pwrite(descriptor_, bytes.data() + done, bytes.size() - done, position); });
        if (count < 0) throw_errno("write", path_);
        if (count == 0) throw error::from_errno(EIO, "write", path_);
        done += static_cast<std::size_t>(count);
    }
}

HOLDFAST_DECL void file::sync() const {
    require_success(retry_interrupted([&] { return ::fsync(descriptor_); }), "sync", path_);
}

HOLDFAST_DECL bool file::try_lock() const noexcept {
    return retry_interrupted([&] { return ::flock(descriptor_, LOCK_EX | LOCK_NB); }) == 0;
}

HOLDFAST_DECL void file::set_mode(std::uint32_t mode) const {
    require_success(::fchmod(descriptor_, static_cast<::mode_t>(mode)), "chmod", path_);
}

HOLDFAST_DECL void file::set_modified(std::int64_t ns) const {
    require_success(::futimens(descriptor_, modified_times(ns).data()), "set time", path_);
}

HOLDFAST_DECL void file::close_checked() {
    const int descriptor = std::exchange(descriptor_, -1);
    // an interrupted close has closed the descriptor; calling it again could close another thread's
    if (descriptor >= 0 && ::close(descriptor) != 0 && errno != EINTR) throw_errno("close", path_);
}

HOLDFAST_DECL void file::close() noexcept {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

HOLDFAST_DECL file_status status_of(const std::filesystem::path& path, bool follow_links) {
    struct ::stat found {};
    const int result = follow_links ? ::stat(path.c_str(), &found) : ::lstat(path.c_str(), &found);
    require_success(result, "stat", path);
    return file_status_of(found);
}

HOLDFAST_DECL bool is_there(const std::filesystem::path& path) noexcept {
    struct ::stat found {};
    return ::stat(path.c_str(), &found) == 0;
}

HOLDFAST_DECL void portable::copy_range(const file& from, std::uint64_t from_offset, const file& to,
                                        std::uint64_t to_offset, std::uint64_t size) {
    const io_block buffer(static_cast<std::size_t>(std::min<std::uint64_t>(size, 1 << 20)));
    while (size > 0) {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, buffer.size()));
        const std::size_t count = from.read_at(from_offset, buffer.bytes().first(wanted));
        if (count == 0) {
            throw error(errc::precondition_failed, "copy", from.path(),
                        "the file is shorter than it was; copy it again when nothing writes to it");
        }
        to.write_at(to_offset, buffer.bytes().first(count));
        from_offset += count;
        to_offset += count;
        size -= count;
    }
}

// Copies what the kernel can copy by itself and returns how much that was.
#if defined(__linux__)
inline bool is_copy_left_to_portable(int number) noexcept {
    return number == EXDEV || number == ENOSYS || number == EINVAL || number == EOPNOTSUPP || number == EPERM;
}

inline std::uint64_t copy_range_in_kernel(const file& from, std::uint64_t from_offset, const file& to,
                                          std::uint64_t to_offset, std::uint64_t size) {
    auto in = static_cast<::off64_t>(from_offset);
    auto out = static_cast<::off64_t>(to_offset);
    std::uint64_t done = 0;
    while (done < size) {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size - done, 1 << 30));
        const ::ssize_t count = retry_interrupted(
            [&] { return ::copy_file_range(from.descriptor(), &in, to.descriptor(), &out, wanted, 0); });
        if (count < 0 && !is_copy_left_to_portable(errno)) throw_errno("copy", to.path());
        if (count <= 0) break;
        done += static_cast<std::uint64_t>(count);
    }
    return done;
}
#else
inline std::uint64_t copy_range_in_kernel(const file&, std::uint64_t, const file&, std::uint64_t, std::uint64_t) {
    return 0;
}
#endif

HOLDFAST_DECL void copy_range(const file& from, std::uint64_t from_offset, const file& to, std::uint64_t to_offset,
                              std::uint64_t size) {
    const std::uint64_t done = copy_range_in_kernel(from, from_offset, to, to_offset, size);
    portable::copy_range(from, from_offset + done, to, to_offset + done, size - done);
}

}  // namespace holdfast::detail

#endif
