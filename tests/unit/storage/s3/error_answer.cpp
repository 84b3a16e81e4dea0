#include <holdfast/storage/s3/error_answer.hpp>

#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

namespace {

using namespace holdfast;
using namespace holdfast::s3;

http::response answer_of(unsigned status, std::string text = {}) {
    http::response answer;
    answer.status = status;
    answer.text = std::move(text);
    return answer;
}

std::string error_of(std::string_view code) {
    return "<Error><Code>" + std::string(code) + "</Code></Error>";
}

errc kind_of(std::string_view code, unsigned status) {
    failure what;
    what.code = code;
    return s3::kind_of(what, status);
}

TEST_CASE("find_failure: a success is none") {
    CHECK_FALSE(find_failure(answer_of(200)));
    CHECK_FALSE(find_failure(answer_of(204)));
    CHECK_FALSE(find_failure(answer_of(206, "Error")));
    CHECK_FALSE(find_failure(answer_of(200, "<ListBucketResult/>")));
    CHECK_FALSE(find_failure(answer_of(200, "<DeleteResult><Error><Code>AccessDenied</Code></Error></DeleteResult>")));
    CHECK_FALSE(find_failure(answer_of(200, "<Errors/>")));
}

// From versitygw 1.8.
TEST_CASE("find_failure: the reason stands in the body") {
    const auto what = find_failure(answer_of(
        404,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchBucket</Code><Message>The specified bucket "
        "does "
        "not exist.</Message><BucketName>no-such-bucket</BucketName><RequestId>BVSUHJYFWG5FCH9A</RequestId><HostId>"
        "J5wiEK3Jw4jtW9xpA0L/KQEZiQF29K4vsFh0sw2xZa6QzhPyFp30KU4dxSqo9XGL8C1fM+SIuCGtcpwRAPstE5Q=</HostId></Error>"));
    REQUIRE(what);
    CHECK(what->code == "NoSuchBucket");
    CHECK(what->message == "The specified bucket does not exist.");
    CHECK(what->request_id == "BVSUHJYFWG5FCH9A");
    CHECK(what->region.empty());
    CHECK(s3::kind_of(*what, 404) == errc::not_configured);
}

// From versitygw 1.8.
TEST_CASE("find_failure: a wrong region is answered by the right one") {
    auto answer = answer_of(
        400,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AuthorizationHeaderMalformed</Code><Message>The "
        "authorization header is malformed; the region &#34;eu-west-1&#34; is wrong; expecting &#34;us-east-1&#34;"
        "</Message><Region>us-east-1</Region><RequestId>3CX4Q4A4DECFI1DI</RequestId></Error>");
    CHECK(find_failure(answer)->region == "us-east-1");
    CHECK(find_failure(answer)->message ==
          "The authorization header is malformed; the region \"eu-west-1\" is wrong; expecting \"us-east-1\"");
    answer.headers.add("x-amz-bucket-region", "eu-north-1");
    CHECK(find_failure(answer)->region == "eu-north-1");
}

TEST_CASE("find_failure: what is no region is not taken for one") {
    auto answer = answer_of(400, "<Error><Code>A</Code><Region>evil.example/</Region></Error>");
    answer.headers.add("x-amz-bucket-region", "evil.example");
    CHECK(find_failure(answer)->region.empty());
    CHECK(find_failure(answer_of(301, "<Error><Region>A</Region></Error>"))->region.empty());
}

// From versitygw 1.8, its hexadecimal dumps cut.
TEST_CASE("find_failure: what the request was signed with is not kept") {
    const auto what = find_failure(answer_of(
        403,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>SignatureDoesNotMatch</Code><Message>The request "
        "signature we calculated does not match the signature you provided. Check your key and signing method."
        "</Message><AWSAccessKeyId>AKIAIOSFODNN7EXAMPLE</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256&#xA;"
        "20261124T234729Z&#xA;20261124/us-east-1/s3/aws4_request&#xA;a22db61f</StringToSign><SignatureProvided>5c05cf00"
        "</SignatureProvided><CanonicalRequest>GET&#xA;/bucket-one&#xA;list-type=2</CanonicalRequest><RequestId>"
        "EPYBQRE3IR5ERJN9</RequestId></Error>"));
    REQUIRE(what);
    const std::string all = what->code + what->message + what->region + what->request_id;
    CHECK(all ==
          "SignatureDoesNotMatchThe request signature we calculated does not match the signature you provided. Check "
          "your key and signing method.EPYBQRE3IR5ERJN9");
    CHECK(s3::kind_of(*what, 403) == errc::access_denied);
}

TEST_CASE("find_failure: a message that repeats the signature is withheld") {
    for (const std::string_view message :
         {"bad header AWS4-HMAC-SHA256 Credential=AKIA", "bad X-Amz-Signature=5c05", "bad X-Amz-Security-Token: FwoG",
          "bad authorization: Bearer FwoG", "GET /?AWSAccessKeyId=AKIA", "x-amz-credential=AKIA"}) {
        CAPTURE(message);
        const auto what =
            find_failure(answer_of(400, "<Error><Message>" + std::string(message) + "</Message></Error>"));
        CHECK(what->message.ends_with("is withheld"));
    }
}

TEST_CASE("find_failure: a long message is cut between two characters") {
    std::string message(499, 'x');
    message += "\xE2\x98\x83 and more";
    CHECK(find_failure(answer_of(400, "<Error><Message>" + message + "</Message></Error>"))->message ==
          std::string(499, 'x'));
    message = std::string(500, 'x');
    CHECK(find_failure(answer_of(400, "<Error><Message>" + message + "</Message></Error>"))->message == message);
}

// From MinIO, built 2026-11 from its last commit: a HEAD of a bucket that does not exist.
TEST_CASE("find_failure: MinIO tells the reason in a header where there is no body") {
    auto answer = answer_of(404);
    answer.headers.add("X-Amz-Request-Id", "18EB2007E56AC812");
    answer.headers.add("X-Minio-Error-Code", "NoSuchBucket");
    answer.headers.add("X-Minio-Error-Desc", "\"The specified bucket does not exist\"");
    const auto what = find_failure(answer);
    REQUIRE(what);
    CHECK(what->code == "NoSuchBucket");
    CHECK(what->request_id == "18EB2007E56AC812");
}

TEST_CASE("find_failure: without a document the status is the reason") {
    for (const std::string_view text :
         {"", "<html><body>Error: bad gateway</body></html>", "Error", "<Error", "\xFF<Error/>"}) {
        CAPTURE(text);
        const auto what = find_failure(answer_of(502, std::string(text)));
        REQUIRE(what);
        CHECK(what->code == "HTTP 502");
        CHECK(what->message == "the server gives no reason");
    }
    CHECK(find_failure(answer_of(304))->code == "HTTP 304");
}

TEST_CASE("find_failure: what stands before a flaw counts") {
    const auto what = find_failure(answer_of(503, "<Error>\n <Code>SlowDown</Code>\n <Message>Slow"));
    CHECK(what->code == "SlowDown");
    CHECK(find_failure(answer_of(403, "<Error><Code>AccessDenied</Code><Key>&#0;</Key></Error>"))->code ==
          "AccessDenied");
}

TEST_CASE("find_failure: an error inside a 200, after the white space that kept the connection") {
    for (const std::string_view before :
         {"", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\n  ", "   \n <?xml version=\"1.0\"?>\n"}) {
        CAPTURE(before);
        const auto what = find_failure(answer_of(
            200,
            std::string(before) + "<Error>\n<Code>InternalError</Code>\n<Message>Try again.</Message>\n</Error>\n"));
        REQUIRE(what);
        CHECK(what->code == "InternalError");
        CHECK(what->message == "Try again.");
    }
    CHECK(find_failure(answer_of(200, "<ErrorResponse><Error><Code>X</Code></Error></ErrorResponse>"))->code == "X");
    CHECK(find_failure(answer_of(200, "<Error/>"))->code == "HTTP 200");
    CHECK(find_failure(answer_of(200, "<Error><Code>Cut"))->code == "HTTP 200");
}

TEST_CASE("kind_of: the code says more than the status") {
    CHECK(kind_of("NoSuchKey", 404) == errc::not_found);
    CHECK(kind_of("NoSuchUpload", 404) == errc::not_found);
    CHECK(kind_of("NoSuchBucket", 404) == errc::not_configured);
    CHECK(kind_of("XAdminUserNotFound", 404) == errc::access_denied);  // versitygw, of an unknown access key
    CHECK(kind_of("ExpiredToken", 400) == errc::access_denied);
    CHECK(kind_of("InvalidTokenId", 403) == errc::access_denied);
    CHECK(kind_of("RequestTimeTooSkewed", 403) == errc::access_denied);
    CHECK(kind_of("InvalidObjectState", 403) == errc::unsupported);
    CHECK(kind_of("PreconditionFailed", 412) == errc::precondition_failed);
    CHECK(kind_of("ConditionalRequestConflict", 409) == errc::precondition_failed);
    CHECK(kind_of("SlowDown", 503) == errc::throttled);
    CHECK(kind_of("RequestTimeout", 400) == errc::timed_out);
    CHECK(kind_of("BadDigest", 400) == errc::corrupt);
    CHECK(kind_of("XAmzContentChecksumMismatch", 400) == errc::corrupt);  // MinIO
    CHECK(kind_of("InvalidPart", 400) == errc::corrupt);
    CHECK(kind_of("XMinioStorageFull", 507) == errc::no_space);
    CHECK(kind_of("QuotaExceeded", 403) == errc::no_space);
    CHECK(kind_of("EntityTooLarge", 400) == errc::too_large);
    CHECK(kind_of("NotImplemented", 501) == errc::unsupported);
    CHECK(kind_of("InvalidRange", 416) == errc::invalid_argument);
    CHECK(kind_of("InternalError", 200) == errc::unavailable);
}

TEST_CASE("kind_of: without a known code the status says it") {
    const auto kind = [](unsigned status) { return kind_of("Unheard", status); };
    CHECK(kind(200) == errc::unavailable);
    CHECK(kind(301) == errc::not_configured);
    CHECK(kind(304) == errc::precondition_failed);
    CHECK(kind(307) == errc::not_configured);
    CHECK(kind(400) == errc::invalid_argument);
    CHECK(kind(401) == errc::access_denied);
    CHECK(kind(403) == errc::access_denied);
    CHECK(kind(404) == errc::not_found);
    CHECK(kind(405) == errc::unsupported);
    CHECK(kind(408) == errc::timed_out);
    CHECK(kind(409) == errc::precondition_failed);
    CHECK(kind(412) == errc::precondition_failed);
    CHECK(kind(413) == errc::too_large);
    CHECK(kind(416) == errc::invalid_argument);
    CHECK(kind(429) == errc::throttled);
    CHECK(kind(499) == errc::invalid_argument);
    CHECK(kind(500) == errc::unavailable);
    CHECK(kind(501) == errc::unsupported);
    CHECK(kind(503) == errc::unavailable);
    CHECK(kind(507) == errc::no_space);
}

TEST_CASE("retry_hint_of: by status") {
    for (const unsigned status : {408U, 500U, 502U, 504U}) {
        CAPTURE(status);
        CHECK(retry_hint_of(answer_of(status)) == retry_hint::transient);
    }
    CHECK(retry_hint_of(answer_of(503)) == retry_hint::throttled);
    CHECK(retry_hint_of(answer_of(429)) == retry_hint::throttled);
    for (const unsigned status : {200U, 206U, 301U, 304U, 307U, 400U, 403U, 404U, 409U, 412U, 416U, 501U, 507U}) {
        CAPTURE(status);
        CHECK(retry_hint_of(answer_of(status)) == retry_hint::none);
    }
}

TEST_CASE("retry_hint_of: by code, whatever the status") {
    for (const std::string_view code :
         {"RequestTimeout", "InternalError", "BadDigest", "IncompleteBody", "OperationAborted"}) {
        CAPTURE(code);
        CHECK(retry_hint_of(answer_of(400, error_of(code))) == retry_hint::transient);
        CHECK(retry_hint_of(answer_of(200, error_of(code))) == retry_hint::transient);
    }
    for (const std::string_view code :
         {"SlowDown", "SlowDownWrite", "Throttling", "ThrottlingException", "ThrottledException",
          "RequestThrottledException", "TooManyRequestsException", "ProvisionedThroughputExceededException",
          "TransactionInProgressException", "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException",
          "RequestThrottled", "PriorRequestNotComplete", "EC2ThrottledException"}) {
        CAPTURE(code);
        CHECK(retry_hint_of(answer_of(400, error_of(code))) == retry_hint::throttled);
        CHECK(kind_of(code, 400) == errc::throttled);
    }
    CHECK(retry_hint_of(answer_of(500, error_of("SlowDown"))) == retry_hint::throttled);
    CHECK(retry_hint_of(answer_of(500, error_of("AccessDenied"))) == retry_hint::transient);
    CHECK(retry_hint_of(answer_of(400, error_of("ExpiredToken"))) == retry_hint::none);
    CHECK(retry_hint_of(answer_of(409, error_of("ConditionalRequestConflict"))) == retry_hint::none);
    CHECK(retry_hint_of(answer_of(507, error_of("XMinioStorageFull"))) == retry_hint::none);
}

TEST_CASE("retry_hint_of: an error inside a 200 passes, unless it is known not to") {
    CHECK(retry_hint_of(answer_of(200, error_of("Unheard"))) == retry_hint::transient);
    CHECK(retry_hint_of(answer_of(200, "<Error/>")) == retry_hint::transient);
    CHECK(retry_hint_of(answer_of(200, "<Error><Code>Int")) == retry_hint::transient);
    CHECK(retry_hint_of(answer_of(200, error_of("AccessDenied"))) == retry_hint::none);
    CHECK(retry_hint_of(answer_of(200, error_of("PreconditionFailed"))) == retry_hint::none);
    CHECK(retry_hint_of(answer_of(200, error_of("NoSuchUpload"))) == retry_hint::none);
}

}  // namespace
