#ifndef HOLDFAST_ARCHIVE_FILE_TREE_HPP
#define HOLDFAST_ARCHIVE_FILE_TREE_HPP

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/core/byte_source.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast {

/// What a save does with symbolic links.
enum class symlink_policy {
    follow,  ///< store what the link names, as if it stood there; a cycle is an error
    keep,    ///< store the link itself; one that leaves the tree (or is absolute) is an error (`unsafe_path`)
    refuse,  ///< any link is an error (`unsafe_path`)
};

/// One file, directory or link of a tree.
struct tree_entry {
    enum class kind : std::uint8_t { file, directory, symlink, hard_link };

    std::string path;                ///< relative, parts joined by '/', UTF-8
    kind type = kind::file;
    std::uint32_t mode = 0644;       ///< permission bits
    std::int64_t modified_ns = 0;    ///< since the Unix epoch
    byte_source content;             ///< of a file
    std::string target;              ///< of a symlink: as stored; of a hard link: the path of the earlier entry
};

/// A directory's contents, or a single file, as they are to be saved.
///
/// Entries are sorted by path (bytewise), so a directory stands before what is in it and the same tree gives the
/// same archive. The root directory itself is no entry; its mode and time are kept for archives that have one.
struct file_tree {
    std::vector<tree_entry> entries;
    bool is_single_file = false;         ///< saved from a file, not from a directory
    std::uint32_t root_mode = 0755;
    std::int64_t root_modified_ns = 0;

    /// The sum of the sizes of the files, in bytes; a hard link counts as the file it names.
    HOLDFAST_DECL std::uint64_t file_bytes() const;
};

/// Looks at a directory (its contents become the entries) or a file (one entry, named by its base name).
///
/// Errors: `not_found`; `access_denied` for anything that cannot be read, at any depth; `invalid_argument` for a
/// device, socket or pipe, and for a name that is not UTF-8; `unsafe_path` by the link policy.
HOLDFAST_DECL file_tree scan_tree(const std::filesystem::path& path, symlink_policy links);

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/archive/impl/file_tree.ipp>
#endif

#endif
