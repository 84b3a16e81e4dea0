#ifndef HOLDFAST_ARCHIVE_IMPL_UNPACKED_DIRECTORY_IPP
#define HOLDFAST_ARCHIVE_IMPL_UNPACKED_DIRECTORY_IPP

#include <holdfast/archive/unpacked_directory.hpp>

#include <system_error>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/system.hpp>

namespace holdfast {

namespace detail {

inline void require_unpacked(const std::error_code& failure, const std::string& path) {
    if (failure) throw error::from_errno(failure.value(), "unpack", path);
}

}  // namespace detail

HOLDFAST_DECL unpacked_directory::unpacked_directory(std::filesystem::path directory)
    : directory_(std::move(directory)) {
    std::error_code failure;
    const bool is_empty = std::filesystem::is_empty(directory_, failure);
    detail::require_unpacked(failure, directory_.string());
    if (!is_empty || !std::filesystem::is_directory(directory_)) {
        throw error(errc::precondition_failed, "unpack", directory_.string(),
                    "this is not an empty directory; give a new one");
    }
}

HOLDFAST_DECL unpacked_directory::unpacked_directory(std::filesystem::path directory, std::set<std::string> kept)
    : directory_(std::move(directory)), kept_(std::move(kept)) {
    clear("");
}

// Directories stay with their mode, but open to their owner.
HOLDFAST_DECL void unpacked_directory::clear(const std::string& below) {
    constexpr std::uint32_t owner_may = 0700;
    const auto directory = below.empty() ? directory_ : full_path(below);
    detail::set_path_mode(directory, detail::status_of(directory, true).mode | owner_may);
    std::vector<std::string> names;
    std::error_code failure;
    std::filesystem::directory_iterator entry(directory, failure);
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
        names.push_back((below.empty() ? "" : below + '/') + entry->path().filename().string());
    }
    detail::require_unpacked(failure, directory);
    for (const auto& name : names) {
        const auto kind = detail::status_of(full_path(name), false).kind;
        if (kind == detail::file_kind::directory) {
            clear(name);
        } else if (kind != detail::file_kind::regular || !kept_->contains(name)) {
            remove_file(name);
        }
    }
}

HOLDFAST_DECL void unpacked_directory::make_directory(const std::string& path, std::uint32_t mode) {
    if (!kept_ || !detail::is_there(full_path(path))) detail::make_directory(full_path(path), mode);
}

HOLDFAST_DECL byte_sink& unpacked_directory::begin_file(const std::string& path) {
    constexpr std::uint32_t owner_only = 0600;  // until it is whole
    const auto full = full_path(path);
    if (!kept_ || !kept_->contains(path) || !detail::is_there(full)) {
        return file_.emplace(detail::file::create_new(full, owner_only));
    }
    detail::set_path_mode(full, owner_only);
    return file_.emplace(detail::file::open_update(full));
}

HOLDFAST_DECL void unpacked_directory::end_file(const member_attributes& kept) {
    const auto& written = *file_->native().file;
    written.set_mode(kept.mode);
    written.set_modified(kept.modified_ns);
    file_->close();
}

HOLDFAST_DECL void unpacked_directory::remove_file(const std::string& path) {
    std::error_code failure;
    std::filesystem::remove(full_path(path), failure);
    detail::require_unpacked(failure, full_path(path));
}

HOLDFAST_DECL void unpacked_directory::make_hard_link(const std::string& first, const std::string& path) {
    std::error_code failure;
    std::filesystem::create_hard_link(full_path(first), full_path(path), failure);
    detail::require_unpacked(failure, full_path(path));
}

HOLDFAST_DECL void unpacked_directory::make_symlink(const std::string& target, const std::string& path,
                                                    std::int64_t modified_ns) {
    detail::make_symlink(target, full_path(path));
    detail::set_path_modified(full_path(path), modified_ns, false);
}

HOLDFAST_DECL void unpacked_directory::finish_directory(const std::string& path, const member_attributes& kept) {
    const auto full = path.empty() ? directory_ : full_path(path);
    detail::set_path_modified(full, kept.modified_ns, true);
    detail::set_path_mode(full, kept.mode);
}

}  // namespace holdfast

#endif
