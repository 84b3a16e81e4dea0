#include <holdfast/auth/aws/profile_chain.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tests/support/aws_surroundings.hpp>
#include <tests/support/scripted_transport.hpp>

using namespace holdfast;
using auth::aws_chain_context;
using auth::aws_credentials;
using auth::aws_profiles;
using testing_support::answer;
using testing_support::aws_surroundings;
using testing_support::body_of;
using testing_support::credential_document;
using testing_support::error_of;
using testing_support::header;
using testing_support::scripted_transport;
using testing_support::sts_answer;

namespace {

// STS that names its credentials after the role, the container's endpoint and an instance.
http::response serve(const http::request& message) {
    const std::string body = body_of(message);
    if (const auto role = body.find("RoleArn=arn%3A"); role != body.npos) {
        const std::string action = body.substr(7, body.find('&') - 7);
        return sts_answer(action, "ROLE-" + body.substr(role + 14, body.find('&', role) - role - 14));
    }
    if (message.server.host == "169.254.170.2") return answer(200, credential_document("CONTAINER"));
    if (message.method == "PUT") return answer(200, "t");
    return answer(200, message.target.ends_with('/') ? "web" : credential_document("INSTANCE"));
}

class chain {
public:
    explicit chain(std::string_view config, std::string_view credentials = "")
        : profiles_(aws_profiles::parse(config, credentials)) {}

    aws_surroundings place;
    scripted_transport transport{serve};

    std::shared_ptr<const aws_chain_context> context() const {
        auto made = std::make_shared<aws_chain_context>(
            aws_chain_context{place.get(), profiles_, testing_support::test_caller(transport), {}, {}});
        made->sts = [caller = made->caller] {
            return auth::sts_client(caller, "us-east-1", "https://sts.us-east-1.amazonaws.com");
        };
        return made;
    }
    std::optional<aws_credentials> role(const std::string& profile) const {
        return auth::role_source(context(), profile).ask();
    }
    std::optional<aws_credentials> own(const std::string& profile, bool with_environment = false) const {
        return auth::ask_first(auth::profile_sources(context(), profile, with_environment));
    }

    // The key that signed a call.
    std::string signer(std::size_t index) const {
        const std::string line = header(transport.requests().at(index), "Authorization");
        const auto begin = line.find("Credential=") + 11;
        return line.substr(begin, line.find('/') - begin);
    }

private:
    aws_profiles profiles_;
};

constexpr const char* keys = "aws_access_key_id = AK\naws_secret_access_key = planted\n";

}  // namespace

TEST_CASE("a profile without a role, or with one for a web identity, is none of a role") {
    const chain c("[profile a]\nregion = r\n[profile w]\nrole_arn = arn:w\nweb_identity_token_file = f\n");
    CHECK_FALSE(c.role("a"));
    CHECK_FALSE(c.role("w"));
    CHECK_FALSE(c.role("missing"));
    CHECK(c.transport.requests().empty());
}

TEST_CASE("a role of another profile's keys, with all that the profile says") {
    const chain c(
        "[profile a]\nrole_arn = arn:a\nsource_profile = base\nexternal_id = x\nrole_session_name = s\n"
        "duration_seconds = 900\n[profile b]\nrole_arn = arn:b\nsource_profile = base\nduration_seconds = 1h\n",
        std::string("[base]\n") + keys);
    CHECK(c.role("a")->access_key_id == "ROLE-a");
    CHECK(c.signer(0) == "AK");
    CHECK(body_of(c.transport.requests()[0]) ==
          "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aa&RoleSessionName=s&"
          "ExternalId=x&DurationSeconds=900");
    CHECK(c.role("b")->access_key_id == "ROLE-b");
    CHECK(body_of(c.transport.requests()[1]).find("Duration") == std::string::npos);
}

