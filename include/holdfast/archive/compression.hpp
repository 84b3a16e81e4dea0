#ifndef HOLDFAST_ARCHIVE_COMPRESSION_HPP
#define HOLDFAST_ARCHIVE_COMPRESSION_HPP

#include <cstddef>
#include <string_view>

#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

/// How many bytes of an archive's start tell its compression; no archive has less.
inline constexpr std::size_t compression_magic_size = 10;

/// Whether a tar that starts like this is gzip-compressed. Errors: `unsupported` where it is bzip2, xz or zstd.
HOLDFAST_DECL bool is_gzip_compressed(std::string_view start);

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/archive/impl/compression.ipp>
#endif

#endif
