#ifndef HOLDFAST_DETAIL_IMPL_SYSTEM_PATHS_IPP
#define HOLDFAST_DETAIL_IMPL_SYSTEM_PATHS_IPP

#include <holdfast/detail/system.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/impl/system.ipp>
#include <holdfast/detail/system_calls.hpp>

namespace holdfast::detail {

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

#if defined(__linux__) && defined(STATX_MNT_ID)
HOLDFAST_DECL std::uint64_t mount_of(const std::filesystem::path& path) noexcept {
    struct ::statx found {};
    const int result = ::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &found);
    return result == 0 && (found.stx_mask & STATX_MNT_ID) != 0 ? found.stx_mnt_id : 0;
}
#else
HOLDFAST_DECL std::uint64_t mount_of(const std::filesystem::path&) noexcept {
    return 0;
}
#endif

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
// directories up into `top`, so that the deepest tree takes two descriptors and no recursion. What vanishes meanwhile
// is gone, so that several may remove one tree at once.
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
        if (!inner) return require_gone(name);
        const int descriptor = ::dirfd(inner.get());
        for (const auto& entry : names_in(inner.get(), (path_ / name).string())) {
            if (!remove_leaf(descriptor, entry.name)) move_up(descriptor, entry.name);
        }
        if (::unlinkat(top_descriptor(), name.c_str(), AT_REMOVEDIR) != 0) require_gone(name);
    }

    // False where the entry is a directory that is not empty.
    bool remove_leaf(int parent, const std::string& name) {
        struct ::stat found {};
        const bool is_there = ::fstatat(parent, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
        const bool is_directory = S_ISDIR(found.st_mode);
        if (is_there && ::unlinkat(parent, name.c_str(), is_directory ? AT_REMOVEDIR : 0) == 0) return true;
        if (is_directory && (errno == ENOTEMPTY || errno == EEXIST)) return false;
        require_gone(name);
        return true;
    }

    void move_up(int parent, const std::string& name) {
        ::fchmodat(parent, name.c_str(), 0700, AT_SYMLINK_NOFOLLOW);  // a directory that moves must be writable
        const std::string moved = new_name();
        if (::renameat(parent, name.c_str(), top_descriptor(), moved.c_str()) != 0) require_gone(name);
    }

    // A random one: of two that remove one tree, neither may move a directory to where the other is at work.
    static std::string new_name() {
        std::uint64_t number = 0;
        random_bytes(std::as_writable_bytes(std::span(&number, 1)));
        return ".removed-" + std::to_string(number);
    }

    void require_gone(const std::string& name) const {
        if (errno != ENOENT) throw_errno("remove", path_ / name);
    }

    ::DIR* top_;
    const std::filesystem::path& path_;
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
    if (!top && errno == ENOENT) return false;
    if (!top) throw_errno("remove", path);
    tree_remover(top.get(), path).remove_contents();
    if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) throw_errno("remove", path);
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

}  // namespace holdfast::detail

#endif
