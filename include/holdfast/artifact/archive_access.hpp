#ifndef HOLDFAST_ARTIFACT_ARCHIVE_ACCESS_HPP
#define HOLDFAST_ARTIFACT_ARCHIVE_ACCESS_HPP

#include <cstdint>

#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/artifact/saved_files.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/read_ahead.hpp>
#include <holdfast/storage/transfer_limits.hpp>

namespace holdfast::detail {

/// An archive that can be read at offsets, by several threads at a time.
struct stored_archive {
    std::uint64_t size;  // bytes
    read_ahead::fill_function fill;
};

/// The files of a tar, plain or gzip-compressed (told by its first bytes), and where they are in it.
/// Errors: `corrupt`, also where they are not those of the tree's manifest; `unsupported`, `too_large`, `unsafe_path`.
HOLDFAST_DECL tree_access access_archive(const saved_tree& tree, const stored_archive& archive,
                                         const load_options& options, const transfer_limits& limits);

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/artifact/impl/archive_access.ipp>
#endif

#endif
