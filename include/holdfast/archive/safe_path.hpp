#ifndef HOLDFAST_ARCHIVE_SAFE_PATH_HPP
#define HOLDFAST_ARCHIVE_SAFE_PATH_HPP

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

/// The name of a member as the path below a directory that it stands for: without "." parts, doubled '/' and a '/'
/// at the end; empty for the directory itself. Errors: `unsafe_path` for an absolute name, a ".." part and NUL;
/// `too_large` from 4096 bytes, which no system takes.
HOLDFAST_DECL std::string member_path(std::string_view name);

/// The path of the directory that holds `path`; empty for the root.
HOLDFAST_DECL std::string_view parent_path(std::string_view path) noexcept;

/// The symbolic links of a tree: path and target.
using tree_links = std::map<std::string, std::string, std::less<>>;

/// The path where one ends up who follows the links on the way to `path`, the last one too; nothing where that leaves
/// the tree or goes in a circle. What names nothing counts as a directory.
HOLDFAST_DECL std::optional<std::string> follow_links(const tree_links& links, std::string_view path);

/// Whether a program that follows the link at `path` may leave the tree on its way, through other links of the tree
/// too; a target that names nothing (yet) counts as a directory, and a cycle as leaving.
HOLDFAST_DECL bool leaves_tree(const tree_links& links, const std::string& path);

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/archive/impl/safe_path.ipp>
#endif

#endif
