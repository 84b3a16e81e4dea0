#include <holdfast/auth/aws_credential_chain.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <tests/support/aws_surroundings.hpp>
#include <tests/support/scripted_transport.hpp>

using namespace holdfast;
using auth::aws_chain_options;
using testing_support::answer;
using testing_support::aws_surroundings;
using testing_support::body_of;
using testing_support::credential_document;
using testing_support::error_of;
using testing_support::header;
using testing_support::scripted_transport;
using testing_support::sts_answer;
using testing_support::test_now;

namespace {

// Every service at once; each names its credentials after itself.
http::response serve(const http::request& message) {
    const std::string body = body_of(message);
    const std::string& host = message.server.host;
    if (body.starts_with("Action=AssumeRoleWithWebIdentity&")) return sts_answer("AssumeRoleWithWebIdentity", "WEB");
    if (body.starts_with("Action=AssumeRole&")) return sts_answer("AssumeRole", "ROLE");
    if (host.starts_with("portal.sso.")) {
        return answer(200, R"({"roleCredentials": {"accessKeyId": "SSO", "secretAccessKey": "planted",
                               "sessionToken": "planted", "expiration": 1767326645000}})");
    }
    if (host == "169.254.170.2") return answer(200, credential_document("CONTAINER"));
    if (host != "169.254.169.254") return answer(404, "planted");
    if (message.method == "PUT") return answer(200, "planted-token");
    return answer(200, message.target.ends_with('/') ? "web" : credential_document("INSTANCE"));
}

// SHA-1 of "https://corp/start".
constexpr const char* sso_cache = ".aws/sso/cache/717f6b50ccf65f10839b090b78b6ff0786091a96.json";

// A place where some of the sources have credentials.
class place_with {
public:
    explicit place_with(std::set<std::string_view> sources) {
        const auto has = [&](std::string_view source) { return sources.contains(source); };
        if (has("environment")) set_keys();
        if (has("web identity")) set_web_identity();
        if (has("container")) place.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/planted");
        if (!has("instance")) place.set("AWS_EC2_METADATA_DISABLED", "true");
        std::string profile = "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = planted\n[default]\n";
        if (has("role")) profile += "role_arn = arn:r\nsource_profile = base\n";
        if (has("process")) profile += "credential_process = cat '" + place.write("printed", document) + "'\n";
        if (has("config")) profile += "aws_access_key_id = CONFIG\naws_secret_access_key = planted\n";
        if (has("SSO")) {
            profile +=
                "sso_account_id = 1\nsso_role_name = r\nsso_region = eu-west-1\nsso_start_url = https://corp/start\n";
            place.write(sso_cache, R"({"accessToken": "planted", "expiresAt": "2026-01-02T09:00:00Z"})");
        }
        place.write_config(profile);
        if (has("credentials file")) {
            place.write_credentials("[default]\naws_access_key_id = FILE\naws_secret_access_key = planted\n");
        }
    }

    void set_keys() {
        place.set("AWS_ACCESS_KEY_ID", "ENVIRONMENT");
        place.set("AWS_SECRET_ACCESS_KEY", "planted");
    }
    void set_web_identity() {
        place.set("AWS_WEB_IDENTITY_TOKEN_FILE", place.write("token", "planted.token"));
        place.set("AWS_ROLE_ARN", "arn:w");
    }

    aws_surroundings place;

private:
    static constexpr const char* document = R"({"Version": 1, "AccessKeyId": "PROCESS", "SecretAccessKey": "planted"})";
};

aws_chain_options options_of(const aws_surroundings& place, http::any_transport transport) {
    aws_chain_options options{.surroundings = place.get(), .transport = std::move(transport)};
    options.clock = [] { return test_now(); };
    options.sleep = [](std::chrono::milliseconds, std::stop_token) {};
    return options;
}

std::string key_of(aws_chain_options options) {
    return auth::aws_credential_chain(std::move(options))().value().access_key_id;
}

std::string key_of(const aws_surroundings& place) {
    return key_of(options_of(place, scripted_transport(serve)));
}

const std::vector<std::pair<std::string_view, std::string_view>> order{
    {"environment", "ENVIRONMENT"}, {"role", "ROLE"},       {"web identity", "WEB"}, {"SSO", "SSO"},
    {"credentials file", "FILE"},   {"process", "PROCESS"}, {"config", "CONFIG"},    {"container", "CONTAINER"},
    {"instance", "INSTANCE"}};

}  // namespace

TEST_CASE("each source goes before all that follow it") {
    std::set<std::string_view> left;
    for (const auto& [source, key] : order) left.insert(source);
    for (const auto& [source, key] : order) {
        CAPTURE(source);
        CHECK(key_of(place_with(left).place) == key);
        left.erase(source);
    }
}

