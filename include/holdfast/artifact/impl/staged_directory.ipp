#ifndef HOLDFAST_ARTIFACT_IMPL_STAGED_DIRECTORY_IPP
#define HOLDFAST_ARTIFACT_IMPL_STAGED_DIRECTORY_IPP

#include <holdfast/artifact/staged_directory.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/system.hpp>

namespace holdfast {
namespace detail {

inline std::optional<file_status> find_status(const std::filesystem::path& path, bool follow_links) {
    try {
        return status_of(path, follow_links);
    } catch (const error& failed) {
        if (failed.kind() != errc::not_found) throw;
        return std::nullopt;
    }
}

inline std::vector<std::filesystem::path> paths_in(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> found;
    std::error_code failure;
    std::filesystem::directory_iterator entry(directory, failure);
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
        found.push_back(entry->path());
    }
    if (failure) throw error::from_errno(failure.value(), "load", directory.string());
    return found;
}

/// A path that is not there, or that links lead nowhere from, is no `not_found` or `unsafe_path` of a load, which are
/// said of the store.
template <class Call>
auto in_target(const std::filesystem::path& target, Call call) {
    try {
        return call();
    } catch (const error& failed) {
        if (failed.kind() != errc::not_found && failed.kind() != errc::unsafe_path) throw;
        throw error(errc::invalid_argument, "load", target.string(),
                    "this directory cannot be used: " + failed.key() + ": " + failed.message());
    }
}

/// The target without dots, links or a '/' at its end, so that its parent is the folder that holds it.
inline std::filesystem::path staging_target(const std::filesystem::path& given) {
    if (given.empty()) throw error(errc::invalid_argument, "load", "", "the directory's name is empty");
    std::error_code failure;
    auto target = std::filesystem::absolute(given, failure).lexically_normal();
    if (!failure && !target.has_filename()) target = target.parent_path();
    if (!failure) target = std::filesystem::weakly_canonical(target, failure);
    if (failure) throw error::from_errno(failure.value(), "load", given.string());
    return target;
}

/// Where a directory is, as far as renames from it go.
struct mounted_place {
    explicit mounted_place(const std::filesystem::path& directory)
        : device(status_of(directory, false).device), mount(mount_of(directory)) {}

    std::uint64_t device;
    std::uint64_t mount;
};

/// Whether a rename can lead from there to the place of what `there` is the status of. Of a file its device says
/// nothing, since an overlay gives it that of a layer below.
inline bool is_one_mount(const mounted_place& from, const std::filesystem::path& place, const file_status& there) {
    return (there.kind != file_kind::directory || there.device == from.device) && from.mount == mount_of(place);
}

inline kept_directory make_staging_in(const std::filesystem::path& root, const std::filesystem::path& target,
                                      std::string_view content) {
    return {root, ".holdfast-load", target.filename().string(), content};
}

inline kept_directory make_staging(const std::filesystem::path& target, std::string_view content) {
    const auto status = find_status(target, true);
    if (!status && find_status(target, false)) {
        throw error(errc::invalid_argument, "load", target.string(), "it is a link that names nothing; remove it");
    }
    if (!status) return make_staging_in(target.parent_path(), target, content);
    if (status->kind != file_kind::directory) {
        throw error(errc::invalid_argument, "load", target.string(), "it is a file; name a directory");
    }
    if (!target.has_relative_path() || !is_one_mount(mounted_place(target.parent_path()), target, *status)) {
        return make_staging_in(target, target, content);
    }
    try {
        return make_staging_in(target.parent_path(), target, content);
    } catch (const error& refused) {
        if (refused.kind() != errc::access_denied) throw;
        return make_staging_in(target, target, content);
    }
}

/// Whether a file that is not empty stands below a directory.
inline bool has_bytes(const std::filesystem::path& directory) {
    std::error_code failure;
    std::filesystem::recursive_directory_iterator entry(directory, failure);
    for (; !failure && entry != std::filesystem::recursive_directory_iterator(); entry.increment(failure)) {
        if (entry->is_regular_file(failure) && entry->file_size(failure) > 0) return true;
    }
    return false;
}

inline bool is_plain_directory(const std::filesystem::path& path) {
    return status_of(path, false).kind == file_kind::directory;
}

inline constexpr std::uint32_t owner_writes = 0200;

/// Lets the owner write to a directory while this lives. Errors: `access_denied` for another's.
class writable_directory {
public:
    explicit writable_directory(const std::filesystem::path& path) : path_(path), mode_(status_of(path, false).mode) {
        if (is_changed()) set_path_mode(path_, mode_ | owner_writes);
    }
    writable_directory(const writable_directory&) = delete;
    writable_directory& operator=(const writable_directory&) = delete;
    ~writable_directory() {
        try {
            if (is_changed()) set_path_mode(path_, mode_);
        } catch (const error&) {
            // who took it away meanwhile does not miss its mode
        }
    }

private:
    bool is_changed() const noexcept { return (mode_ & owner_writes) == 0; }

