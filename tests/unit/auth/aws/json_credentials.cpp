#include <holdfast/auth/aws/json_credentials.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include <tests/support/aws_surroundings.hpp>

using namespace holdfast;
using auth::parse_json_object;
using auth::read_credentials;
using testing_support::credential_document;
using testing_support::error_of;

TEST_CASE("an answer with everything") {
    const auto answer = parse_json_object(credential_document("AKID"), "source", "key");
    const auto found = read_credentials(answer, "Token", "source", "key");
    CHECK(found.access_key_id == "AKID");
    CHECK(found.secret_access_key.reveal() == "planted/secret");
    CHECK(found.session_token.reveal() == "planted/token");
    CHECK(found.expires == testing_support::test_now() + std::chrono::hours(1));
    CHECK(read_credentials(answer, "SessionToken", "source", "key").session_token.empty());
}

TEST_CASE("an answer without an end, with null for it") {
    for (const char* const text : {R"({"AccessKeyId": "a", "SecretAccessKey": "planted"})",
                                   R"({"AccessKeyId": "a", "SecretAccessKey": "planted", "Expiration": null})",
                                   R"({"AccessKeyId": "a", "SecretAccessKey": "planted", "Expiration": ""})"}) {
        CHECK_FALSE(read_credentials(parse_json_object(text, "s", "k"), "Token", "s", "k").expires);
    }
}

TEST_CASE("what is no JSON object") {
    for (const char* const text : {"", "planted", "[\"planted\"]", "\"planted\"", "{\"planted\": ", "{} planted"}) {
        CAPTURE(text);
        const error failure = error_of([&] { parse_json_object(text, "the source", "the key"); });
        CHECK(failure.kind() == errc::access_denied);
        CHECK(failure.key() == "the key");
        CHECK(failure.operation() == "get credentials from the source");
    }
}

TEST_CASE("members that are missing or wrong are named") {
    const auto flaw = [](const char* text) {
        return error_of([&] { read_credentials(parse_json_object(text, "s", "k"), "Token", "s", "k"); }).message();
    };
    CHECK(flaw(R"({"SecretAccessKey": "planted"})").find("'AccessKeyId'") != std::string::npos);
    CHECK(flaw(R"({"AccessKeyId": 7, "SecretAccessKey": "planted"})").find("'AccessKeyId'") != std::string::npos);
    CHECK(flaw(R"({"AccessKeyId": "planted"})").find("'SecretAccessKey'") != std::string::npos);
    CHECK(flaw(R"({"AccessKeyId": "planted", "SecretAccessKey": ""})").find("'SecretAccessKey'") != std::string::npos);
    for (const char* const end : {"\"planted\"", "1735689600", "1735689600.5", "true", "[]", "{}"}) {
        CAPTURE(end);
        const std::string text = R"({"AccessKeyId": "planted", "SecretAccessKey": "planted", "Expiration": )";
        CHECK(flaw((text + end + '}').c_str()).find("'Expiration'") != std::string::npos);
    }
}
