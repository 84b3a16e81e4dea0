#ifndef HOLDFAST_AUTH_SIGV4_CHUNKS_HPP
#define HOLDFAST_AUTH_SIGV4_CHUNKS_HPP

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/auth/sigv4.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/hmac.hpp>
#include <holdfast/http/message.hpp>

namespace holdfast::auth {

/// Signs the chunks of one body in turn, each signature made from the one before.
class sigv4_chunk_signer {
public:
    /// @param seed what signing the request gave, with `signed_chunks` or `signed_chunks_trailer` for its payload
    HOLDFAST_DECL sigv4_chunk_signer(const sigv4_signer& signer, const aws_credentials& credentials,
                                     const sigv4_artefacts& seed);

    /// The signature of the next chunk. The last one has no bytes (`empty_payload`).
    /// @param chunk_hash hexadecimal SHA-256 of the chunk
    HOLDFAST_DECL std::string sign_chunk(std::string_view chunk_hash);

    /// The signature of what follows the last chunk: the value of x-amz-trailer-signature.
    HOLDFAST_DECL std::string sign_trailer(const http::fields& trailer);

private:
    HOLDFAST_DECL std::string sign_next(std::string_view algorithm, std::string_view rest);

    detail::hmac_sha256_code key_;
    std::string scope_;  // time and scope, a line each
    std::string previous_;
};

struct aws_chunked_options {
    std::size_t chunk_size = std::size_t{1} << 20;  ///< bytes of the body in a chunk; S3 wants at least 8 KiB
    bool crc32c = false;  ///< also sends the CRC-32C of the body behind it, in a signed trailer
};

/// Makes `body` the message's, in signed chunks, and signs the message. It can be called again for a retry.
///
/// Effects: reads the body once for its digests. `message.body` is a description: between the chunks' headers it
/// refers to the extents of `body`, which are read again when they are sent, so that a change in between makes the
/// server refuse. Sets X-Amz-Decoded-Content-Length, X-Amz-Trailer and "aws-chunked" before what Content-Encoding is.
/// Errors: those of `sigv4_signer::sign` and of reading `body`; `invalid_argument` for chunks below 8 KiB.
/// Wire: Amazon S3, "Transferring payload in multiple chunks".
/// @return those of the message; `signature` is the one that the first chunk's is made from
HOLDFAST_DECL sigv4_artefacts sign_in_chunks(http::request& message, const byte_source& body,
                                             const sigv4_signer& signer, const aws_credentials& credentials,
                                             std::chrono::system_clock::time_point now,
                                             aws_chunked_options options = {});

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/impl/sigv4_chunks.ipp>
#endif

#endif
