#ifndef HOLDFAST_DETAIL_IMPL_BENEATH_IPP
#define HOLDFAST_DETAIL_IMPL_BENEATH_IPP

#include <holdfast/detail/beneath.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/impl/system_paths.ipp>

namespace holdfast::detail {

// Directories are only passed through; where the system can, this needs no permission to list them.
#if defined(O_PATH)
inline constexpr int pass_through_flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
#else
inline constexpr int pass_through_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
#endif

struct parent_and_name {
    std::string_view parent;
    std::string name;
};

inline parent_and_name split_last_name(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return {{}, std::string(path)};
    return {path.substr(0, slash), std::string(path.substr(slash + 1))};
}

inline int open_at(int parent, const char* name, int flags, std::uint32_t mode = 0) {
    return retry_interrupted([&] { return ::openat(parent, name, flags, static_cast<::mode_t>(mode)); });
}

// A directory that must not be a link. The system says ENOTDIR of a link too; here that is ELOOP.
inline int open_directory_name(int parent, const char* name) {
    for (;;) {
        const int descriptor = open_at(parent, name, pass_through_flags);
        if (descriptor >= 0 || errno != ENOTDIR) return descriptor;
        struct ::stat found {};
        if (::fstatat(parent, name, &found, AT_SYMLINK_NOFOLLOW) != 0) return -1;
        if (S_ISDIR(found.st_mode)) continue;  // it became one just now
        errno = S_ISLNK(found.st_mode) ? ELOOP : ENOTDIR;
        return -1;
    }
}

// The call is missing in old kernels (ENOSYS) and forbidden in some containers (EPERM).
#if defined(__linux__) && defined(SYS_openat2)
inline bool is_openat2_missing(int number) noexcept {
    return number == ENOSYS || number == EPERM || number == EAGAIN;
}

inline int open_whole_path(int root, const char* path, int flags, std::uint32_t mode = 0) {
    ::open_how how{};
    how.flags = static_cast<decltype(how.flags)>(flags);
    how.mode = mode;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    return static_cast<int>(retry_interrupted([&] { return ::syscall(SYS_openat2, root, path, &how, sizeof how); }));
}
#else
inline bool is_openat2_missing(int) noexcept {
    return true;
}
inline int open_whole_path(int, const char*, int, std::uint32_t = 0) {
    return -1;
}
#endif

inline std::string path_in(const file& directory, std::string_view name) {
    std::string path = directory.path();
    if (!path.ends_with('/')) path += '/';
    return path.append(name);
}

inline file open_root(const std::filesystem::path& root) {
    const int descriptor = open_at(AT_FDCWD, root.c_str(), pass_through_flags & ~O_NOFOLLOW);
    if (descriptor < 0) throw_errno("open", root);
    return file::adopt(descriptor, root);
}

HOLDFAST_DECL beneath::beneath(const std::filesystem::path& root, resolution how) : root_(open_root(root)), how_(how) {}

HOLDFAST_DECL std::string beneath::full(std::string_view path) const {
    return path_in(root_, path);
}

HOLDFAST_DECL file beneath::directory(std::string_view path) const {
    if (how_ == resolution::name_by_name) return directory_by_name(path);
    const std::string text = path.empty() ? "." : std::string(path);
    const int flags = pass_through_flags & ~O_NOFOLLOW;  // with it a link at the end is opened as itself
    const int descriptor = open_whole_path(root_.descriptor(), text.c_str(), flags);
    if (descriptor < 0 && is_openat2_missing(errno)) return directory_by_name(path);
    return file::adopt(descriptor, full(path));
}

HOLDFAST_DECL file beneath::directory_by_name(std::string_view path) const {
    file current = file::adopt(open_directory_name(root_.descriptor(), "."), full(path));
    while (current && !path.empty()) {
        const std::string name(path.substr(0, path.find('/')));
        path.remove_prefix(std::min(name.size() + 1, path.size()));
        current = file::adopt(open_directory_name(current.descriptor(), name.c_str()), current.path());
    }
    return current;
}

HOLDFAST_DECL const file* beneath::find_parent(std::string_view path, const char* operation, file& opened) const {
    const std::string_view parent = split_last_name(path).parent;
    if (parent.empty()) return &root_;
    opened = directory(parent);
    if (opened) return &opened;
    if (errno == ENOENT || errno == ENOTDIR) return nullptr;
    throw_errno(operation, full(path));
}

HOLDFAST_DECL const file& beneath::require_parent(std::string_view path, const char* operation, file& opened) const {
    const file* parent = find_parent(path, operation, opened);
    if (parent == nullptr) throw_errno(operation, full(path));
    return *parent;
}

HOLDFAST_DECL std::optional<file_status> beneath::status(std::string_view path) const {
    file opened;
    const file* parent = find_parent(path, "stat", opened);
    if (parent == nullptr) return std::nullopt;
    struct ::stat found {};
    if (::fstatat(parent->descriptor(), split_last_name(path).name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return std::nullopt;
        throw_errno("stat", full(path));
    }
    if (S_ISLNK(found.st_mode)) throw error::from_errno(ELOOP, "stat", full(path));
    return file_status_of(found);
}

HOLDFAST_DECL file beneath::open_file(std::string_view path, int flags, std::uint32_t mode) const {
    flags |= O_CLOEXEC | O_NOFOLLOW;
    if (how_ == resolution::whole_path) {
        const int descriptor = open_whole_path(root_.descriptor(), std::string(path).c_str(), flags, mode);
        if (descriptor >= 0 || !is_openat2_missing(errno)) return file::adopt(descriptor, full(path));
    }
    const auto [parent, name] = split_last_name(path);
    const file opened = parent.empty() ? file() : directory(parent);
    if (!parent.empty() && !opened) return {};
    const int descriptor = open_at((parent.empty() ? root_ : opened).descriptor(), name.c_str(), flags, mode);
    return file::adopt(descriptor, full(path));
}

HOLDFAST_DECL std::optional<file> beneath::open_read(std::string_view path) const {
    file opened = open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (opened) return opened;
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw_errno("open", full(path));
}

HOLDFAST_DECL file beneath::create_new(std::string_view path, std::uint32_t mode) const {
    file created = open_file(path, O_RDWR | O_CREAT | O_EXCL, mode);
    if (!created) throw_errno_or_exists("create", full(path));
    return created;
}

HOLDFAST_DECL std::optional<beneath> beneath::find_directory(std::string_view path) const {
    file found = directory(path);
    if (found) return beneath(std::move(found), how_);
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw_errno("open", full(path));
}

HOLDFAST_DECL beneath beneath::make_directories(std::string_view path, std::uint32_t mode) const {
    if (file found = directory(path)) return {std::move(found), how_};
    const std::string whole = full(path);
    file current = file::adopt(open_directory_name(root_.descriptor(), "."), whole);
    while (current && !path.empty()) {
        const std::string name(path.substr(0, path.find('/')));
        path.remove_prefix(std::min(name.size() + 1, path.size()));
        int descriptor = open_directory_name(current.descriptor(), name.c_str());
        if (descriptor < 0 && errno == ENOENT) {
            const int made = ::mkdirat(current.descriptor(), name.c_str(), static_cast<::mode_t>(mode));
            if (made != 0 && errno != EEXIST) throw_errno("create directory", whole);
            descriptor = open_directory_name(current.descriptor(), name.c_str());
        }
        current = file::adopt(descriptor, whole);
    }
    if (!current) throw_errno("create directory", whole);
    return {std::move(current), how_};
}

HOLDFAST_DECL bool portable::link_to_new(const file& from_directory, const std::string& from, const file& to_directory,
                                         const std::string& to) {
    if (::linkat(from_directory.descriptor(), from.c_str(), to_directory.descriptor(), to.c_str(), 0) != 0) {
        if (errno == EEXIST) return false;
        throw_errno("rename", path_in(to_directory, to));
    }
    require_success(::unlinkat(from_directory.descriptor(), from.c_str(), 0), "rename", path_in(from_directory, from));
    return true;
}

inline bool is_directory_at(const file& directory, const std::string& name) {
    struct ::stat found {};
    return ::fstatat(directory.descriptor(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(found.st_mode);
}

inline bool rename_beneath_to_new(const file& from_directory, const std::string& from, const file& to_directory,
                                  const std::string& to) {
#if defined(__linux__)
    if (::renameat2(from_directory.descriptor(), from.c_str(), to_directory.descriptor(), to.c_str(),
                    RENAME_NOREPLACE) == 0) {
        return true;
    }
    if (errno == EEXIST) return false;
    if (errno != ENOSYS && errno != EINVAL) throw_errno("rename", path_in(to_directory, to));
#endif
    if (!is_directory_at(from_directory, from)) return portable::link_to_new(from_directory, from, to_directory, to);
    return rename_directory_at(from_directory.descriptor(), from, to_directory.descriptor(), to,
                               path_in(to_directory, to));
}

HOLDFAST_DECL bool beneath::rename(std::string_view from, std::string_view to, bool replace) const {
    return rename(from, *this, to, replace);
}

HOLDFAST_DECL bool beneath::rename(std::string_view from, const beneath& to_root, std::string_view to,
                                   bool replace) const {
    file from_opened;
    file to_opened;
    const file& from_directory = require_parent(from, "rename", from_opened);
    const file& to_directory = to_root.require_parent(to, "rename", to_opened);
    const std::string from_name = split_last_name(from).name;
    const std::string to_name = split_last_name(to).name;
    if (!replace) return rename_beneath_to_new(from_directory, from_name, to_directory, to_name);
    require_success(
        ::renameat(from_directory.descriptor(), from_name.c_str(), to_directory.descriptor(), to_name.c_str()),
        "rename", to_root.full(to));
    return true;
}

HOLDFAST_DECL bool beneath::remove_file(std::string_view path) const {
    file opened;
    const file* parent = find_parent(path, "remove", opened);
    if (parent == nullptr) return false;
    if (::unlinkat(parent->descriptor(), split_last_name(path).name.c_str(), 0) == 0) return true;
    if (errno == ENOENT) return false;
    throw_errno("remove", full(path));
}

HOLDFAST_DECL bool beneath::remove_tree(std::string_view path) const {
    file opened;
    const file* parent = find_parent(path, "remove", opened);
    return parent != nullptr && remove_tree_at(parent->descriptor(), split_last_name(path).name, full(path));
}

HOLDFAST_DECL bool beneath::remove_directory(std::string_view path) const {
    file opened;
    const file* parent = find_parent(path, "remove", opened);
    if (parent == nullptr) return false;
    if (::unlinkat(parent->descriptor(), split_last_name(path).name.c_str(), AT_REMOVEDIR) == 0) return true;
    if (errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST) return false;
    throw_errno("remove", full(path));
}

// Null, with errno, where it fails.
inline open_directory open_listing(const file& found) {
    const int descriptor = open_at(found.descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return nullptr;
    open_directory listing(::fdopendir(descriptor));
    if (!listing) ::close(descriptor);
    return listing;
}

HOLDFAST_DECL std::vector<std::pair<std::string, file_status>> beneath::entries(std::string_view path,
                                                                                entry_status wanted) const {
    const file found = directory(path);
    const open_directory listing = found ? open_listing(found) : nullptr;
    if (!listing) {
        if (errno == ENOENT || errno == ENOTDIR) return {};
        throw_errno("list", full(path));
    }
    return statuses_in(listing.get(), full(path), wanted);
}

HOLDFAST_DECL bool beneath::sync_directory(std::string_view path) const {
    const file found = directory(path);
    const int descriptor = found ? open_at(found.descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (descriptor < 0 && errno == ENOENT) return false;
    if (descriptor < 0) throw_errno("sync", full(path));
    const file opened = file::adopt(descriptor, full(path));
    const int result = retry_interrupted([&] { return ::fsync(opened.descriptor()); });
    // EINVAL: the file system keeps directories durable by itself
    if (result != 0 && errno != EINVAL) throw_errno("sync", full(path));
    return true;
}

// NFS gives an exclusive lock only to a file that is open for writing, other file systems also to one that another
// user made and this one may only read.
inline int open_lock(int parent, const char* name, bool shared) {
    constexpr int flags = O_CREAT | O_CLOEXEC | O_NOFOLLOW;
    const int descriptor = open_at(parent, name, flags | (shared ? O_RDONLY : O_RDWR), 0666);
    const bool is_read_only = descriptor < 0 && errno == EACCES && !shared;
    return is_read_only ? open_at(parent, name, flags | O_RDONLY, 0666) : descriptor;
}

HOLDFAST_DECL file beneath::lock(std::string_view path, bool shared) const {
    file directory;
    const file& parent = require_parent(path, "lock", directory);
    file opened = file::adopt(open_lock(parent.descriptor(), split_last_name(path).name.c_str(), shared), full(path));
    if (!opened) throw_errno("lock", full(path));
    const int result = retry_interrupted([&] { return ::flock(opened.descriptor(), shared ? LOCK_SH : LOCK_EX); });
    const bool is_unsupported = errno == EOPNOTSUPP || errno == ENOLCK || errno == ENOSYS || errno == EINVAL;
    if (result != 0 && !(shared && is_unsupported)) throw_errno("lock", full(path));
    return opened;
}

}  // namespace holdfast::detail

#endif
