#include <holdfast/auth/aws/profile_keys.hpp>

#include <doctest/doctest.h>

#include <tests/support/aws_surroundings.hpp>

using namespace holdfast;
using auth::aws_section;
using auth::profile_keys;

TEST_CASE("the keys of a section") {
    aws_section section;
    CHECK_FALSE(profile_keys(section, "p"));
    section.set("aws_secret_access_key", "planted");
    CHECK_FALSE(profile_keys(section, "p"));
    section.set("aws_access_key_id", "AKID");
    auto found = profile_keys(section, "p");
    REQUIRE(found);
    CHECK(found->access_key_id == "AKID");
    CHECK(found->secret_access_key.reveal() == "planted");
    CHECK(found->session_token.empty());
    CHECK_FALSE(found->expires);
    section.set("aws_session_token", "planted new");
    CHECK(profile_keys(section, "p")->session_token.reveal() == "planted new");
    section.set("aws_security_token", "planted old");
    CHECK(profile_keys(section, "p")->session_token.reveal() == "planted old");
}

TEST_CASE("half a key is named with its profile") {
    aws_section section;
    section.set("aws_access_key_id", "planted");
    const error failure = testing_support::error_of([&] { profile_keys(section, "work"); });
    CHECK(failure.kind() == errc::not_configured);
    CHECK(failure.key() == "work");
    CHECK(failure.message().find("aws_secret_access_key") != std::string::npos);
}