TEST_CASE("each pair of sources is in order, and each source does alone") {
    for (std::size_t i = 0; i < order.size(); ++i) {
        CHECK(key_of(place_with({order[i].first}).place) == order[i].second);
        for (std::size_t j = i + 1; j < order.size(); ++j) {
            CAPTURE(order[j].first);
            CHECK(key_of(place_with({order[i].first, order[j].first}).place) == order[i].second);
        }
    }
}

TEST_CASE("where none has any, the sources that were looked at are named") {
    const place_with nothing({});
    const scripted_transport transport(serve);
    const auto provider = auth::aws_credential_chain(options_of(nothing.place, transport));
    const error failure = error_of(provider);
    CHECK(failure.kind() == errc::access_denied);
    CHECK(failure.message().find("environment, assumed role, web identity, SSO, credentials file, aws login, "
                                 "credential_process, configuration file, container endpoint, instance metadata") !=
          std::string::npos);
    CHECK(transport.requests().empty());
    CHECK(error_of(provider).kind() == errc::access_denied);
}

TEST_CASE("nothing is read before the first call, and nothing after it without need") {
    place_with some({"credentials file"});
    const auto provider = auth::aws_credential_chain(options_of(some.place, scripted_transport(serve)));
    some.place.write_credentials("[default]\naws_access_key_id = LATER\naws_secret_access_key = planted\n");
    CHECK(provider()->access_key_id == "LATER");
    some.place.write_credentials("planted");
    CHECK(provider()->access_key_id == "LATER");
}

TEST_CASE("files are read again where their keys were refused, for the same source") {
    place_with some({"credentials file"});
    const auto provider = auth::aws_credential_chain(options_of(some.place, scripted_transport(serve)));
    const auto refused = provider().value();
    CHECK(refused.access_key_id == "FILE");
    some.place.write_config("[default]\ncredential_process = planted\naws_access_key_id = CONFIG\n");
    some.place.write_credentials("[default]\naws_access_key_id = LATER\naws_secret_access_key = planted\n");
    CHECK(provider()->access_key_id == "FILE");
    CHECK(provider.renew(refused)->access_key_id == "LATER");
    CHECK(provider()->access_key_id == "LATER");
}

TEST_CASE("files are read again where the source failed") {
    place_with some({"role"});
    const scripted_transport transport([](const http::request& message) {
        const bool is_later = header(message, "Authorization").find("Credential=LATER/") != std::string::npos;
        return is_later ? sts_answer("AssumeRole", "ROLE") : answer(403, "planted");
    });
    const auto provider = auth::aws_credential_chain(options_of(some.place, transport));
    CHECK(error_of(provider).kind() == errc::access_denied);
    some.place.write_credentials("[base]\naws_access_key_id = LATER\naws_secret_access_key = planted\n");
    CHECK(provider()->access_key_id == "ROLE");
}

TEST_CASE("a profile that is chosen in code goes before the environment's keys and web identity") {
    place_with some({"environment", "web identity", "config"});
    auto options = options_of(some.place, scripted_transport(serve));
    options.profile = "base";
    CHECK(key_of(options) == "BASE");
    options.profile = "default";
    CHECK(key_of(options) == "CONFIG");
    options.profile = "missing";
    CHECK(error_of([&] { key_of(options); }).kind() == errc::not_configured);
    CHECK(error_of([&] { key_of(options); }).key() == "missing");
}

TEST_CASE("a profile that a variable chooses does not, and must be there") {
    place_with some({"environment", "config"});
    some.place.set("AWS_PROFILE", "base");
    CHECK(key_of(some.place) == "ENVIRONMENT");
    some.place.unset("AWS_ACCESS_KEY_ID");
    CHECK(key_of(some.place) == "BASE");
    some.place.set("AWS_PROFILE", "missing");
    CHECK(error_of([&] { key_of(some.place); }).kind() == errc::not_configured);
}

TEST_CASE("a source that is set up and fails is not passed over") {
    const auto failure_with = [](std::set<std::string_view> sources, auto change, http::any_transport transport) {
        sources.insert("instance");
        place_with some(std::move(sources));
        change(some.place);
        return error_of([&] { key_of(options_of(some.place, transport)); });
    };
    const auto nothing = [](aws_surroundings&) {};
    const scripted_transport good(serve);
    const scripted_transport refusing([](const http::request&) { return answer(403, "planted"); });
    CHECK(failure_with(
              {"environment"}, [](aws_surroundings& p) { p.unset("AWS_SECRET_ACCESS_KEY"); }, good)
              .key() == "AWS_SECRET_ACCESS_KEY");
    CHECK(failure_with({"role"}, nothing, refusing).operation() == "call AssumeRole");
    CHECK(failure_with({"web identity"}, nothing, refusing).operation() == "call AssumeRoleWithWebIdentity");
    CHECK(failure_with({"SSO"}, nothing, refusing).operation() == "get credentials from SSO");
    CHECK(failure_with(
              {"credentials file"},
              [](aws_surroundings& p) { p.write_credentials("[default]\naws_access_key_id = planted\n"); }, good)
              .kind() == errc::not_configured);
    CHECK(failure_with(
              {"process"}, [](aws_surroundings& p) { p.write("printed", "planted"); }, good)
              .kind() == errc::access_denied);
    CHECK(failure_with({"container"}, nothing, refusing).kind() == errc::access_denied);
    CHECK(failure_with(
              {"environment"}, [](aws_surroundings& p) { p.write_config("planted"); }, good)
              .kind() == errc::not_configured);
}