    const std::filesystem::path& path_;
    std::uint32_t mode_;
};

[[noreturn]] inline void refuse_merge(const std::filesystem::path& place, std::string_view why) {
    throw error(errc::precondition_failed, "load", place.string(), why);
}

/// Refuses a merge that would have to remove a directory for a file, or a file for a directory, or to move anything to
/// another mount.
inline void check_mergeable(const std::filesystem::path& from, const std::filesystem::path& to) {
    const mounted_place origin(from);
    for (const auto& path : paths_in(from)) {
        const auto place = to / path.filename();
        const auto there = find_status(place, false);
        if (!there) continue;
        if (!is_one_mount(origin, place, *there)) {
            refuse_merge(
                place,
                "something is mounted here, so nothing can be moved here; unmount it, or load into a directory "
                "that has no mount below it");
        }
        const bool folder = is_plain_directory(path);
        if (folder != (there->kind == file_kind::directory)) {
            refuse_merge(place, folder ? "a file stands where the checkpoint has a directory; move it away"
                                       : "a directory stands where the checkpoint has a file; move it away");
        }
        if (!folder) continue;
        const writable_directory can_be_written(place);  // else nothing is moved at all
        check_mergeable(path, place);
    }
}

/// A directory changes its parent only while its owner may write to it.
inline void move_directory(const std::filesystem::path& from, const std::filesystem::path& to) {
    const auto mode = status_of(from, false).mode;
    if ((mode & owner_writes) != 0) return rename_path(from, to, true);
    set_path_mode(from, mode | owner_writes);
    rename_path(from, to, true);
    set_path_mode(to, mode);
}

inline void merge_into(const std::filesystem::path& from, const std::filesystem::path& to) {
    for (const auto& path : paths_in(from)) {
        const auto place = to / path.filename();
        if (!is_plain_directory(path)) {
            rename_path(path, place, true);
        } else if (!find_status(place, false)) {
            move_directory(path, place);
        } else {
            const writable_directory source(path);
            const writable_directory target(place);
            merge_into(path, place);
        }
    }
}

}  // namespace detail

HOLDFAST_DECL staged_directory::staged_directory(const std::filesystem::path& target, std::string_view content)
    : target_(detail::in_target(target, [&] { return detail::staging_target(target); })),
      staging_(detail::in_target(target_, [&] { return detail::make_staging(target_, content); })),
      tree_(staging_.path() / "tree"),
      is_resumed_(staging_.is_resumed() && detail::find_status(tree_, false)) {
    if (!is_resumed_) detail::in_target(target_, [this] { detail::make_directory(tree_, 0777); });
}

HOLDFAST_DECL void staged_directory::keep() {
    const bool is_inside = staging_.path().parent_path() == target_;
    if (!is_inside && detail::has_bytes(tree_)) staging_.keep();
}

HOLDFAST_DECL void staged_directory::commit() {
    detail::in_target(target_, [this] {
        if (!detail::find_status(target_, false)) return detail::rename_path(tree_, target_, false);
        detail::check_mergeable(tree_, target_);
        detail::merge_into(tree_, target_);
    });
}

}  // namespace holdfast

#endif
