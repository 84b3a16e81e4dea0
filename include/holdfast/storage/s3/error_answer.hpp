#ifndef HOLDFAST_STORAGE_S3_ERROR_ANSWER_HPP
#define HOLDFAST_STORAGE_S3_ERROR_ANSWER_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/http/message.hpp>

namespace holdfast::s3 {

struct failure {
    std::string code;     ///< "NoSuchKey"; from the body, else from x-minio-error-code, else "HTTP 404"
    std::string message;  ///< at most 500 bytes, and never what a request was signed with
    std::string region;   ///< where the bucket is, when the answer says so (x-amz-bucket-region, `<Region>`)
    std::string request_id;
};

/// What a response says went wrong: a status beyond 299, or an `<Error>` inside a 200; nothing where it is a success.
HOLDFAST_DECL std::optional<failure> find_failure(const http::response& answer);

/// The kind of error that a failure is, by its code where that is known and else by the status: 404 `not_found`;
/// NoSuchBucket and a redirect `not_configured`; 403 `access_denied`; 412 and 409 `precondition_failed`; SlowDown and
/// 429 `throttled`; RequestTimeout `timed_out`; BadDigest `corrupt`; QuotaExceeded and the like `no_space`;
/// EntityTooLarge `too_large`; NotImplemented and 405, 501 `unsupported`; 5xx, and an unknown code inside a 200,
/// `unavailable`; any other 4xx `invalid_argument`.
HOLDFAST_DECL errc kind_of(const failure& what, unsigned status);

/// Whether asking again may help, and how fast, by status and by code. An `<Error>` inside a 200 is transient unless
/// its code is known to be final.
enum class retry_hint : std::uint8_t { none, transient, throttled };
HOLDFAST_DECL retry_hint retry_hint_of(const http::response& answer);

/// Keeps one element of an error document where it is one of `failure`'s. The others are dropped: a server may echo
/// in them what the request was signed with.
HOLDFAST_DECL void take_failure_field(failure& what, std::string_view element, std::string_view text);

}  // namespace holdfast::s3

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/s3/impl/error_answer.ipp>
#endif

#endif
