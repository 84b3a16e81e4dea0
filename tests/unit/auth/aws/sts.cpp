#include <holdfast/auth/aws/sts.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>

#include <tests/support/aws_surroundings.hpp>
#include <tests/support/scripted_transport.hpp>

using namespace holdfast;
using auth::aws_credentials;
using auth::sts_client;
using testing_support::answer;
using testing_support::error_of;
using testing_support::header;
using testing_support::scripted_transport;
using testing_support::sts_answer;
using testing_support::test_caller;

namespace {

aws_credentials signer() {
    return {
        .access_key_id = "AKSIGNER", .secret_access_key = secret("planted"), .session_token = secret("planted token")};
}

sts_client client_of(const scripted_transport& transport, const char* url = "https://sts.eu-west-1.amazonaws.com") {
    return {test_caller(transport), "eu-west-1", url};
}

http::response sts_error(unsigned status, const std::string& code) {
    return answer(status,
                  "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>"
                  "<Code>" +
                      code +
                      "</Code><Message>planted canonical request</Message></Error>"
                      "<RequestId>r</RequestId></ErrorResponse>");
}

error failure_of(const scripted_transport& transport) {
    return error_of([&] { client_of(transport).call("AssumeRole", {{"A", "planted"}}, signer(), "arn:r"); });
}

}  // namespace

TEST_CASE("a call is a signed form") {
    const auto transport = scripted_transport::in_order({sts_answer("AssumeRole", "ASIA")});
    const auto found = client_of(transport).call("AssumeRole", {{"RoleArn", "arn:aws:iam::1:role/r"}, {"B", "x y&="}},
                                                 signer(), "arn:r");
    CHECK(found.access_key_id == "ASIA");
    CHECK(found.secret_access_key.reveal() == "planted+STS+secret");
    CHECK(found.session_token.reveal() == "planted+STS+token");
    CHECK(found.expires == testing_support::test_now() + std::chrono::hours(1));

    REQUIRE(transport.requests().size() == 1);
    const auto message = transport.requests().front();
    CHECK(message.method == "POST");
    CHECK(message.target == "/");
    CHECK(message.server == http::origin{true, "sts.eu-west-1.amazonaws.com", 443});
    CHECK(testing_support::body_of(message) ==
          "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&B=x%20y%26%3D");
    CHECK(header(message, "Content-Type") == "application/x-www-form-urlencoded; charset=utf-8");
    CHECK(header(message, "X-Amz-Date") == "20260102T030405Z");
    CHECK(header(message, "X-Amz-Security-Token") == "planted token");
    CHECK(header(message, "Authorization")
              .starts_with("AWS4-HMAC-SHA256 Credential=AKSIGNER/20260102/eu-west-1/sts/aws4_request, SignedHeaders="));
    CHECK(header(message, "Authorization").find("planted") == std::string::npos);
}

TEST_CASE("without a signer the call is not signed, and another server is asked where the URL says") {
    const auto transport = scripted_transport::in_order({sts_answer("AssumeRoleWithWebIdentity", "ASIA")});
    client_of(transport, "http://localhost:7000/sts").call("AssumeRoleWithWebIdentity", {}, std::nullopt, "arn:r");
    const auto message = transport.requests().front();
    CHECK(message.server == http::origin{false, "localhost", 7000});
    CHECK(message.target == "/sts");
    CHECK(header(message, "Authorization") == "(none)");
    CHECK(header(message, "X-Amz-Date") == "(none)");
}

TEST_CASE("passing failures are repeated, each attempt signed anew") {
    const auto transport =
        scripted_transport::in_order({answer(500, ""), sts_error(400, "Throttling"),
                                      sts_error(400, "IDPCommunicationError"), sts_answer("AssumeRole", "ASIA")});
    CHECK(client_of(transport).call("AssumeRole", {}, signer(), "arn:r").access_key_id == "ASIA");
    CHECK(transport.requests().size() == 4);
}

TEST_CASE("a refusal names the role and the service's code, and nothing else that the service says") {
    const error denied = failure_of(scripted_transport::in_order({sts_error(403, "AccessDenied")}));
    CHECK(denied.kind() == errc::access_denied);
    CHECK(denied.operation() == "call AssumeRole");
    CHECK(denied.key() == "arn:r");
    CHECK(denied.message().find("403 AccessDenied;") != std::string::npos);
    const error odd = failure_of(scripted_transport::in_order({sts_error(400, "planted code with blanks")}));
    CHECK(odd.kind() == errc::access_denied);
    CHECK(failure_of(scripted_transport::in_order({answer(403, "planted <no> XML")})).kind() == errc::access_denied);
}

TEST_CASE("what does not pass after five attempts is throttled or unavailable") {
    const auto always = [](http::response same) {
        return scripted_transport([=](const http::request&) { return same; });
    };
    CHECK(failure_of(always(sts_error(400, "Throttling"))).kind() == errc::throttled);
    CHECK(failure_of(always(answer(500, "planted"))).kind() == errc::unavailable);
    const auto cut = scripted_transport::in_order({});
    CHECK(failure_of(cut).kind() == errc::unavailable);
    CHECK(cut.requests().size() == 5);
}

TEST_CASE("an answer that is no complete one is refused") {
    CHECK(failure_of(scripted_transport::in_order({answer(200, "<planted>")})).kind() == errc::access_denied);
    CHECK(failure_of(scripted_transport::in_order({answer(200, "<a><AccessKeyId>planted</AccessKeyId></a>")})).kind() ==
          errc::access_denied);
    CHECK(failure_of(scripted_transport::in_order({sts_answer("AssumeRole", "ASIA", "planted")})).kind() ==
          errc::access_denied);
    CHECK(failure_of(scripted_transport::in_order({sts_answer("AssumeRole", "")})).kind() == errc::access_denied);
}

TEST_CASE("a URL that is none") {
    const error failure = error_of([] { sts_client({}, "r", "planted"); });
    CHECK(failure.kind() == errc::not_configured);
}

TEST_CASE("the name of a session that nobody named") {
    CHECK(auth::default_session_name(testing_support::test_now()) == "holdfast-session-1767323045");
}
