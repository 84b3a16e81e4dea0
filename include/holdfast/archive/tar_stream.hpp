#ifndef HOLDFAST_ARCHIVE_TAR_STREAM_HPP
#define HOLDFAST_ARCHIVE_TAR_STREAM_HPP

#include <holdfast/archive/file_tree.hpp>
#include <holdfast/archive/format.hpp>
#include <holdfast/core/byte_stream.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/tar_codec.hpp>

namespace holdfast::detail {

/// The member that an entry becomes, and the one that stands for a directory itself.
HOLDFAST_DECL tar_entry tar_entry_of(const tree_entry& entry);
HOLDFAST_DECL tar_entry root_entry_of(const file_tree& tree);

/// The bytes of a tree's tar from the first to the last; by its contract `tar::stream`.
HOLDFAST_DECL byte_stream tar_stream(const file_tree& tree, content_visitor see);

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/archive/impl/tar_stream.ipp>
#endif

#endif
