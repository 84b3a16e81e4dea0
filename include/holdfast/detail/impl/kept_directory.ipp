#ifndef HOLDFAST_DETAIL_IMPL_KEPT_DIRECTORY_IPP
#define HOLDFAST_DETAIL_IMPL_KEPT_DIRECTORY_IPP

#include <holdfast/detail/kept_directory.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include <holdfast/core/error.hpp>

namespace holdfast::detail {

inline std::string text_of(const std::filesystem::path& path) {
    const file opened = file::open_update(path);
    std::string text(static_cast<std::size_t>(opened.status().size), '\0');
    text.resize(opened.read_at(0, std::as_writable_bytes(std::span(text))));
    return text;
}

/// Whether nobody but this user can have put anything into a directory.
inline bool is_own_directory(const file_status& found) {
    constexpr std::uint32_t others = 0077;
    return found.kind == file_kind::directory && found.owner == user_id() && (found.mode & others) == 0;
}

/// The lock on a directory, which is made where it is missing; nothing where it can't be had.
inline file lock_directory(const std::filesystem::path& path) {
    make_directories(path.parent_path());
    try {
        make_directory(path, 0700);
    } catch (const error& failed) {
        if (failed.kind() != errc::precondition_failed) throw;
    }
    if (!is_own_directory(status_of(path, false))) return {};
    file opened = file::open_read(path);
    if (!opened.try_lock()) return {};
    // whoever had the lock may have removed the directory since it was opened
    return status_of(path, false).inode == opened.status().inode ? std::move(opened) : file();
}

inline file lock_directory_if_possible(const std::filesystem::path& path) {
    try {
        return lock_directory(path);
    } catch (const error& failed) {
        if (failed.kind() == errc::not_found || failed.kind() == errc::invalid_argument) return {};
        throw;
    }
}

/// Whether a directory holds that content already; otherwise it is emptied and said to hold it.
inline bool holds_content(const std::filesystem::path& directory, const std::string& content) {
    const auto name = directory / "content";
    try {
        if (text_of(name) == content) return true;
    } catch (const error& failed) {
        if (failed.kind() != errc::not_found) throw;
    }
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        entry.is_directory() && !entry.is_symlink() ? remove_tree(entry.path())
                                                    : static_cast<void>(std::filesystem::remove(entry.path()));
    }
    file::create_new(name, 0600).write_at(0, std::as_bytes(std::span(content)));
    return false;
}

HOLDFAST_DECL kept_directory::kept_directory(const std::filesystem::path& root, std::string_view label,
                                             std::string_view name, std::string_view content)
    : directory_(temp_directory::adopt({})) {
    auto path = root / (std::string(label) + '-' + std::string(name));
    const auto boot = boot_id();
    if (!content.empty() && !boot.empty()) lock_ = lock_directory_if_possible(path);
    directory_ = lock_ ? temp_directory::adopt(std::move(path)) : temp_directory(root, label);
    if (lock_) is_resumed_ = holds_content(directory_.path(), boot + '\n' + std::string(content));
}

HOLDFAST_DECL void kept_directory::keep() noexcept {
    if (lock_) directory_.release();
}

}  // namespace holdfast::detail

#endif
