#ifndef HOLDFAST_STORAGE_S3_IMPL_ERROR_ANSWER_IPP
#define HOLDFAST_STORAGE_S3_IMPL_ERROR_ANSWER_IPP

#include <holdfast/storage/s3/error_answer.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>

#include <holdfast/detail/xml_reader.hpp>

namespace holdfast::s3 {

struct known_failure {
    std::string_view code;
    errc kind;
    retry_hint hint = retry_hint::none;
};

// Codes that say more than their status does, and those that come inside a 200.
inline constexpr known_failure known_failures[] = {
    {"NoSuchKey", errc::not_found},
    {"NoSuchUpload", errc::not_found},
    {"NoSuchVersion", errc::not_found},
    {"NoSuchBucket", errc::not_configured},
    {"PermanentRedirect", errc::not_configured},
    {"AuthorizationHeaderMalformed", errc::not_configured},
    {"IllegalLocationConstraintException", errc::not_configured},
    {"KMS.DisabledException", errc::not_configured},
    {"KMS.NotFoundException", errc::not_configured},
    {"KMS.InvalidKeyUsageException", errc::not_configured},
    {"KMS.KMSInvalidStateException", errc::not_configured},
    {"AccessDenied", errc::access_denied},
    {"AccountProblem", errc::access_denied},
    {"AllAccessDisabled", errc::access_denied},
    {"ExpiredToken", errc::access_denied},
    {"InvalidAccessKeyId", errc::access_denied},
    {"InvalidToken", errc::access_denied},
    {"InvalidTokenId", errc::access_denied},
    {"RequestExpired", errc::access_denied},
    {"RequestTimeTooSkewed", errc::access_denied},
    {"SignatureDoesNotMatch", errc::access_denied},
    {"TokenRefreshRequired", errc::access_denied},
    {"XAdminUserNotFound", errc::access_denied},
    {"PreconditionFailed", errc::precondition_failed},
    {"ConditionalRequestConflict", errc::precondition_failed},
    {"InvalidArgument", errc::invalid_argument},
    {"InvalidRequest", errc::invalid_argument},
    {"InvalidRange", errc::invalid_argument},
    {"InvalidPartOrder", errc::invalid_argument},
    {"EntityTooSmall", errc::invalid_argument},
    {"KeyTooLongError", errc::invalid_argument},
    {"MalformedXML", errc::invalid_argument},
    {"XMinioInvalidObjectName", errc::invalid_argument},
    {"EntityTooLarge", errc::too_large},
    {"MaxMessageLengthExceeded", errc::too_large},
    {"MetadataTooLarge", errc::too_large},
    {"InvalidObjectState", errc::unsupported},
    {"MethodNotAllowed", errc::unsupported},
    {"NotImplemented", errc::unsupported},
    {"InsufficientStorage", errc::no_space},
    {"QuotaExceeded", errc::no_space},
    {"XMinioAdminBucketQuotaExceeded", errc::no_space},
    {"XMinioStorageFull", errc::no_space},
    {"InvalidDigest", errc::corrupt},
    {"InvalidPart", errc::corrupt},
    {"BadDigest", errc::corrupt, retry_hint::transient},
    {"XAmzContentChecksumMismatch", errc::corrupt, retry_hint::transient},
    {"XAmzContentSHA256Mismatch", errc::corrupt, retry_hint::transient},
    {"IncompleteBody", errc::unavailable, retry_hint::transient},
    {"InternalError", errc::unavailable, retry_hint::transient},
    {"OperationAborted", errc::unavailable, retry_hint::transient},
    {"RequestTimeout", errc::timed_out, retry_hint::transient},
    {"RequestTimeoutException", errc::timed_out, retry_hint::transient},
    {"ServiceUnavailable", errc::unavailable, retry_hint::throttled},
    {"BandwidthLimitExceeded", errc::throttled, retry_hint::throttled},
    {"EC2ThrottledException", errc::throttled, retry_hint::throttled},
    {"LimitExceededException", errc::throttled, retry_hint::throttled},
    {"PriorRequestNotComplete", errc::throttled, retry_hint::throttled},
    {"ProvisionedThroughputExceededException", errc::throttled, retry_hint::throttled},
    {"RequestLimitExceeded", errc::throttled, retry_hint::throttled},
    {"RequestThrottled", errc::throttled, retry_hint::throttled},
    {"RequestThrottledException", errc::throttled, retry_hint::throttled},
    {"SlowDown", errc::throttled, retry_hint::throttled},
    {"SlowDownRead", errc::throttled, retry_hint::throttled},
    {"SlowDownWrite", errc::throttled, retry_hint::throttled},
    {"ThrottledException", errc::throttled, retry_hint::throttled},
    {"Throttling", errc::throttled, retry_hint::throttled},
    {"ThrottlingException", errc::throttled, retry_hint::throttled},
    {"TooManyRequestsException", errc::throttled, retry_hint::throttled},
    {"TransactionInProgressException", errc::throttled, retry_hint::throttled},
};

inline const known_failure* find_known_failure(std::string_view code) noexcept {
    const auto found = std::find_if(std::begin(known_failures), std::end(known_failures),
                                    [&](const known_failure& known) { return known.code == code; });
    return found == std::end(known_failures) ? nullptr : found;
}

inline errc kind_of_status(unsigned status) noexcept {
    switch (status) {
        case 304:
        case 409:
        case 412:
            return errc::precondition_failed;
        case 301:
        case 302:
        case 303:
        case 307:
        case 308:
            return errc::not_configured;
        case 401:
        case 403:
        case 407:
            return errc::access_denied;
        case 404:
        case 410:
            return errc::not_found;
        case 405:
        case 501:
            return errc::unsupported;
        case 408:
            return errc::timed_out;
        case 413:
            return errc::too_large;
        case 429:
            return errc::throttled;
        case 507:
            return errc::no_space;
        default:
            return status >= 400 && status < 500 ? errc::invalid_argument : errc::unavailable;
    }
}

constexpr bool is_answer_word_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
}