TEST_CASE("a network that fails at any request of any source leaves an error, or the next source") {
    for (const auto& [source, key] : order) {
        for (const bool reaches_server : {false, true}) {
            CAPTURE(source);
            const place_with some({source});
            testing_support::fail_at_every_request(scripted_transport(serve), reaches_server,
                                                   [&](const http::any_transport& transport) {
                                                       std::string found;
                                                       try {
                                                           found = key_of(options_of(some.place, transport));
                                                       } catch (const error& failure) {
                                                           CHECK(source == "instance");
                                                           CHECK(failure.kind() == errc::access_denied);
                                                           return;
                                                       }
                                                       CHECK(found == key);
                                                   });
        }
    }
}

TEST_CASE("a role on top of what the chain finds") {
    place_with some({"environment"});
    const scripted_transport transport(serve);
    auto options = options_of(some.place, transport);
    options.role_arn = "arn:top";
    options.session_vars = {{"RoleSessionName", "flow"}, {"ExternalId", "x"}};
    CHECK(key_of(options) == "ROLE");
    REQUIRE(transport.requests().size() == 1);
    const auto message = transport.requests().front();
    CHECK(body_of(message) ==
          "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Atop&RoleSessionName=flow&ExternalId=x");
    CHECK(header(message, "Authorization").find("Credential=ENVIRONMENT/20260102/us-east-1/sts/") != std::string::npos);
    CHECK(message.server.host == "sts.amazonaws.com");

    options.session_vars = {{"planted", "planted"}};
    CHECK_THROWS_AS(key_of(options), error);
    options.session_vars = {};
    some.place.unset("AWS_ACCESS_KEY_ID");
    options.surroundings = some.place.get();
    CHECK(error_of([&] { key_of(options); }).operation() == "find AWS credentials");
}

TEST_CASE("where STS is") {
    place_with some({"web identity"});
    const auto server = [&](aws_chain_options options, const scripted_transport& transport) {
        key_of(std::move(options));
        return transport.requests().back().server.host;
    };
    const scripted_transport transport(serve);
    const auto host = [&] { return server(options_of(some.place, transport), transport); };
    CHECK(host() == "sts.amazonaws.com");
    some.place.set("AWS_DEFAULT_REGION", "eu-west-1");
    CHECK(host() == "sts.eu-west-1.amazonaws.com");
    auto options = options_of(some.place, transport);
    options.region = "cn-north-1";
    CHECK(server(options, transport) == "sts.cn-north-1.amazonaws.com.cn");
    options.hosts.fips = true;
    CHECK(server(options, transport) == "sts-fips.cn-north-1.amazonaws.com.cn");
    some.place.set("AWS_ENDPOINT_URL_STS", "http://localhost:1/x");
    CHECK(host() == "localhost");
    options = options_of(some.place, transport);
    options.sts_endpoint = "https://sts.example";
    CHECK(server(options, transport) == "sts.example");
}

TEST_CASE("credentials are refreshed from the source that was found, whatever appears before it") {
    place_with some({"container"});
    auto offset = std::make_shared<std::atomic<int>>(0);
    auto options = options_of(
        some.place, scripted_transport([offset](const http::request&) {
            return answer(200,
                          credential_document("CONTAINER-" + std::to_string(offset->load()), "Token",
                                              offset->load() == 0 ? "2026-01-02T04:04:05Z" : "2026-01-02T05:04:05Z"));
        }));
    options.clock = [offset] { return test_now() + std::chrono::minutes(offset->load()); };
    const auto provider = auth::aws_credential_chain(std::move(options));
    CHECK(provider()->access_key_id == "CONTAINER-0");
    some.place.write_credentials("[default]\naws_access_key_id = FILE\naws_secret_access_key = planted\n");
    *offset = 46;
    CHECK(provider()->access_key_id == "CONTAINER-46");
}

TEST_CASE("many threads that ask at once make one request") {
    place_with some({"container"});
    const scripted_transport transport(serve);
    const auto provider = auth::aws_credential_chain(options_of(some.place, transport));
    std::atomic<int> good{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 6; ++i) {
            threads.emplace_back([&] { good += provider()->access_key_id == "CONTAINER" ? 1 : 0; });
        }
    }
    CHECK(good == 6);
    CHECK(transport.requests().size() == 1);
}
