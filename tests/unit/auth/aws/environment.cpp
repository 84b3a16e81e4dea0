#include <holdfast/auth/aws/environment.hpp>

#include <doctest/doctest.h>

#include <tests/support/aws_surroundings.hpp>

using namespace holdfast;
using auth::environment_credentials;
using testing_support::aws_surroundings;
using testing_support::error_of;

TEST_CASE("nothing without a key id, also an empty one") {
    aws_surroundings place;
    CHECK_FALSE(environment_credentials(place.get())());
    place.set("AWS_ACCESS_KEY_ID", "");
    place.set("AWS_SECRET_ACCESS_KEY", "planted");
    CHECK_FALSE(environment_credentials(place.get())());
}

TEST_CASE("a key, its token and its end") {
    aws_surroundings place;
    place.set("AWS_ACCESS_KEY_ID", "AKID");
    place.set("AWS_SECRET_ACCESS_KEY", "planted");
    auto found = environment_credentials(place.get())();
    REQUIRE(found);
    CHECK(found->access_key_id == "AKID");
    CHECK(found->secret_access_key.reveal() == "planted");
    CHECK(found->session_token.empty());
    CHECK_FALSE(found->expires);

    place.set("AWS_SESSION_TOKEN", "planted new");
    CHECK(environment_credentials(place.get())()->session_token.reveal() == "planted new");
    place.set("AWS_SECURITY_TOKEN", "planted old");
    CHECK(environment_credentials(place.get())()->session_token.reveal() == "planted old");

    place.set("AWS_CREDENTIAL_EXPIRATION", "2026-01-02T03:04:05Z");
    CHECK(environment_credentials(place.get())()->expires == testing_support::test_now());
}

TEST_CASE("half a key and a wrong time are named") {
    aws_surroundings place;
    place.set("AWS_ACCESS_KEY_ID", "planted");
    place.set("AWS_SESSION_TOKEN", "planted");
    const auto ask = [&] { environment_credentials(place.get())(); };
    CHECK(error_of(ask).kind() == errc::not_configured);
    CHECK(error_of(ask).key() == "AWS_SECRET_ACCESS_KEY");
    place.set("AWS_SECRET_ACCESS_KEY", "planted");
    place.set("AWS_CREDENTIAL_EXPIRATION", "planted");
    CHECK(error_of(ask).kind() == errc::not_configured);
    CHECK(error_of(ask).key() == "AWS_CREDENTIAL_EXPIRATION");
}