inline bool is_answer_word(std::string_view text) noexcept {
    constexpr std::size_t longest = 100;
    return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), is_answer_word_character);
}

// A region becomes a part of a host name, so nothing else may pass for one.
inline bool is_region_name(std::string_view text) noexcept {
    return is_answer_word(text) &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

// Whether a server repeats, in its own words, what the request was signed with.
inline bool repeats_authorization(std::string_view message) {
    std::string lower(message);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    for (const std::string_view mark :
         {"signature=", "credential=", "aws4-hmac-sha256", "security-token", "authorization:", "accesskeyid="}) {
        if (lower.find(mark) != std::string::npos) return true;
    }
    return false;
}

inline std::string cut_failure_message(std::string_view message) {
    constexpr std::size_t longest = 500;
    if (repeats_authorization(message)) return "the server's message repeats the request's signature and is withheld";
    std::size_t size = std::min(message.size(), longest);
    while (size < message.size() && size > 0 && (static_cast<unsigned char>(message[size]) & 0xC0) == 0x80) --size;
    return std::string(message.substr(0, size));
}

HOLDFAST_DECL void take_failure_field(failure& what, std::string_view element, std::string_view text) {
    if (element == "Code" && is_answer_word(text)) {
        what.code = text;
    } else if (element == "Message") {
        what.message = cut_failure_message(text);
    } else if (element == "Region" && is_region_name(text)) {
        what.region = text;
    } else if (element == "RequestId" && is_answer_word(text)) {
        what.request_id = text;
    }
}

// False where the document is no error. What stands before a flaw of the document counts.
inline bool read_error_document(std::string_view xml, failure& what) {
    using event = detail::xml_reader::event;
    if (xml.find("Error") == std::string_view::npos) return false;
    bool is_error = false;
    try {
        detail::xml_reader reader(xml);
        reader.next();  // the root's start
        is_error = reader.name() == "Error" || reader.name() == "ErrorResponse";
        for (event before = event::start, now = before; is_error && now != event::done; before = now) {
            now = reader.next();
            if (before == event::start && now == event::text) take_failure_field(what, reader.name(), reader.text());
        }
    } catch (const error&) {
    }
    return is_error;
}

inline std::string_view header_of_answer(const http::response& answer, std::string_view name) noexcept {
    const std::string* value = answer.headers.find(name);
    return value == nullptr ? std::string_view() : std::string_view(*value);
}

HOLDFAST_DECL std::optional<failure> find_failure(const http::response& answer) {
    const bool is_success = answer.status >= 200 && answer.status <= 299;
    if (is_success && answer.text.empty()) return std::nullopt;
    failure what;
    if (!is_success) take_failure_field(what, "Code", header_of_answer(answer, "x-minio-error-code"));
    take_failure_field(what, "RequestId", header_of_answer(answer, "x-amz-request-id"));
    const bool is_error = read_error_document(answer.text, what);
    if (is_success && !is_error) return std::nullopt;
    take_failure_field(what, "Region", header_of_answer(answer, "x-amz-bucket-region"));
    if (what.code.empty()) what.code = "HTTP " + std::to_string(answer.status);
    if (what.message.empty()) what.message = "the server gives no reason";
    return what;
}

HOLDFAST_DECL errc kind_of(const failure& what, unsigned status) {
    const known_failure* known = find_known_failure(what.code);
    return known != nullptr ? known->kind : kind_of_status(status);
}

HOLDFAST_DECL retry_hint retry_hint_of(const http::response& answer) {
    const auto what = find_failure(answer);
    if (!what) return retry_hint::none;
    const known_failure* known = find_known_failure(what->code);
    if (known != nullptr && known->hint != retry_hint::none) return known->hint;
    if (answer.status == 503 || answer.status == 429) return retry_hint::throttled;
    const unsigned status = answer.status;
    const bool is_passing = status == 408 || status == 500 || status == 502 || status == 504;
    const bool is_unknown_in_success = status < 300 && known == nullptr;
    return is_passing || is_unknown_in_success ? retry_hint::transient : retry_hint::none;
}

}  // namespace holdfast::s3

#endif
