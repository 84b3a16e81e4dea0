#ifndef HOLDFAST_ARCHIVE_TAR_GZ_HPP
#define HOLDFAST_ARCHIVE_TAR_GZ_HPP

#include <string_view>

#include <holdfast/archive/file_tree.hpp>
#include <holdfast/archive/format.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast {

/// The archive of `tar`, compressed with gzip while it is sent.
///
/// Wire: the document says "tar", and Python, which looks at the first bytes, loads it.
struct tar_gz {
    static constexpr std::string_view storage_format = "tar";
    static constexpr std::string_view name = "tar.gz";
    static constexpr symlink_policy default_symlinks = symlink_policy::keep;

    HOLDFAST_DECL static packed_tree pack(const file_tree& tree);
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/archive/impl/tar_gz.ipp>
#endif

#endif
