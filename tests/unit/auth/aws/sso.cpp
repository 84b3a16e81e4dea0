#include <holdfast/auth/aws/sso.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <tests/support/aws_surroundings.hpp>
#include <tests/support/scripted_transport.hpp>

using namespace holdfast;
using auth::aws_profiles;
using auth::sso_options;
using testing_support::answer;
using testing_support::aws_surroundings;
using testing_support::error_of;
using testing_support::scripted_transport;
using testing_support::test_caller;

namespace {

std::optional<sso_options> options_of(std::string_view config) {
    const environment surroundings({}, "/", "/");
    const auto profiles = aws_profiles::parse(config, "");
    const auto& profile = *profiles.find("default");
    return sso_options::from_profile(profiles, profile, {surroundings, profiles, profile});
}

sso_options some_options(std::string session) {
    return {.session = std::move(session),
            .start_url = "https://corp/start",
            .region = "eu-west-1",
            .account_id = "123",
            .role_name = "a role/b",
            .portal_url = "https://portal.sso.eu-west-1.amazonaws.com",
            .oidc_url = "https://oidc.eu-west-1.amazonaws.com"};
}

constexpr const char* token = R"({"accessToken": "planted-token", "expiresAt": "2026-01-02T04:04:05Z"})";
constexpr const char* keys = R"({"roleCredentials": {"accessKeyId": "ASIA", "secretAccessKey": "planted-key",
                                 "sessionToken": "planted-session", "expiration": 1767326645000}})";

// SHA-1 of "corp" and of "https://corp/start", as Python's hashlib gives them.
constexpr const char* session_path = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
constexpr const char* old_path = ".aws/sso/cache/717f6b50ccf65f10839b090b78b6ff0786091a96.json";

}  // namespace

TEST_CASE("the portal is asked with the session's token") {
    const aws_surroundings place;
    place.write(session_path, token);
    const auto transport = scripted_transport::in_order({answer(503, ""), answer(200, keys)});
    const auto found = auth::sso_credentials(some_options("corp"), place.get(), test_caller(transport))();
    REQUIRE(found);
    CHECK(found->access_key_id == "ASIA");
    CHECK(found->secret_access_key.reveal() == "planted-key");
    CHECK(found->session_token.reveal() == "planted-session");
    CHECK(found->expires == testing_support::test_now() + std::chrono::hours(1));
    const auto message = transport.requests().back();
    CHECK(message.method == "GET");
    CHECK(message.server == http::origin{true, "portal.sso.eu-west-1.amazonaws.com", 443});
    CHECK(message.target == "/federation/credentials?role_name=a%20role%2Fb&account_id=123");
    CHECK(testing_support::header(message, "x-amz-sso_bearer_token") == "planted-token");
    CHECK(testing_support::header(message, "Authorization") == "(none)");
}

TEST_CASE("a profile of the old kind has its token by the start URL, and never renews it") {
    const aws_surroundings place;
    place.write(old_path,
                R"({"accessToken": "planted-token", "expiresAt": "2026-01-02T03:05:00Z", "clientId": "planted",
                              "clientSecret": "planted", "registrationExpiresAt": "2030-01-01T00:00:00Z",
                              "refreshToken": "planted"})");
    const auto transport = scripted_transport::in_order({answer(200, keys)});
    CHECK(auth::sso_credentials(some_options(""), place.get(), test_caller(transport))()->access_key_id == "ASIA");
    CHECK(transport.requests().size() == 1);
}

TEST_CASE("credentials whose end no clock can hold are good") {
    const aws_surroundings place;
    place.write(session_path, token);
    for (const std::string end : {"253402300799000", "9223372036854775807"}) {
        CAPTURE(end);
        const std::string lasting =
            R"({"roleCredentials": {"accessKeyId": "A", "secretAccessKey": "k", "sessionToken": "t", "expiration": )" +
            end + "}}";
        const auto transport = scripted_transport::in_order({answer(200, lasting)});
        const auto found = auth::sso_credentials(some_options("corp"), place.get(), test_caller(transport))();
        REQUIRE(found);
        CHECK(found->expires > testing_support::test_now());
    }
}

TEST_CASE("refusals and answers that are incomplete") {
    const aws_surroundings place;
    const auto failure = [&](http::response same) {
        const scripted_transport transport([=](const http::request&) { return same; });
        return error_of(auth::sso_credentials(some_options("corp"), place.get(), test_caller(transport)));
    };
    CHECK(failure(answer(200, keys)).message().find("`aws sso login`") != std::string::npos);
    place.write(session_path, token);
    CHECK(failure(answer(401, "planted")).kind() == errc::access_denied);
    CHECK(failure(answer(401, "planted")).message().find("`aws sso login`") != std::string::npos);
    CHECK(failure(answer(403, "planted")).message().find("sso_role_name") != std::string::npos);
    CHECK(failure(answer(429, "planted")).kind() == errc::throttled);
    CHECK(failure(answer(500, "planted")).kind() == errc::unavailable);
    for (const char* const text :
         {"planted", "{}", R"({"roleCredentials": "planted"})",
          R"({"roleCredentials": {"accessKeyId": "planted", "secretAccessKey": "planted"}})"}) {
        CAPTURE(text);
        CHECK(failure(answer(200, text)).kind() == errc::access_denied);
    }
}

TEST_CASE("the options of a profile and of its session") {
    CHECK_FALSE(options_of("[default]\nsso_session = corp\n"));
    const auto found = options_of(
        "[default]\nsso_session = corp\nsso_account_id = 123\nsso_role_name = r\nsso_region = eu-west-1\n"
        "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp/start\n");
    REQUIRE(found);
    CHECK(found->session == "corp");
    CHECK(found->start_url == "https://corp/start");
    CHECK(found->region == "eu-west-1");
    CHECK(found->account_id == "123");
    CHECK(found->role_name == "r");
    CHECK(found->portal_url == "https://portal.sso.eu-west-1.amazonaws.com");
    CHECK(found->oidc_url == "https://oidc.eu-west-1.amazonaws.com");
    const auto old = options_of(
        "[default]\nsso_account_id = 123\nsso_role_name = r\nsso_region = cn-north-1\nsso_start_url = u\n"
        "services = x\n[services x]\nsso =\n  endpoint_url = http://portal\n");
    REQUIRE(old);
    CHECK(old->session.empty());
    CHECK(old->portal_url == "http://portal");
    CHECK(old->oidc_url == "https://oidc.cn-north-1.amazonaws.com.cn");
}

TEST_CASE("what is missing or contradicts is named") {
    const auto key = [](std::string_view config) {
        const error failure = error_of([&] { options_of(config); });
        CHECK(failure.kind() == errc::not_configured);
        return failure.key();
    };
    CHECK(key("[default]\nsso_account_id = 1\n") == "sso_role_name");
    CHECK(key("[default]\nsso_role_name = 1\n") == "sso_account_id");
    CHECK(key("[default]\nsso_account_id = 1\nsso_role_name = r\nsso_region = r\n") == "sso_start_url");
    CHECK(key("[default]\nsso_account_id = 1\nsso_role_name = r\nsso_session = gone\n") == "gone");
    CHECK(key("[default]\nsso_account_id = 1\nsso_role_name = r\nsso_session = c\nsso_region = a\n"
              "[sso-session c]\nsso_region = b\nsso_start_url = u\n") == "sso_region");
}
