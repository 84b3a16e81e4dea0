#ifndef HOLDFAST_ARCHIVE_TAR_HPP
#define HOLDFAST_ARCHIVE_TAR_HPP

#include <string_view>

#include <holdfast/archive/file_tree.hpp>
#include <holdfast/archive/format.hpp>
#include <holdfast/core/byte_stream.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast {

/// One tar, whose size is known beforehand and whose parts can be read in any order.
///
/// A directory's archive begins with the member "./" (its mode and time) and holds the contents by their relative
/// paths; a single file's is one member, named by its base name. Owners are left out.
/// Wire: a POSIX tar with PAX headers, as Python's `save(storage_format="tar")` writes; where Python names the
/// directory itself "/", which makes tar and bsdtar warn, this says "./".
struct tar {
    static constexpr std::string_view storage_format = "tar";
    static constexpr std::string_view name = "tar";
    static constexpr symlink_policy default_symlinks = symlink_policy::keep;
    static constexpr bool is_sized = true;

    HOLDFAST_DECL static packed_tree pack(const file_tree& tree);
    HOLDFAST_DECL static byte_stream stream(const file_tree& tree, content_visitor see);
};

namespace detail {

/// The bytes of a tree's tar.
HOLDFAST_DECL byte_source tar_source(const file_tree& tree);

}  // namespace detail

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/archive/impl/tar.ipp>
#endif

#endif
