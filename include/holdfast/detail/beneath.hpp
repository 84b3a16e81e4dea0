#ifndef HOLDFAST_DETAIL_BENEATH_HPP
#define HOLDFAST_DETAIL_BENEATH_HPP

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/detail/config.hpp>
#include <holdfast/detail/system.hpp>

namespace holdfast::detail {

/// An open directory, below which nothing is reached through a link, whoever changes the tree meanwhile.
///
/// Paths are relative: names joined by '/', none of them "." or "..". Every name is looked up from the open
/// directory downwards; a link on the way or at the end is `unsafe_path`, also where a name is to be created.
/// Other errors: as `file`; a name on the way that is no directory is `invalid_argument`.
/// Thread safety: all members may be called at once.
class beneath {
public:
    /// How a directory below is found: by one call of the kernel where it has openat2, or name by name.
    enum class resolution : std::uint8_t { whole_path, name_by_name };

    /// Follows links to `root` itself. Errors: `not_found`, `invalid_argument` (no directory).
    HOLDFAST_DECL explicit beneath(const std::filesystem::path& root, resolution how = resolution::whole_path);

    /// The status of what the path names; nothing where there is nothing.
    HOLDFAST_DECL std::optional<file_status> status(std::string_view path) const;

    /// Opens for reading, without waiting (for a pipe); nothing where there is nothing.
    HOLDFAST_DECL std::optional<file> open_read(std::string_view path) const;

    /// Creates a file in a directory that exists. Errors: `precondition_failed` where the path exists.
    HOLDFAST_DECL file create_new(std::string_view path, std::uint32_t mode) const;

    /// A directory as the root of its own; nothing where there is none.
    HOLDFAST_DECL std::optional<beneath> find_directory(std::string_view path) const;

    /// The same, creating what is missing of the path; the empty path is the root. Errors: `not_found` where another
    /// process removes it meanwhile.
    HOLDFAST_DECL beneath make_directories(std::string_view path, std::uint32_t mode) const;

    /// Renames a file, or a directory to a new name; false where `to` exists and is not to be replaced. Errors:
    /// `not_found` where `from` or the directory of `to` is missing.
    HOLDFAST_DECL bool rename(std::string_view from, std::string_view to, bool replace) const;

    /// The same, where `to` is below another directory.
    HOLDFAST_DECL bool rename(std::string_view from, const beneath& to_root, std::string_view to, bool replace) const;

    /// Removes a file; false where there was none.
    HOLDFAST_DECL bool remove_file(std::string_view path) const;

    /// Removes a directory and what is below it, following no link; false where there is nothing. Errors:
    /// `invalid_argument` for a file.
    HOLDFAST_DECL bool remove_tree(std::string_view path) const;

    /// Removes an empty directory; false where there is none or it is not empty.
    HOLDFAST_DECL bool remove_directory(std::string_view path) const;

    /// The names in a directory with the status of each (of a link: its own); empty where there is no directory.
    HOLDFAST_DECL std::vector<std::pair<std::string, file_status>> entries(
        std::string_view path, entry_status wanted = entry_status::whole) const;

    /// False where there is no directory (any more).
    HOLDFAST_DECL bool sync_directory(std::string_view path) const;

    /// Opens or creates a file and waits until no other open file holds its lock, or only shared ones where
    /// `shared`; the lock goes when the file is closed. A shared lock is not taken where the file system has none.
    HOLDFAST_DECL file lock(std::string_view path, bool shared) const;

private:
    beneath(file root, resolution how) : root_(std::move(root)), how_(how) {}

    // An empty file, with errno, where it fails.
    HOLDFAST_DECL file directory(std::string_view path) const;
    HOLDFAST_DECL file directory_by_name(std::string_view path) const;
    HOLDFAST_DECL file open_file(std::string_view path, int flags, std::uint32_t mode) const;

    // The directory of the last name: the root itself, or what `opened` becomes.
    HOLDFAST_DECL const file& require_parent(std::string_view path, const char* operation, file& opened) const;
    HOLDFAST_DECL const file* find_parent(std::string_view path, const char* operation, file& opened) const;
    HOLDFAST_DECL std::string full(std::string_view path) const;  // for messages

    file root_;
    resolution how_;
};

/// The same rename by calls that every POSIX system has; false where `to` exists.
namespace portable {
HOLDFAST_DECL bool link_to_new(const file& from_directory, const std::string& from, const file& to_directory,
                               const std::string& to);
}

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/beneath.ipp>
#endif

#endif