TEST_CASE("roles are assumed one by the other") {
    chain d(
        "[profile a]\nrole_arn = arn:a\nsource_profile = b\n"
        "[profile b]\nrole_arn = arn:b\nsource_profile = c\n"
        "[profile c]\nrole_arn = arn:c\ncredential_source = Environment\n");
    CHECK(error_of([&] { d.role("a"); }).kind() == errc::access_denied);
    d.place.set("AWS_ACCESS_KEY_ID", "ENV");
    d.place.set("AWS_SECRET_ACCESS_KEY", "planted");
    CHECK(d.role("a")->access_key_id == "ROLE-a");
    REQUIRE(d.transport.requests().size() == 3);
    CHECK(d.signer(0) == "ENV");
    CHECK(d.signer(1) == "ROLE-c");
    CHECK(d.signer(2) == "ROLE-b");
    CHECK(header(d.transport.requests()[2], "X-Amz-Security-Token") == "planted+STS+token");
}

TEST_CASE("the named sources") {
    chain c(
        "[profile container]\nrole_arn = arn:a\ncredential_source = EcsContainer\n"
        "[profile instance]\nrole_arn = arn:a\ncredential_source = Ec2InstanceMetadata\n"
        "[profile wrong]\nrole_arn = arn:a\ncredential_source = ecscontainer\n");
    CHECK(error_of([&] { c.role("container"); }).kind() == errc::access_denied);
    c.place.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
    CHECK(c.role("container")->access_key_id == "ROLE-a");
    CHECK(c.signer(1) == "CONTAINER");
    CHECK(c.role("instance")->access_key_id == "ROLE-a");
    CHECK(c.signer(5) == "INSTANCE");
    CHECK(error_of([&] { c.role("wrong"); }).kind() == errc::not_configured);
}

TEST_CASE("a profile may be its own source where it has keys, which go before its role") {
    const chain self(std::string("[profile a]\nrole_arn = arn:a\nsource_profile = a\n") + keys);
    CHECK(self.role("a")->access_key_id == "ROLE-a");
    CHECK(self.signer(0) == "AK");
    const chain keys_win(std::string("[profile a]\nrole_arn = arn:a\nsource_profile = b\n"
                                     "[profile b]\nrole_arn = arn:b\nsource_profile = a\n") +
                         keys);
    CHECK(keys_win.role("a")->access_key_id == "ROLE-a");
    CHECK(keys_win.transport.requests().size() == 1);
    CHECK(keys_win.signer(0) == "AK");
}

TEST_CASE("what can't be followed is named by its profile") {
    const auto key = [](std::string_view config) {
        const chain c(config);
        const error failure = error_of([&] { c.role("a"); });
        CHECK(failure.kind() == errc::not_configured);
        CHECK(c.transport.requests().empty());
        return failure.key();
    };
    CHECK(key("[profile a]\nrole_arn = arn:a\n") == "a");
    CHECK(key("[profile a]\nrole_arn = arn:a\nsource_profile = b\ncredential_source = Environment\n") == "a");
    CHECK(key("[profile a]\nrole_arn = arn:a\nsource_profile = gone\n") == "a");
    CHECK(key("[profile a]\nrole_arn = arn:a\nsource_profile = a\n") == "a");
    CHECK(
        key("[profile a]\nrole_arn = arn:a\nsource_profile = b\n[profile b]\nrole_arn = arn:b\nsource_profile = a\n") ==
        "b");
    CHECK(key("[profile a]\nrole_arn = arn:a\nsource_profile = b\n[profile b]\nrole_arn = arn:b\nsource_profile = c\n"
              "[profile c]\nrole_arn = arn:c\nsource_profile = b\n") == "c");
    const chain empty("[profile a]\nrole_arn = arn:a\nsource_profile = b\n[profile b]\nregion = r\n");
    CHECK(error_of([&] { empty.role("a"); }).kind() == errc::access_denied);
}

