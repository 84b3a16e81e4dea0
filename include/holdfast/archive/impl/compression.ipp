#ifndef HOLDFAST_ARCHIVE_IMPL_COMPRESSION_IPP
#define HOLDFAST_ARCHIVE_IMPL_COMPRESSION_IPP

#include <holdfast/archive/compression.hpp>

#include <algorithm>

#include <holdfast/core/error.hpp>

namespace holdfast::detail {

// bzip2's is its magic and that of its first block, or of its end where it is empty; the others begin with bytes
// that no UTF-8 name begins with.
inline bool is_other_compression(std::string_view start) noexcept {
    using namespace std::string_view_literals;
    const std::string_view block = start.substr(std::min<std::size_t>(start.size(), 4), 6);
    const bool is_bzip2 = start.starts_with("BZh"sv) && (block == "1AY&SY"sv || block == "\x17rE8P\x90"sv);
    return is_bzip2 ||
           start.starts_with(
               "\xFD"
               "7zXZ\0"sv) ||
           start.starts_with("\x28\xB5\x2F\xFD"sv);
}

HOLDFAST_DECL bool is_gzip_compressed(std::string_view start) {
    if (is_other_compression(start)) {
        throw error(errc::unsupported, "unpack", "", "only gzip is unpacked; the archive is bzip2, xz or zstd");
    }
    return start.starts_with("\x1F\x8B");
}

}  // namespace holdfast::detail

#endif
