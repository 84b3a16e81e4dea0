#include <holdfast/auth/aws/web_identity.hpp>

#include <doctest/doctest.h>

#include <string>

#include <tests/support/aws_surroundings.hpp>
#include <tests/support/scripted_transport.hpp>

using namespace holdfast;
using auth::web_identity_credentials;
using testing_support::aws_surroundings;
using testing_support::body_of;
using testing_support::error_of;
using testing_support::scripted_transport;
using testing_support::sts_answer;

namespace {

auth::sts_client client_of(const scripted_transport& transport) {
    return {testing_support::test_caller(transport), "us-east-1", "https://sts.us-east-1.amazonaws.com"};
}

}  // namespace

TEST_CASE("the token's file is read before each call, which is not signed") {
    const aws_surroundings place;
    const auto transport =
        scripted_transport([](const http::request&) { return sts_answer("AssumeRoleWithWebIdentity", "ASIA"); });
    const auto provider = web_identity_credentials(
        {.token_file = place.write("token", "planted.one"), .role_arn = "arn:r", .session_name = "pod"},
        client_of(transport));
    CHECK(provider()->access_key_id == "ASIA");
    place.write("token", "planted.two");
    CHECK(provider()->access_key_id == "ASIA");
    CHECK(body_of(transport.requests()[0]) ==
          "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Ar&"
          "RoleSessionName=pod&WebIdentityToken=planted.one");
    CHECK(body_of(transport.requests()[1]).ends_with("WebIdentityToken=planted.two"));
    CHECK(testing_support::header(transport.requests()[0], "Authorization") == "(none)");
    CHECK(transport.requests()[0].target == "/");
}

TEST_CASE("a session that nobody named has the time in its name") {
    const aws_surroundings place;
    const auto transport = scripted_transport::in_order({sts_answer("AssumeRoleWithWebIdentity", "ASIA")});
    web_identity_credentials({.token_file = place.write("token", "t"), .role_arn = "arn:r"}, client_of(transport))();
    CHECK(body_of(transport.requests()[0]).find("&RoleSessionName=holdfast-session-1767323045&") != std::string::npos);
}

TEST_CASE("a file that is missing, and a token that is refused") {
    const aws_surroundings place;
    const auto transport = scripted_transport::in_order({testing_support::answer(
        400,
        "<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>planted</Message></Error></ErrorResponse>")});
    const std::string missing = (place.home() / "missing").string();
    const error gone =
        error_of(web_identity_credentials({.token_file = missing, .role_arn = "arn:r"}, client_of(transport)));
    CHECK(gone.kind() == errc::not_configured);
    CHECK(gone.key() == missing);
    CHECK(transport.requests().empty());
    const error refused = error_of(web_identity_credentials(
        {.token_file = place.write("token", "planted"), .role_arn = "arn:r"}, client_of(transport)));
    CHECK(refused.kind() == errc::access_denied);
    CHECK(refused.message().find("ExpiredTokenException") != std::string::npos);
}
