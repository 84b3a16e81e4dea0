#ifndef HOLDFAST_AUTH_SIGV4_HPP
#define HOLDFAST_AUTH_SIGV4_HPP

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/hmac.hpp>
#include <holdfast/http/message.hpp>

namespace holdfast::auth {

/// The values of x-amz-content-sha256 that stand for no digest of the body.
inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view signed_chunks = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
inline constexpr std::string_view signed_chunks_trailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
inline constexpr std::string_view empty_payload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What a signature is made of, step by step, so that tests can look at each.
struct sigv4_artefacts {
    std::string canonical_request;
    std::string string_to_sign;
    std::string signature;  ///< 64 hexadecimal digits
};

/// A target that carries its own signature; whoever has it can send the request.
struct sigv4_presigned {
    std::string target;
    sigv4_artefacts artefacts;
};

/// How the path of a request is spelled in what is signed.
enum class sigv4_path_rule : std::uint8_t {
    as_sent,     ///< byte for byte: S3
    normalised,  ///< without dot segments and empty ones, and encoded a second time: every other service
};

/// Signs requests by AWS Signature Version 4.
///
/// Everything in the message's header fields is signed but what a proxy or the transport may change (Host is signed
/// from `server`).
/// Errors of `sign` and `presign`: `invalid_argument` for credentials without an id or a key, or with a control
/// character in them. No error holds a secret.
/// Thread safety: all calls are const and callable by many threads; the key of the day is derived once and kept,
/// also for copies.
/// Wire: AWS Signature Version 4; botocore's `S3SigV4Auth` and `SigV4Auth`.
class sigv4_signer {
public:
    /// The path as it is sent where the service is "s3", normalised for any other.
    /// Errors: `invalid_argument` for a region or service that is empty, or more than letters, digits, '-', '_', '.'.
    HOLDFAST_DECL sigv4_signer(std::string region, std::string service);
    HOLDFAST_DECL sigv4_signer(std::string region, std::string service, sigv4_path_rule path_rule);

    /// Adds X-Amz-Date, X-Amz-Security-Token, Authorization and, for S3, X-Amz-Content-SHA256; replaces what an
    /// earlier signing added.
    /// @param payload_hash hexadecimal SHA-256 of the body, or one of the constants above
    HOLDFAST_DECL sigv4_artefacts sign(http::request& message, const aws_credentials& credentials,
                                       std::chrono::system_clock::time_point now, std::string_view payload_hash) const;

    /// The target that lets anyone send this request until it ends: query fields and signature appended, those of an
    /// earlier signing taken out. Whoever sends it has to send the message's header fields too.
    /// @param lifetime 1 s to 7 days. Errors: `invalid_argument` beyond.
    /// @param payload_hash as S3 wants it; other services want the body's SHA-256
    HOLDFAST_DECL sigv4_presigned presign(const http::request& message, const aws_credentials& credentials,
                                          std::chrono::system_clock::time_point now, std::chrono::seconds lifetime,
                                          std::string_view payload_hash = unsigned_payload) const;

    const std::string& region() const noexcept { return region_; }

private:
    friend class sigv4_chunk_signer;
    class key_cache;

    HOLDFAST_DECL detail::hmac_sha256_code key_of(const aws_credentials& credentials, std::string_view day) const;
    HOLDFAST_DECL std::string canonical_path(std::string_view target) const;
    HOLDFAST_DECL sigv4_artefacts prove(std::string canonical_request, const aws_credentials& credentials,
                                        std::string_view timestamp) const;

    std::string region_;
    std::string service_;
    std::string scope_;  // what follows the day in a credential's scope
    sigv4_path_rule path_rule_;
    std::shared_ptr<key_cache> keys_;
};

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/impl/sigv4.ipp>
#endif

#endif
