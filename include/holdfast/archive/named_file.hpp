#ifndef HOLDFAST_ARCHIVE_NAMED_FILE_HPP
#define HOLDFAST_ARCHIVE_NAMED_FILE_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <holdfast/archive/file_tree.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/clock.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast {

/// A file that is to be saved, and need not be on disk.
struct named_file {
    /// Bytes that the caller keeps alive, and does not change, until the save returns.
    HOLDFAST_DECL named_file(std::string name, std::span<const std::byte> bytes);

    /// Bytes that are made when they are wanted, so that they are never in memory all at once.
    HOLDFAST_DECL named_file(std::string name, std::uint64_t size, byte_generator generate);

    /// Anything else: a text that is kept, a file, several of them in a row.
    HOLDFAST_DECL named_file(std::string name, byte_source source);

    std::string path;  ///< below the saved directory, parts joined by '/', UTF-8
    byte_source content;
    std::uint32_t mode = 0644;  ///< permission bits
};

/// What a save takes: the tree that a directory with these files would give.
///
/// @param clock says when the files were modified, to the second
/// Errors: `unsafe_path` for an absolute path, a ".." part and NUL; `invalid_argument` for an empty path, one that is
/// not UTF-8, two files of one path, and a file where another one needs a directory.
HOLDFAST_DECL file_tree tree_of(std::vector<named_file> files, const clock_function& clock = system_clock());

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/archive/impl/named_file.ipp>
#endif

#endif
