#include <holdfast/auth/aws/sso_token.hpp>

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

#include <filesystem>
#include <iterator>
#include <string>

#include <tests/support/aws_surroundings.hpp>
#include <tests/support/scripted_transport.hpp>

using namespace holdfast;
using auth::sso_token_file;
using testing_support::answer;
using testing_support::aws_surroundings;
using testing_support::error_of;
using testing_support::scripted_transport;
using testing_support::test_caller;

namespace {

namespace fs = std::filesystem;

constexpr const char* oidc = "https://oidc.eu-west-1.amazonaws.com";

// SHA-1 of "corp", as Python's hashlib gives it.
const std::string cache_path = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

// A token that ends at the given time, and the means to renew it.
std::string cache(const std::string& end, const std::string& registration_end = "2026-03-01T00:00:00Z") {
    return R"({"startUrl": "https://corp/start", "region": "eu-west-1", "accessToken": "planted-old", "expiresAt": ")" +
           end +
           R"(", "clientId": "planted-client", "clientSecret": "planted-registration", "registrationExpiresAt": ")" +
           registration_end + R"(", "refreshToken": "planted-refresh", "extra": [1]})";
}

std::string token_of(const aws_surroundings& place, const scripted_transport& transport, const char* url = oidc) {
    return sso_token_file(place.get(), "corp").token(test_caller(transport), url).reveal();
}

scripted_transport service(unsigned status = 200) {
    return scripted_transport([=](const http::request&) {
        return answer(status, R"({"accessToken": "planted-new", "expiresIn": 28800, "refreshToken": "planted-next",
                                  "tokenType": "Bearer"})");
    });
}

}  // namespace

TEST_CASE("a token that is good for long is taken as it is") {
    const aws_surroundings place;
    place.write(cache_path, cache("2026-01-02T03:19:05Z"));
    const auto transport = service();
    CHECK(token_of(place, transport) == "planted-old");
    CHECK(transport.requests().empty());
}

TEST_CASE("a token that ends within 15 minutes, or has ended, is renewed and written back") {
    for (const char* const end : {"2026-01-02T03:19:04Z", "2026-01-02T03:04:05Z", "2025-12-31T00:00:00UTC"}) {
        CAPTURE(end);
        const aws_surroundings place;
        const fs::path path = place.write(cache_path, cache(end));
        const auto transport = service();
        CHECK(token_of(place, transport) == "planted-new");

        REQUIRE(transport.requests().size() == 1);
        const auto message = transport.requests().front();
        CHECK(message.method == "POST");
        CHECK(message.server == http::origin{true, "oidc.eu-west-1.amazonaws.com", 443});
        CHECK(message.target == "/token");
        CHECK(testing_support::header(message, "Content-Type") == "application/json");
        CHECK(boost::json::parse(testing_support::body_of(message)) ==
              boost::json::parse(R"({"grantType": "refresh_token", "clientId": "planted-client", "clientSecret":
                                     "planted-registration", "refreshToken": "planted-refresh"})"));

        auto expected = boost::json::parse(cache("2026-01-02T11:04:05Z")).get_object();
        expected["accessToken"] = "planted-new";
        expected["refreshToken"] = "planted-next";
        CHECK(boost::json::parse(place.read(cache_path)) == expected);
        CHECK((fs::status(path).permissions() & fs::perms::mask) == (fs::perms::owner_read | fs::perms::owner_write));
        CHECK(std::distance(fs::directory_iterator(path.parent_path()), fs::directory_iterator()) == 1);
        CHECK(token_of(place, transport) == "planted-new");
        CHECK(transport.requests().size() == 1);
    }
}

TEST_CASE("a renewed token that can't be written back leaves nothing behind") {
    const aws_surroundings place;
    const fs::path path = place.write(cache_path, cache("2026-01-02T03:04:05Z"));
    const scripted_transport transport([&](const http::request& message) {
        fs::remove(path);
        fs::create_directory(path);  // which no file can replace
        return service()(message, {});
    });
    CHECK(token_of(place, transport) == "planted-new");
    CHECK(fs::is_directory(path));
    CHECK(std::distance(fs::directory_iterator(path.parent_path()), fs::directory_iterator()) == 1);
}

TEST_CASE("a token that is good goes on where it can't be renewed") {
    const aws_surroundings place;
    place.write(cache_path, cache("2026-01-02T03:10:00Z"));
    CHECK(token_of(place, service(400)) == "planted-old");
    CHECK(token_of(place, service(500)) == "planted-old");
    CHECK(token_of(place, scripted_transport::in_order({})) == "planted-old");
    const auto transport = service();
    CHECK(token_of(place, transport, "") == "planted-old");
    place.write(cache_path, cache("2026-01-02T03:10:00Z", "2026-01-02T03:04:05Z"));
    CHECK(token_of(place, transport) == "planted-old");
    CHECK(transport.requests().empty());
}

TEST_CASE("a token that has ended and can't be renewed asks for `aws sso login`") {
    const aws_surroundings place;
    const auto failure = [&](const scripted_transport& transport, const char* url = oidc) {
        const error found = error_of([&] { token_of(place, transport, url); });
        CHECK(found.key() == (place.home() / cache_path).string());
        return found;
    };
    const auto says_login = [](const error& found) {
        return found.kind() == errc::access_denied && found.message().find("`aws sso login`") != std::string::npos;
    };
    CHECK(says_login(failure(service())));
    for (const char* const text : {"planted", "[]", "{}", R"({"accessToken": "planted"})",
                                   R"({"accessToken": "planted", "expiresAt": "planted"})",
                                   R"({"accessToken": "", "expiresAt": "2030-01-01T00:00:00Z"})",
                                   R"({"accessToken": "planted", "expiresAt": "2026-01-01T00:00:00Z"})"}) {
        CAPTURE(text);
        place.write(cache_path, text);
        CHECK(says_login(failure(service())));
    }
    place.write(cache_path, cache("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"));
    CHECK(says_login(failure(service())));
    place.write(cache_path, cache("2026-01-02T03:04:05Z"));
    CHECK(says_login(failure(service(), "")));
    CHECK(says_login(failure(service(400))));
    CHECK(says_login(failure(scripted_transport::in_order({answer(200, R"({"accessToken": "planted"})")}))));
    CHECK(failure(service(500)).kind() == errc::unavailable);
    CHECK(place.read(cache_path) == cache("2026-01-02T03:04:05Z"));
}
