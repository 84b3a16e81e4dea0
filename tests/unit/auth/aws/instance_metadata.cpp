#include <holdfast/auth/aws/instance_metadata.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include <tests/support/aws_surroundings.hpp>
#include <tests/support/scripted_transport.hpp>

using namespace holdfast;
using auth::instance_metadata_credentials;
using auth::instance_metadata_options;
using testing_support::answer;
using testing_support::aws_surroundings;
using testing_support::credential_document;
using testing_support::error_of;
using testing_support::header;
using testing_support::scripted_transport;
using testing_support::test_caller;
using testing_support::test_now;

namespace {

const std::string roles = "/latest/meta-data/iam/security-credentials/";

// An instance whose role is "web".
http::response serve(const http::request& message, const std::string& document) {
    if (message.method == "PUT" && message.target == "/latest/api/token") return answer(200, "planted-token");
    if (header(message, "x-aws-ec2-metadata-token") != "planted-token") return answer(401, "");
    if (message.target == roles) return answer(200, "web");
    return message.target == roles + "web" ? answer(200, document) : answer(404, "");
}

scripted_transport instance(const std::string& document = credential_document("ASIA")) {
    return scripted_transport([=](const http::request& message) { return serve(message, document); });
}

instance_metadata_options options_of(const aws_surroundings& place, const auth::aws_section& profile = {}) {
    const environment surroundings = place.get();
    const auth::aws_profiles none;
    return instance_metadata_options::from_settings(surroundings, {surroundings, none, profile});
}

}  // namespace

TEST_CASE("a token, the role's name, its credentials") {
    const auto transport = instance();
    const auto found = instance_metadata_credentials({}, test_caller(transport))();
    REQUIRE(found);
    CHECK(found->access_key_id == "ASIA");
    CHECK(found->secret_access_key.reveal() == "planted/secret");
    CHECK(found->session_token.reveal() == "planted/token");
    CHECK(found->expires == test_now() + std::chrono::hours(1));
    const auto requests = transport.requests();
    REQUIRE(requests.size() == 3);
    CHECK(std::ranges::all_of(requests, &http::request::direct));
    CHECK(requests[0].server == http::origin{false, "169.254.169.254", 80});
    CHECK(requests[0].method == "PUT");
    CHECK(requests[0].target == "/latest/api/token");
    CHECK(header(requests[0], "x-aws-ec2-metadata-token-ttl-seconds") == "21600");
    CHECK(requests[1].method == "GET");
    CHECK(requests[2].target == roles + "web");
    CHECK(header(requests[2], "x-aws-ec2-metadata-token-ttl-seconds") == "(none)");
}

TEST_CASE("nothing is sent where the service is disabled") {
    aws_surroundings place;
    place.set("AWS_EC2_METADATA_DISABLED", "True");
    const auto transport = instance();
    CHECK_FALSE(instance_metadata_credentials(options_of(place), test_caller(transport))());
    CHECK(transport.requests().empty());
}

TEST_CASE("without a token nothing is asked: version 1 never") {
    for (const unsigned status : {400U, 403U, 404U, 405U, 500U}) {
        CAPTURE(status);
        const scripted_transport transport([=](const http::request&) { return answer(status, "planted"); });
        CHECK_FALSE(instance_metadata_credentials({}, test_caller(transport))());
        CHECK(transport.requests().size() == 1);
    }
}

TEST_CASE("a network that fails at any request is no instance") {
    const auto steps = testing_support::fail_at_every_request(
        instance(), true, [step = 0](const http::any_transport& transport) mutable {
            const auto found = instance_metadata_credentials({}, test_caller(transport))();
            CHECK(found.has_value() == (step++ == 3));
        });
    CHECK(steps == 3);
}

TEST_CASE("a request is repeated as often as it is set to") {
    const auto transport =
        scripted_transport::in_order({answer(500, ""), answer(200, "t"), answer(200, ""), answer(200, "web\nother"),
                                      answer(200, credential_document("ASIA"))});
    CHECK(instance_metadata_credentials({.attempts = 2}, test_caller(transport))()->access_key_id == "ASIA");
    CHECK(transport.requests().back().target == roles + "web");
}

