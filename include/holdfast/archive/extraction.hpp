#ifndef HOLDFAST_ARCHIVE_EXTRACTION_HPP
#define HOLDFAST_ARCHIVE_EXTRACTION_HPP

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <holdfast/core/byte_sink.hpp>

namespace holdfast {

/// What a load accepts before it refuses with `too_large`.
struct extract_limits {
    std::uint64_t bytes = UINT64_MAX;    ///< sum of all file sizes, after decompression
    std::uint64_t entries = UINT64_MAX;  ///< files, directories and links
};

/// One regular file (or hard link, with the size and digest of what it names) that an archive held.
struct extracted_file {
    std::string path;
    std::uint64_t size = 0;
    std::optional<std::uint32_t> crc32c = {};  ///< none: it was not asked for
};

/// Writes a part of a file's content to a sink that takes it from offset 0 on, in any order and by several threads.
/// The digest, null where there is none, is told by `has` of what stands in the file already.
using content_bringer = std::function<void(byte_sink& content, crc32c_sink* digest)>;

}  // namespace holdfast

#endif
