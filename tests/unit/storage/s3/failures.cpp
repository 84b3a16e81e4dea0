#include <holdfast/storage/s3/failures.hpp>

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <tests/support/failures.hpp>

namespace {

using namespace holdfast;
using namespace holdfast::s3;

const operation reading{.verb = "get", .shown = "a/b", .object = "prefix/a/b"};

error refused_with(std::string_view code, unsigned status, const operation& what = reading) {
    return refused(what, {.code = std::string(code), .message = "words", .region = {}, .request_id = {}}, status, "b1");
}

bool says(const error& failure, std::string_view words) {
    return failure.message().find(words) != std::string::npos;
}

TEST_CASE("server_words: status, code, message and the request's id") {
    CHECK(server_words({.code = "SlowDown", .message = "Reduce", .region = {}, .request_id = "R7"}, 503) ==
          "; the server answered 503 SlowDown: Reduce (request R7)");
    CHECK(server_words({.code = "HTTP 502", .message = "Bad Gateway", .region = {}, .request_id = {}}, 502) ==
          "; the server answered 502: Bad Gateway");
}

TEST_CASE("throw_same_page: corrupt, of the operation") {
    const auto failure = testing_support::error_of([] { throw_same_page(reading); });
    REQUIRE(failure);
    CHECK(failure->kind() == errc::corrupt);
    CHECK(failure->operation() == "get");
    CHECK(failure->key() == "a/b");
    CHECK(says(*failure, "the same page again"));
}

TEST_CASE("refused: kind, verb and key of the caller, and what to do") {
    const auto failure = refused_with("NoSuchKey", 404);
    CHECK(failure.kind() == errc::not_found);
    CHECK(failure.operation() == "get");
    CHECK(failure.key() == "a/b");
    CHECK(says(failure, "list what it has"));
    CHECK(says(failure, "404 NoSuchKey: words"));
}

TEST_CASE("refused: what is wrong with the credentials decides what is advised") {
    CHECK(says(refused_with("InvalidAccessKeyId", 403), "does not know the access key"));
    CHECK(says(refused_with("SignatureDoesNotMatch", 403), "secret key"));
    CHECK(says(refused_with("ExpiredToken", 400), "get new ones"));
    CHECK(says(refused_with("RequestTimeTooSkewed", 403), "set the clock"));
    CHECK(says(refused_with("AccessDenied", 403), "bucket's policy"));
    operation looking = reading;
    looking.method = "HEAD";
    CHECK(says(refused_with("HTTP 403", 403, looking), "s3:ListBucket"));
}

TEST_CASE("refused: a missing bucket is a matter of configuration, and is named") {
    const auto failure = refused_with("NoSuchBucket", 404);
    CHECK(failure.kind() == errc::not_configured);
    CHECK(says(failure, "no bucket b1"));
    CHECK_THROWS_AS(throw_no_bucket(reading, "b1"), error);
}

TEST_CASE("refused: a gateway to a file system can't have one key below another") {
    for (const std::string_view code : {"ExistingObjectIsDirectory", "ObjectParentIsFile"}) {
        CAPTURE(code);
        const auto failure = refused_with(code, 409);
        CHECK(failure.kind() == errc::invalid_argument);
        CHECK(says(failure, "use another key"));
    }
}

TEST_CASE("in_terms_of: the failure of a step is told as the caller's") {
    const auto other = in_terms_of(reading, error(errc::timed_out, "receive", "127.0.0.1", "no byte passed"));
    CHECK(other.kind() == errc::timed_out);
    CHECK(other.operation() == "get");
    CHECK(other.key() == "a/b");
    CHECK(other.message() == "no byte passed (127.0.0.1)");
    CHECK(in_terms_of(reading, error(errc::corrupt, "parse", "a/b", "flawed")).message() == "flawed");
}

}  // namespace
