#include <holdfast/auth/aws/process.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include <tests/support/aws_surroundings.hpp>

using namespace holdfast;
using auth::process_credentials;
using testing_support::aws_surroundings;
using testing_support::credential_document;
using testing_support::error_of;

namespace {

std::string printing(const aws_surroundings& place, const std::string& text) {
    return "/bin/cat \"" + place.write("output of it", text) + "\"";
}

}  // namespace

TEST_CASE("what the program prints, each time anew") {
    const aws_surroundings place;
    const auto provider = process_credentials(printing(place, credential_document("ONE", "SessionToken")), "p");
    const auto found = provider();
    REQUIRE(found);
    CHECK(found->access_key_id == "ONE");
    CHECK(found->secret_access_key.reveal() == "planted/secret");
    CHECK(found->session_token.reveal() == "planted/token");
    CHECK(found->expires == testing_support::test_now() + std::chrono::hours(1));
    printing(place, R"({"Version": 1, "AccessKeyId": "TWO", "SecretAccessKey": "planted"})");
    CHECK(provider()->access_key_id == "TWO");
    CHECK_FALSE(provider()->expires);
    CHECK(provider()->session_token.empty());
}

TEST_CASE("a program that fails, is not there, or prints something else") {
    const aws_surroundings place;
    const auto failure = [](const std::string& command) { return error_of(process_credentials(command, "work")); };
    for (const std::string& command :
         {std::string("/bin/sh -c 'echo planted; echo planted >&2; exit 3'"), std::string("/bin/planted-and-missing"),
          std::string("'planted"), printing(place, "planted")}) {
        CAPTURE(command);
        CHECK(failure(command).kind() == errc::access_denied);
        CHECK(failure(command).key() == "work");
    }
    for (const char* const text : {R"({"Version": 2, "AccessKeyId": "planted", "SecretAccessKey": "planted"})",
                                   R"({"Version": "1", "AccessKeyId": "planted", "SecretAccessKey": "planted"})",
                                   R"({"AccessKeyId": "planted", "SecretAccessKey": "planted"})"}) {
        CAPTURE(text);
        CHECK(failure(printing(place, text)).message().find("\"Version\": 1") != std::string::npos);
    }
    CHECK(failure(printing(place, R"({"Version": 1, "AccessKeyId": "planted"})")).message().find("'SecretAccessKey'") !=
          std::string::npos);
}
