#ifndef HOLDFAST_ARCHIVE_TAR_GZ_HPP
#define HOLDFAST_ARCHIVE_TAR_GZ_HPP

#include <string_view>

#include <holdfast/archive/file_tree.hpp>
#include <holdfast/archive/format.hpp>
#include <holdfast/core/byte_stream.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast {

/// The archive of `tar`, compressed with gzip while it is sent.
///
/// Wire: the document says "tar", and Python, which looks at the first bytes, loads it.
struct tar_gz {
    static constexpr std::string_view storage_format = "tar";
    static constexpr std::string_view name = "tar.gz";
    static constexpr symlink_policy default_symlinks = symlink_policy::keep;
    static constexpr bool is_sized = false;

    HOLDFAST_DECL static packed_tree pack(const file_tree& tree);
    HOLDFAST_DECL static byte_stream stream(const file_tree& tree, content_visitor see);
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/archive/impl/tar_gz.ipp>
#endif

#endif
