#ifndef HOLDFAST_DETAIL_IMPL_SYSTEM_IPP
#define HOLDFAST_DETAIL_IMPL_SYSTEM_IPP

#include <holdfast/detail/system.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/random.h>
#endif

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/io_block.hpp>

namespace holdfast::detail {

template <class Call>
auto retry_interrupted(Call call) {
    for (;;) {
        const auto result = call();
        if (result != -1 || errno != EINTR) return result;
    }
}

[[noreturn]] inline void throw_errno(std::string_view operation, const std::filesystem::path& path) {
    throw error::from_errno(errno, operation, path.string());
}

[[noreturn]] inline void throw_exists(std::string_view operation, const std::filesystem::path& path) {
    throw error(errc::precondition_failed, operation, path.string(),
                "the path exists already; remove it or choose another");
}

[[noreturn]] inline void throw_errno_or_exists(std::string_view operation, const std::filesystem::path& path) {
    if (errno != EEXIST && errno != ENOTEMPTY) throw_errno(operation, path);
    throw_exists(operation, path);
}

template <class Path>
void require_success(int result, std::string_view operation, const Path& path) {
    if (result != 0) throw_errno(operation, path);
}

inline file_kind file_kind_of(::mode_t mode) noexcept {
    if (S_ISREG(mode)) return file_kind::regular;
    if (S_ISDIR(mode)) return file_kind::directory;
    if (S_ISLNK(mode)) return file_kind::symlink;
    return file_kind::other;
}

inline file_status file_status_of(const struct ::stat& found) noexcept {
    return {.kind = file_kind_of(found.st_mode),
            .size = static_cast<std::uint64_t>(found.st_size),
            .mode = static_cast<std::uint32_t>(found.st_mode & 07777),
            .modified_ns = std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec,
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

// A directory may replace an empty one in one step, so the new name is claimed by making one; false where it exists.
// `path` is for messages.
inline bool rename_directory_at(int from_directory, const std::string& from, int to_directory, const std::string& to,
                                const std::filesystem::path& path) {
    if (::mkdirat(to_directory, to.c_str(), 0700) != 0) {
        if (errno == EEXIST) return false;
        throw_errno("rename", path);
    }
    if (::renameat(from_directory, from.c_str(), to_directory, to.c_str()) == 0) return true;
    const int number = errno;
    ::unlinkat(to_directory, to.c_str(), AT_REMOVEDIR);
    if (number == ENOTEMPTY || number == EEXIST) return false;  // somebody put something into it
    throw error::from_errno(number, "rename", path.string());
}

HOLDFAST_DECL void portable::rename_to_new(const std::filesystem::path& from, const std::filesystem::path& to) {
    if (status_of(from, false).kind == file_kind::directory) {
        if (rename_directory_at(AT_FDCWD, from.string(), AT_FDCWD, to.string(), to)) return;
        throw_exists("rename", to);
    }
    if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), 0) != 0) throw_errno_or_exists("rename", to);
    require_success(::unlink(from.c_str()), "rename", from);
}

// False where the kernel or the file system lacks the call.
#if defined(__linux__)
inline bool rename_to_new_in_kernel(const std::filesystem::path& from, const std::filesystem::path& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno == ENOSYS || errno == EINVAL) return false;
    throw_errno_or_exists("rename", to);
}
#else
inline bool rename_to_new_in_kernel(const std::filesystem::path&, const std::filesystem::path&) {
    return false;
}
#endif

HOLDFAST_DECL void rename_path(const std::filesystem::path& from, const std::filesystem::path& to, bool replace) {
    if (replace) {
        require_success(::rename(from.c_str(), to.c_str()), "rename", from);
    } else if (!rename_to_new_in_kernel(from, to)) {
        portable::rename_to_new(from, to);
    }
}

HOLDFAST_DECL void make_directories(const std::filesystem::path& path) {
    std::error_code failure;
    std::filesystem::create_directories(path, failure);
    if (failure) throw error::from_errno(failure.value(), "create directory", path.string());
}

HOLDFAST_DECL void make_directory(const std::filesystem::path& path, std::uint32_t mode) {
    if (::mkdir(path.c_str(), static_cast<::mode_t>(mode)) != 0) throw_errno_or_exists("create directory", path);
}

struct directory_closer {
    void operator()(::DIR* directory) const noexcept { ::closedir(directory); }
};
using open_directory = std::unique_ptr<::DIR, directory_closer>;

// Null, with errno, where `name` is no directory or a link.
inline open_directory open_directory_at(int parent, const char* name) {
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    const int descriptor = retry_interrupted([&] { return ::openat(parent, name, flags); });
    if (descriptor < 0) return nullptr;
    open_directory opened(::fdopendir(descriptor));
    if (!opened) ::close(descriptor);
    return opened;
}

