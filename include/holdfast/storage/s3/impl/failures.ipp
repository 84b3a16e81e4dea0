#ifndef HOLDFAST_STORAGE_S3_IMPL_FAILURES_IPP
#define HOLDFAST_STORAGE_S3_IMPL_FAILURES_IPP

#include <holdfast/storage/s3/failures.hpp>

#include <string>

namespace holdfast::s3 {

inline std::string_view access_advice(const operation& what, std::string_view code) {
    if (code == "InvalidAccessKeyId") return "the server does not know the access key; check which credentials apply";
    if (code == "SignatureDoesNotMatch") return "the secret key is not the access key's; check the credentials";
    if (code == "ExpiredToken" || code == "InvalidToken" || code == "TokenRefreshRequired") {
        return "the credentials have expired; get new ones";
    }
    if (code == "RequestTimeTooSkewed" || code == "RequestExpired") {
        return "this machine's clock is wrong and the server's Date did not help; set the clock";
    }
    if (what.method == "HEAD" && !what.object.empty()) {
        return "the credentials may not read this, or may not list the bucket (s3:ListBucket), without which S3 hides "
               "that an object is missing; check the bucket's policy";
    }
    return "the credentials may not do this; check them and the bucket's policy";
}

// A gateway to a file system can't hold "a" and "a/b" both.
inline bool is_file_conflict(std::string_view code) {
    return code == "ExistingObjectIsDirectory" || code == "ObjectParentIsFile";
}

inline std::string_view refusal_advice(const operation& what, errc kind, std::string_view code) {
    switch (kind) {
        case errc::not_found:
            return what.object.empty() ? "the server has nothing there; check the endpoint and the bucket"
                                       : "the store has no such object; list what it has";
        case errc::access_denied:
            return access_advice(what, code);
        case errc::not_configured:
            return "the server says that the bucket is elsewhere or set up otherwise; check region and endpoint";
        case errc::precondition_failed:
            return "the object was replaced; look at it again";
        case errc::throttled:
            return "the server asks to slow down; try again later, or with fewer connections";
        case errc::timed_out:
            return "the server waited too long for the request; try again";
        case errc::corrupt:
            return "what arrived at the server is not what was sent; try again";
        case errc::no_space:
            return "the store is full; free some space or raise the quota";
        case errc::too_large:
            return "the server does not take so much; store less at a time";
        case errc::unsupported:
            return "this server or storage class does not offer the operation";
        case errc::unavailable:
            return "the server has a failure of its own; try again later";
        default:
            return is_file_conflict(code) ? "this server keeps objects as files, so that none is below another; use "
                                            "another key"
                                          : "the server refuses the request";
    }
}

HOLDFAST_DECL std::string server_words(const failure& why, unsigned status) {
    std::string words = "; the server answered " + std::to_string(status);
    if (!why.code.starts_with("HTTP ")) words += ' ' + why.code;
    words += ": " + why.message;
    if (!why.request_id.empty()) words += " (request " + why.request_id + ")";
    return words;
}

HOLDFAST_DECL error in_terms_of(const operation& what, const error& failure) {
    std::string message = failure.message();
    if (!failure.key().empty() && failure.key() != what.shown) message += " (" + failure.key() + ")";
    return error(failure.kind(), what.verb, what.shown, message);
}

HOLDFAST_DECL error refused(const operation& what, const failure& why, unsigned status, std::string_view bucket) {
    const errc kind = is_file_conflict(why.code) ? errc::invalid_argument : kind_of(why, status);
    if (why.code == "NoSuchBucket") {
        return error(errc::not_configured, what.verb, what.shown,
                     "there is no bucket " + std::string(bucket) +
                         " there; create it, or correct the store's URL or "
                         "endpoint" +
                         server_words(why, status));
    }
    return error(kind, what.verb, what.shown,
                 std::string(refusal_advice(what, kind, why.code)) + server_words(why, status));
}

HOLDFAST_DECL void throw_refused(const operation& what, const http::response& answer, std::string_view bucket) {
    const auto why = find_failure(answer);
    throw refused(what, why.value_or(failure{}), answer.status, bucket);
}

HOLDFAST_DECL void throw_same_page(const operation& what) {
    throw error(errc::corrupt, what.verb, what.shown, "the server sends the same page again; check the endpoint");
}

HOLDFAST_DECL void throw_no_bucket(const operation& what, std::string_view bucket) {
    throw refused(what, {.code = "NoSuchBucket", .message = "no such bucket", .region = {}, .request_id = {}}, 404,
                  bucket);
}

}  // namespace holdfast::s3

#endif
