#ifndef HOLDFAST_ARCHIVE_FILES_HPP
#define HOLDFAST_ARCHIVE_FILES_HPP

#include <string_view>

#include <holdfast/archive/file_tree.hpp>
#include <holdfast/archive/format.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast {

/// One object for each file, named by its path; a single file by its base name.
///
/// Directories are no objects, so empty ones vanish, and so do modes and times; a file with several names is stored
/// under each of them.
/// Wire: what Python's `save(storage_format="files")` writes.
struct files {
    static constexpr std::string_view storage_format = "files";
    static constexpr std::string_view name = "files";
    static constexpr symlink_policy default_symlinks = symlink_policy::follow;

    /// Errors: `unsupported` for a kept symbolic link.
    HOLDFAST_DECL static packed_tree pack(const file_tree& tree);
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/archive/impl/files.ipp>
#endif

#endif
