#ifndef HOLDFAST_ARTIFACT_IMPL_STAGED_DIRECTORY_IPP
#define HOLDFAST_ARTIFACT_IMPL_STAGED_DIRECTORY_IPP

#include <holdfast/artifact/staged_directory.hpp>

#include <string>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/system.hpp>

namespace holdfast {
namespace detail {

/// The target without a '/' at its end or dots, so that its parent is the folder that holds it.
inline std::filesystem::path staging_target(const std::filesystem::path& given) {
    if (given.empty()) throw error(errc::invalid_argument, "load", "", "the directory's name is empty");
    auto target = std::filesystem::absolute(given).lexically_normal();
    if (!target.has_filename()) target = target.parent_path();
    std::error_code ignored;
    const auto real = std::filesystem::canonical(target, ignored);
    return ignored ? target : real;
}

inline temp_directory make_staging(const std::filesystem::path& target) {
    std::error_code failed;
    if (!std::filesystem::exists(target, failed)) return temp_directory(target.parent_path(), ".holdfast-load");
    if (!std::filesystem::is_directory(target, failed)) {
        throw error(errc::invalid_argument, "load", target.string(), "it is a file; name a directory");
    }
    const auto device = status_of(target, true).device;
    if (target.has_relative_path() && status_of(target.parent_path(), true).device == device) {
        try {
            return temp_directory(target.parent_path(), ".holdfast-load");
        } catch (const error& refused) {
            if (refused.kind() != errc::access_denied) throw;
        }
    }
    return temp_directory(target, ".holdfast-load");
}

inline bool is_plain_directory(const std::filesystem::path& path) {
    return std::filesystem::is_directory(std::filesystem::symlink_status(path));
}

/// Refuses a merge that would have to remove a directory for a file, or a file for a directory.
inline void check_mergeable(const std::filesystem::path& from, const std::filesystem::path& to) {
    for (const auto& entry : std::filesystem::directory_iterator(from)) {
        const auto place = to / entry.path().filename();
        if (!std::filesystem::exists(std::filesystem::symlink_status(place))) continue;
        const bool folder = is_plain_directory(entry.path());
        if (folder != is_plain_directory(place)) {
            throw error(errc::precondition_failed, "load", place.string(),
                        folder ? "a file stands where the checkpoint has a directory; move it away"
                               : "a directory stands where the checkpoint has a file; move it away");
        }
        if (folder) check_mergeable(entry.path(), place);
    }
}

inline void merge_into(const std::filesystem::path& from, const std::filesystem::path& to) {
    for (const auto& entry : std::filesystem::directory_iterator(from)) {
        const auto place = to / entry.path().filename();
        if (is_plain_directory(entry.path()) && std::filesystem::exists(place)) {
            merge_into(entry.path(), place);
        } else {
            rename_path(entry.path(), place, true);
        }
    }
}

}  // namespace detail

HOLDFAST_DECL staged_directory::staged_directory(std::filesystem::path target)
    : target_(detail::staging_target(target)), staging_(detail::make_staging(target_)), tree_(staging_.path() / "tree") {
    std::filesystem::create_directory(tree_);
}

HOLDFAST_DECL void staged_directory::commit() {
    if (!std::filesystem::exists(target_)) {
        detail::rename_path(tree_, target_, false);
        return;
    }
    detail::check_mergeable(tree_, target_);
    detail::merge_into(tree_, target_);
}

}  // namespace holdfast

#endif