// Where the directory itself tells it.
inline std::optional<file_kind> file_kind_of(const ::dirent& entry) noexcept {
#if defined(DT_UNKNOWN)
    if (entry.d_type == DT_REG) return file_kind::regular;
    if (entry.d_type == DT_DIR) return file_kind::directory;
    if (entry.d_type == DT_LNK) return file_kind::symlink;
    if (entry.d_type != DT_UNKNOWN) return file_kind::other;
#endif
    return std::nullopt;
}

struct directory_entry {
    std::string name;
    std::optional<file_kind> kind;
};

// `path` is for messages.
inline std::vector<directory_entry> names_in(::DIR* directory, const std::string& path) {
    std::vector<directory_entry> names;
    ::rewinddir(directory);
    errno = 0;  // which alone tells a failure from the end
    while (const ::dirent* entry = ::readdir(directory)) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.push_back({std::string(name), file_kind_of(*entry)});
        errno = 0;
    }
    if (errno != 0) throw_errno("list", path);
    return names;
}

// The names with the status of each, without those that vanish meanwhile. `path` is for messages.
inline std::vector<std::pair<std::string, file_status>> statuses_in(::DIR* directory, const std::string& path,
                                                                    entry_status wanted = entry_status::whole) {
    std::vector<std::pair<std::string, file_status>> result;
    for (auto& [name, kind] : names_in(directory, path)) {
        struct ::stat found {};
        if (kind && wanted == entry_status::kind) {
            result.emplace_back(std::move(name), file_status{.kind = *kind});
        } else if (::fstatat(::dirfd(directory), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) {
            result.emplace_back(std::move(name), file_status_of(found));
        } else if (errno != ENOENT) {
            throw_errno("list", path + '/' + name);
        }
    }
    return result;
}

HOLDFAST_DECL std::vector<std::pair<std::string, file_status>> entries_of(const std::string& path) {
    const open_directory opened(::opendir(path.c_str()));
    if (!opened) throw_errno("list", path);
    return statuses_in(opened.get(), path);
}

// Removes the directory trees of `top` one level at a time: a directory that is not empty moves its own
// directories up into `top`, so that the deepest tree takes two descriptors and no recursion.
class tree_remover {
public:
    tree_remover(::DIR* top, const std::filesystem::path& path) : top_(top), path_(path) {}

    void remove_contents() {
        for (auto names = names_in(top_, path_.string()); !names.empty(); names = names_in(top_, path_.string())) {
            for (const auto& entry : names) remove_entry(entry.name);
        }
    }

private:
    int top_descriptor() const noexcept { return ::dirfd(top_); }

    void remove_entry(const std::string& name) {
        if (remove_leaf(top_descriptor(), name)) return;
        ::fchmodat(top_descriptor(), name.c_str(), 0700, AT_SYMLINK_NOFOLLOW);
        const open_directory inner = open_directory_at(top_descriptor(), name.c_str());
        if (!inner) throw_errno("remove", path_ / name);
        const int descriptor = ::dirfd(inner.get());
        for (const auto& entry : names_in(inner.get(), (path_ / name).string())) {
            if (!remove_leaf(descriptor, entry.name)) move_up(descriptor, entry.name);
        }
        if (::unlinkat(top_descriptor(), name.c_str(), AT_REMOVEDIR) != 0) throw_errno("remove", path_ / name);
    }

    // False where the entry is a directory that is not empty.
    bool remove_leaf(int parent, const std::string& name) {
        struct ::stat found {};
        if (::fstatat(parent, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) throw_errno("remove", path_ / name);
        const bool is_directory = S_ISDIR(found.st_mode);
        if (::unlinkat(parent, name.c_str(), is_directory ? AT_REMOVEDIR : 0) == 0) return true;
        if (is_directory && (errno == ENOTEMPTY || errno == EEXIST)) return false;
        throw_errno("remove", path_ / name);
    }

    void move_up(int parent, const std::string& name) {
        ::fchmodat(parent, name.c_str(), 0700, AT_SYMLINK_NOFOLLOW);  // a directory that moves must be writable
        do {
            const std::string moved = ".removed-" + std::to_string(moved_++);
            if (::renameat(parent, name.c_str(), top_descriptor(), moved.c_str()) == 0) return;
        } while (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR);
        throw_errno("remove", path_ / name);
    }

    ::DIR* top_;
    const std::filesystem::path& path_;
    std::uint64_t moved_ = 0;
};

// False where there is nothing of this name. `path` is for messages.
inline bool remove_tree_at(int parent, const std::string& name, const std::filesystem::path& path) {
    struct ::stat found {};
    if (::fstatat(parent, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return false;
        throw_errno("remove", path);
    }
    if (!S_ISDIR(found.st_mode)) {
        throw error(errc::invalid_argument, "remove", path.string(), "this is not a directory; name one");
    }
    ::fchmodat(parent, name.c_str(), 0700, AT_SYMLINK_NOFOLLOW);
    const open_directory top = open_directory_at(parent, name.c_str());
    if (!top) throw_errno("remove", path);
    tree_remover(top.get(), path).remove_contents();
    require_success(::unlinkat(parent, name.c_str(), AT_REMOVEDIR), "remove", path);
    return true;
}

HOLDFAST_DECL void remove_tree(const std::filesystem::path& path) {
    const auto name = path.has_filename() ? path : path.parent_path();  // "link/" would follow the link
    remove_tree_at(AT_FDCWD, name.string(), name);
}

HOLDFAST_DECL void sync_directory(const std::filesystem::path& path) {
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    const int descriptor = retry_interrupted([&] { return ::open(path.c_str(), flags); });
    if (descriptor < 0) throw_errno("sync", path);
    const int result = retry_interrupted([&] { return ::fsync(descriptor); });
    const int number = errno;
    ::close(descriptor);
    // EINVAL: the file system keeps directories durable by itself
    if (result != 0 && number != EINVAL) throw error::from_errno(number, "sync", path.string());
}

HOLDFAST_DECL void set_path_mode(const std::filesystem::path& path, std::uint32_t mode) {
    require_success(::chmod(path.c_str(), static_cast<::mode_t>(mode)), "chmod", path);
}

HOLDFAST_DECL void set_path_modified(const std::filesystem::path& path, std::int64_t ns, bool follow_links) {
    const int flags = follow_links ? 0 : AT_SYMLINK_NOFOLLOW;
    require_success(::utimensat(AT_FDCWD, path.c_str(), modified_times(ns).data(), flags), "set time", path);
}

HOLDFAST_DECL void make_symlink(const std::string& target, const std::filesystem::path& path) {
    if (::symlink(target.c_str(), path.c_str()) != 0) throw_errno_or_exists("create link", path);
}

HOLDFAST_DECL std::string read_symlink(const std::filesystem::path& path) {
    std::string target(256, '\0');
    for (;;) {
        const ::ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
        if (size < 0) throw_errno("read link", path);
        const bool is_whole = static_cast<std::size_t>(size) < target.size();
        target.resize(is_whole ? static_cast<std::size_t>(size) : target.size() * 2);
        if (is_whole) return target;
    }
}

HOLDFAST_DECL std::uint64_t process_id() noexcept {
    return static_cast<std::uint64_t>(::getpid());
}

HOLDFAST_DECL std::uint32_t user_id() noexcept {
    return static_cast<std::uint32_t>(::geteuid());
}

HOLDFAST_DECL std::string boot_id() {
    std::array<std::byte, 64> text{};
    try {
        const auto found = file::open_read("/proc/sys/kernel/random/boot_id");
        return {reinterpret_cast<const char*>(text.data()), found.read_at(0, text)};
    } catch (const error&) {
        return {};  // not Linux, or no /proc
    }
}

HOLDFAST_DECL void portable::random_bytes(std::span<std::byte> out) {
    const file source = file::open_read("/dev/urandom");
    if (source.read_at(0, out) != out.size()) throw error::from_errno(EIO, "read", source.path());
}

// Fills the front of `out` and returns how much; less than all where the kernel lacks the call.
#if defined(__linux__)
inline std::size_t random_bytes_from_kernel(std::span<std::byte> out) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ::ssize_t count = retry_interrupted([&] { return ::getrandom(out.data() + done, out.size() - done, 0); });
        if (count <= 0) break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}
#else
inline std::size_t random_bytes_from_kernel(std::span<std::byte>) {
    return 0;
}
#endif

HOLDFAST_DECL void random_bytes(std::span<std::byte> out) {
    const std::size_t done = random_bytes_from_kernel(out);
    if (done < out.size()) portable::random_bytes(out.subspan(done));
}

HOLDFAST_DECL std::string local_iso_time(std::int64_t microseconds_since_epoch) {
    constexpr std::int64_t second = 1'000'000;
    const std::int64_t fraction = (microseconds_since_epoch % second + second) % second;
    const auto whole = static_cast<std::time_t>((microseconds_since_epoch - fraction) / second);
    struct ::tm local {};
    if (::localtime_r(&whole, &local) == nullptr) {
        throw error(errc::invalid_argument, "format time", std::to_string(whole), "the year is out of range");
    }
    std::array<char, 96> text{};
    int size = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d", local.tm_year + 1900,
                             local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
    if (fraction != 0) {
        const auto used = static_cast<std::size_t>(size);
        size += std::snprintf(text.data() + used, text.size() - used, ".%06d", static_cast<int>(fraction));
    }
    return std::string(text.data(), static_cast<std::size_t>(size));
}

inline std::filesystem::path home_by_user_database() {
    std::vector<char> buffer(1024);
    ::passwd entry{};
    ::passwd* found = nullptr;
    int result = 0;
    while ((result = ::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE) {
        buffer.resize(buffer.size() * 2);
    }
    return result == 0 && found != nullptr && found->pw_dir != nullptr ? found->pw_dir : std::filesystem::path();
}

HOLDFAST_DECL std::filesystem::path home_directory() {
    const char* home = std::getenv("HOME");
    return home != nullptr && *home != '\0' ? std::filesystem::path(home) : home_by_user_database();
}

}  // namespace holdfast::detail

#endif