TEST_CASE("MFA has nobody to ask") {
    const chain c(
        std::string("[profile a]\nrole_arn = arn:a\nsource_profile = b\nmfa_serial = planted\n[profile b]\n") + keys);
    const error failure = error_of([&] { c.role("a"); });
    CHECK(failure.kind() == errc::unsupported);
    CHECK(failure.key() == "a");
    CHECK(failure.message().find("credential_process") != std::string::npos);
}

TEST_CASE("a source profile may be of any kind") {
    const aws_surroundings files;
    const std::string document =
        files.write("document", R"({"Version": 1, "AccessKeyId": "PROCESS", "SecretAccessKey": "planted"})");
    const std::string token = files.write("token", "planted.token");
    chain c("[profile a]\nrole_arn = arn:a\nsource_profile = p\n[profile p]\ncredential_process = cat " + document +
            "\n[profile b]\nrole_arn = arn:b\nsource_profile = w\n[profile w]\nrole_arn = arn:w\n"
            "web_identity_token_file = " +
            token + "\n");
    c.place.set("AWS_WEB_IDENTITY_TOKEN_FILE", "/missing");
    CHECK(c.role("a")->access_key_id == "ROLE-a");
    CHECK(c.signer(0) == "PROCESS");
    CHECK(c.role("b")->access_key_id == "ROLE-b");
    CHECK(c.signer(2) == "ROLE-w");
}

TEST_CASE("a web identity's settings are variables, then the profile's") {
    const aws_surroundings files;
    chain c("[profile a]\nrole_arn = arn:profile\nrole_session_name = s\nweb_identity_token_file = ~/token\n");
    c.place.write("token", "planted.one");
    CHECK(c.own("a", true)->access_key_id == "ROLE-profile");
    c.place.set("AWS_ROLE_ARN", "arn:variable");
    c.place.set("AWS_ROLE_SESSION_NAME", "v");
    c.place.set("AWS_WEB_IDENTITY_TOKEN_FILE", files.write("other", "planted.two"));
    CHECK(c.own("a", true)->access_key_id == "ROLE-variable");
    CHECK(body_of(c.transport.requests()[1]).ends_with("&RoleSessionName=v&WebIdentityToken=planted.two"));
    CHECK(c.own("a", false)->access_key_id == "ROLE-profile");
    CHECK(body_of(c.transport.requests()[2]).ends_with("&RoleSessionName=s&WebIdentityToken=planted.one"));
    c.place.unset("AWS_ROLE_ARN");
    CHECK(error_of([&] { c.own("missing", true); }).kind() == errc::not_configured);
    CHECK(error_of([&] { c.own("missing", true); }).key() == "AWS_ROLE_ARN");
}

TEST_CASE("a profile of `aws login` is named, unless the credentials file has keys for it") {
    const chain c("[profile a]\nlogin_session = planted\n");
    const error failure = error_of([&] { c.own("a"); });
    CHECK(failure.kind() == errc::unsupported);
    CHECK(failure.message().find("credential_process") != std::string::npos);
    const chain with_keys("[profile a]\nlogin_session = planted\n", std::string("[a]\n") + keys);
    CHECK(with_keys.own("a")->access_key_id == "AK");
}

TEST_CASE("the first source that has credentials, and its index") {
    std::vector<std::string> asked;
    const auto source = [&](const char* name, bool has) {
        return auth::aws_source{name, [&asked, name, has]() -> std::optional<aws_credentials> {
                                    asked.emplace_back(name);
                                    if (!has) return std::nullopt;
                                    return aws_credentials{.access_key_id = name, .secret_access_key = secret("s")};
                                }};
    };
    std::size_t index = 9;
    CHECK(auth::ask_first({source("a", false), source("b", true), source("c", true)}, &index)->access_key_id == "b");
    CHECK(index == 1);
    CHECK(asked == std::vector<std::string>{"a", "b"});
    CHECK_FALSE(auth::ask_first({source("a", false)}));
}
