#ifndef HOLDFAST_DETAIL_IMPL_KEPT_DIRECTORY_IPP
#define HOLDFAST_DETAIL_IMPL_KEPT_DIRECTORY_IPP

#include <holdfast/detail/kept_directory.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include <holdfast/core/error.hpp>

namespace holdfast::detail {

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

/// Whether a file holds that text; not where it is missing.
inline bool holds_text(const std::filesystem::path& path, std::string_view text) {
    try {
        std::string found(text.size() + 1, '\0');
        const auto size = file::open_read(path).read_at(0, std::as_writable_bytes(std::span(found)));
        return std::string_view(found).substr(0, size) == text;
    } catch (const error& failed) {
        if (failed.kind() != errc::not_found) throw;
        return false;
    }
}

/// Where it is missing, that is no error.
inline void remove_file(const std::filesystem::path& path) {
    std::error_code failure;
    std::filesystem::remove(path, failure);
    if (failure) throw error::from_errno(failure.value(), "remove", path.string());
}

inline void empty_directory(const std::filesystem::path& directory) {
    for (const auto& [name, status] : entries_of(directory.string())) {
        status.kind == file_kind::directory ? remove_tree(directory / name) : remove_file(directory / name);
    }
}

/// Whether a directory holds that content already; otherwise it is emptied and said to hold it.
inline bool holds_content(const std::filesystem::path& directory, const std::string& content) {
    const auto name = directory / "content";
    if (holds_text(name, content)) return true;
    remove_file(name);  // first: a process that is killed before the rest is removed leaves nothing to resume
    empty_directory(directory);
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
