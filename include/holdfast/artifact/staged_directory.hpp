#ifndef HOLDFAST_ARTIFACT_STAGED_DIRECTORY_HPP
#define HOLDFAST_ARTIFACT_STAGED_DIRECTORY_HPP

#include <filesystem>
#include <string_view>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/kept_directory.hpp>

namespace holdfast {

/// A place to build a tree in before it becomes visible at its target, so that a load that fails leaves the
/// target as it was.
///
/// It lies beside the target where that is the same mount of a file system, else inside it. A target that exists keeps
/// its other entries; files of the same name are replaced, each by one rename.
///
/// What is staged may be kept for a later process: it then lies in `.holdfast-load-<name of the target>`, beside the
/// target; inside it only a process that is killed leaves it, until the next load into it.
class staged_directory {
public:
    /// Errors: `invalid_argument` where the target is a file, or no path that can be followed; `access_denied`,
    /// `no_space`.
    /// @param content what is staged, so that a later process that stages the same goes on with what was kept, and one
    /// that stages anything else removes it; empty: nothing is kept
    HOLDFAST_DECL explicit staged_directory(const std::filesystem::path& target, std::string_view content = {});

    const std::filesystem::path& path() const noexcept { return tree_; }

    /// Whether `path` holds what an earlier process had staged.
    bool is_resumed() const noexcept { return is_resumed_; }

    /// A file beside the tree, for notes on what has arrived.
    std::filesystem::path notes() const { return staging_.path() / "arrived"; }

    /// Keeps what is staged, where it lies beside the target, the content has a name and a file has arrived.
    HOLDFAST_DECL void keep();

    /// Moves what was staged to the target. Errors: `precondition_failed`, before anything moved, where the target
    /// has a directory in the place of a file or the other way round, or something mounted in the place of either.
    HOLDFAST_DECL void commit();

private:
    std::filesystem::path target_;
    detail::kept_directory staging_;
    std::filesystem::path tree_;
    bool is_resumed_;
};

namespace detail {

/// Returns what `call` returns. What vanishes from a staging directory while it is filled says nothing of the store: it
/// is `io_failure`, no `not_found`.
template <class Call>
auto name_what_vanished(const staged_directory& staged, Call call) {
    try {
        return call();
    } catch (const error& failed) {
        const auto directory = staged.path().parent_path().string();
        if (failed.kind() != errc::not_found || !failed.key().starts_with(directory)) throw;
        throw error(errc::io_failure, "load", failed.key(), "it vanished while it was written; load again");
    }
}

}  // namespace detail

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/artifact/impl/staged_directory.ipp>
#endif

#endif
