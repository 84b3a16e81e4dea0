#include <holdfast/auth/aws/assumed_role.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>

#include <tests/support/aws_surroundings.hpp>
#include <tests/support/scripted_transport.hpp>

using namespace holdfast;
using auth::assumed_role_credentials;
using auth::aws_credentials;
using testing_support::body_of;
using testing_support::error_of;
using testing_support::scripted_transport;
using testing_support::sts_answer;

namespace {

auth::sts_client client_of(const scripted_transport& transport) {
    return {testing_support::test_caller(transport), "us-east-1", "https://sts.us-east-1.amazonaws.com"};
}

std::optional<aws_credentials> source(const char* key_id) {
    return aws_credentials{.access_key_id = key_id, .secret_access_key = secret("planted")};
}

}  // namespace

TEST_CASE("the call has the parameters that were given, and no other") {
    const auto transport = scripted_transport([](const http::request&) { return sts_answer("AssumeRole", "ASIA"); });
    const auto ask = [&](auth::assumed_role_options options) {
        assumed_role_credentials(std::move(options), client_of(transport), [] { return source("AK"); })();
        return body_of(transport.requests().back());
    };
    CHECK(ask({.role_arn = "arn:r"}) ==
          "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Ar&RoleSessionName=holdfast-session-1767323045");
    CHECK(ask({.role_arn = "arn:r",
               .session_name = "me",
               .external_id = "x/1",
               .duration_seconds = "900",
               .policy = "{}"}) ==
          "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Ar&RoleSessionName=me&ExternalId="
          "x%2F1&DurationSeconds=900&Policy=%7B%7D");
}

TEST_CASE("the source is asked before each call, and signs it") {
    const auto transport = scripted_transport([](const http::request&) { return sts_answer("AssumeRole", "ASIA"); });
    int asked = 0;
    const auto provider = assumed_role_credentials({.role_arn = "arn:r"}, client_of(transport),
                                                   [&] { return source(++asked == 1 ? "FIRST" : "SECOND"); });
    CHECK(provider()->access_key_id == "ASIA");
    CHECK(provider()->access_key_id == "ASIA");
    CHECK(testing_support::header(transport.requests()[0], "Authorization").find("=FIRST/") != std::string::npos);
    CHECK(testing_support::header(transport.requests()[1], "Authorization").find("=SECOND/") != std::string::npos);
}

TEST_CASE("a source without credentials, and one that fails") {
    const auto transport = scripted_transport::in_order({});
    const auto none = assumed_role_credentials({.role_arn = "arn:r"}, client_of(transport),
                                               [] { return std::optional<aws_credentials>(); });
    CHECK(error_of(none).kind() == errc::access_denied);
    CHECK(error_of(none).key() == "arn:r");
    const auto failing = assumed_role_credentials(
        {.role_arn = "arn:r"}, client_of(transport),
        []() -> std::optional<aws_credentials> { throw error(errc::timed_out, "source", "", ""); });
    CHECK(error_of(failing).kind() == errc::timed_out);
    CHECK(transport.requests().empty());
}

TEST_CASE("parameters by their names in the protocol") {
    const auto options = auth::role_from_parameters(
        "arn:r", {{"RoleSessionName", "s"}, {"ExternalId", "e"}, {"DurationSeconds", "900"}, {"Policy", "{}"}});
    CHECK(options.role_arn == "arn:r");
    CHECK(options.session_name == "s");
    CHECK(options.external_id == "e");
    CHECK(options.duration_seconds == "900");
    CHECK(options.policy == "{}");
    CHECK(error_of([] {
              auth::role_from_parameters("arn:r", {{"SerialNumber", "planted"}});
          }).kind() == errc::unsupported);
    const error unknown = error_of([] { auth::role_from_parameters("arn:r", {{"Rolename", "planted"}}); });
    CHECK(unknown.kind() == errc::not_configured);
    CHECK(unknown.key() == "Rolename");
}
