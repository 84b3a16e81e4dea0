#ifndef HOLDFAST_DETAIL_KEPT_DIRECTORY_HPP
#define HOLDFAST_DETAIL_KEPT_DIRECTORY_HPP

#include <filesystem>
#include <string_view>

#include <holdfast/detail/config.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/detail/temp_directory.hpp>

namespace holdfast::detail {

/// A directory that only this user can enter, removed when the object goes unless it is kept for a later process,
/// which finds it by its name.
///
/// One process at a time has it. Where another does, where a stranger made it, where its name is too long, or where the
/// file system knows no locks, a `temp_directory` takes its place, and nothing is kept.
class kept_directory {
public:
    /// Makes or takes up `<root>/<label>-<name>`, and makes `root` where it is missing.
    ///
    /// Errors: as `temp_directory`.
    /// @param content what is in it; what was kept of anything else, or before the system was started, is removed.
    /// Empty: a `temp_directory` of that label, which can't be kept
    HOLDFAST_DECL kept_directory(const std::filesystem::path& root, std::string_view label, std::string_view name,
                                 std::string_view content);

    const std::filesystem::path& path() const noexcept { return directory_.path(); }

    /// Whether it holds what an earlier process has kept, or left when it was killed.
    bool is_resumed() const noexcept { return is_resumed_; }

    /// Leaves it for a later process, where it has a fixed name.
    HOLDFAST_DECL void keep() noexcept;

private:
    file lock_;  // before the directory, which is removed under the lock
    temp_directory directory_;
    bool is_resumed_ = false;
};

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/kept_directory.ipp>
#endif

#endif