TEST_CASE("an answer that is no credentials is nothing") {
    for (const char* const document :
         {"planted", "{}", R"({"Code": "AssumeRoleUnauthorizedAccess", "Message": "planted"})",
          R"({"AccessKeyId": "planted", "SecretAccessKey": "planted", "Expiration": "planted"})"}) {
        CAPTURE(document);
        CHECK_FALSE(instance_metadata_credentials({}, test_caller(instance(document)))());
    }
    const auto odd = scripted_transport::in_order({answer(200, "t"), answer(200, "a role?x")});
    CHECK_FALSE(instance_metadata_credentials({}, test_caller(odd))());
    CHECK(odd.requests().size() == 2);
}

TEST_CASE("other failures of the transport are not passed over") {
    const auto caller = test_caller([](const http::request&, const http::exchange_options&) -> http::response {
        throw error(errc::cancelled, "send", "", "");
    });
    CHECK(error_of(instance_metadata_credentials({}, caller)).kind() == errc::cancelled);
}

TEST_CASE("old credentials last on while the service can't make new ones") {
    const auto ended = instance(credential_document("ASIA", "Token", "2026-01-02T03:00:00Z"));
    CHECK(instance_metadata_credentials({}, test_caller(ended))()->expires == test_now() + std::chrono::minutes(20));
    const auto near = instance(credential_document("ASIA", "Token", "2026-01-02T03:19:04Z"));
    CHECK(instance_metadata_credentials({}, test_caller(near))()->expires == test_now() + std::chrono::minutes(20));
    const auto far = instance(credential_document("ASIA", "Token", "2026-01-02T03:19:05Z"));
    CHECK(instance_metadata_credentials({}, test_caller(far))()->expires == test_now() + std::chrono::minutes(15));
}

TEST_CASE("the settings are variables, then options of the profile") {
    aws_surroundings place;
    auth::aws_section profile;
    CHECK(options_of(place).timeout == std::chrono::seconds(1));
    CHECK(options_of(place).attempts == 1);
    CHECK_FALSE(options_of(place).ipv6);
    CHECK_FALSE(options_of(place).disabled);
    profile.set("metadata_service_timeout", "7");
    profile.set("metadata_service_num_attempts", "8");
    profile.set("ec2_metadata_service_endpoint", "http://profile");
    profile.set("imds_use_ipv6", "true");
    CHECK(options_of(place, profile).timeout == std::chrono::seconds(7));
    CHECK(options_of(place, profile).attempts == 8);
    CHECK(options_of(place, profile).endpoint == "http://profile");
    CHECK(options_of(place, profile).ipv6);
    place.set("AWS_METADATA_SERVICE_TIMEOUT", "3");
    place.set("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "4");
    place.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://variable");
    place.set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv4");
    CHECK(options_of(place, profile).timeout == std::chrono::seconds(3));
    CHECK(options_of(place, profile).attempts == 4);
    CHECK(options_of(place, profile).endpoint == "http://variable");
    CHECK_FALSE(options_of(place, profile).ipv6);
    place.set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6");
    CHECK(options_of(place).ipv6);
}

TEST_CASE("settings that are wrong are named") {
    for (const char* const name : {"AWS_METADATA_SERVICE_TIMEOUT", "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
                                   "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"}) {
        for (const char* const value : {"planted", "0", "-1", "4000"}) {
            CAPTURE(value);
            aws_surroundings place;
            place.set(name, value);
            const error failure = error_of([&] { options_of(place); });
            CHECK(failure.kind() == errc::not_configured);
            CHECK(failure.key() == name);
        }
    }
    const auto wrong = instance_metadata_credentials({.endpoint = "planted"}, test_caller(instance()));
    CHECK(error_of(wrong).kind() == errc::not_configured);
    CHECK(error_of(wrong).key() == "AWS_EC2_METADATA_SERVICE_ENDPOINT");
}

TEST_CASE("another endpoint, by URL or by IPv6") {
    const auto six = instance();
    instance_metadata_credentials({.ipv6 = true}, test_caller(six))();
    CHECK(six.requests()[0].server == http::origin{false, "fd00:ec2::254", 80});
    const auto other = instance();
    instance_metadata_credentials({.endpoint = "http://localhost:1338/sub", .ipv6 = true}, test_caller(other))();
    CHECK(other.requests()[0].server == http::origin{false, "localhost", 1338});
    CHECK(other.requests()[0].target == "/sub/latest/api/token");
}
