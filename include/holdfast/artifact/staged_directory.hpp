#ifndef HOLDFAST_ARTIFACT_STAGED_DIRECTORY_HPP
#define HOLDFAST_ARTIFACT_STAGED_DIRECTORY_HPP

#include <filesystem>

#include <holdfast/detail/config.hpp>
#include <holdfast/detail/temp_directory.hpp>

namespace holdfast {

/// A place to build a tree in before it becomes visible at its target, so that a load that fails leaves the
/// target as it was.
///
/// It lies beside the target where that is the same file system, else inside it. A target that exists keeps its
/// other entries; files of the same name are replaced, each by one rename.
class staged_directory {
public:
    /// Errors: `invalid_argument` where the target is a file; `access_denied`, `no_space`.
    HOLDFAST_DECL explicit staged_directory(const std::filesystem::path& target);

    const std::filesystem::path& path() const noexcept { return tree_; }

    /// Moves what was staged to the target. Errors: `precondition_failed`, before anything moved, where the target
    /// has a directory in the place of a file or the other way round.
    HOLDFAST_DECL void commit();

private:
    std::filesystem::path target_;
    detail::temp_directory staging_;
    std::filesystem::path tree_;
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/artifact/impl/staged_directory.ipp>
#endif

#endif
