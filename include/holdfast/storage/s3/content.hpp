#ifndef HOLDFAST_STORAGE_S3_CONTENT_HPP
#define HOLDFAST_STORAGE_S3_CONTENT_HPP

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include <holdfast/core/byte_source.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/storage/s3/block_pool.hpp>
#include <holdfast/storage/s3/config.hpp>
#include <holdfast/storage/s3/operation.hpp>

namespace holdfast::s3 {

struct digest_choice {
    bool crc32c = false;
    bool sha256 = false;
    bool md5 = false;
};

struct content_digests {
    std::uint32_t crc32c = 0;
    std::string sha256 = {};  ///< hexadecimal
    std::string md5 = {};     ///< hexadecimal
};

/// The digests of a source's bytes, in one pass. Errors: as `byte_source::read`; `cancelled`.
HOLDFAST_DECL content_digests digest_content(const byte_source& source, const digest_choice& choice, block_pool& blocks,
                                             const std::stop_token& stop);

/// Makes the source the operation's body, with the headers that prove it; returns the CRC32C where it was computed:
/// for `s3_integrity::crc32c`, or where `digest` asks for it.
///
/// Effects: files are read once, right before they are sent, so that they are still in the page cache then; short
/// ones are kept in memory instead.
HOLDFAST_DECL std::optional<std::uint32_t> seal_body(operation& what, const byte_source& source, s3_integrity integrity,
                                                     bool digest, block_pool& blocks);

/// Makes a text the body, signed.
HOLDFAST_DECL void seal_text(operation& what, std::string text);

}  // namespace holdfast::s3

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/s3/impl/content.ipp>
#endif

#endif
