#include <holdfast/auth/sigv4.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <holdfast/core/error.hpp>

namespace {

using namespace holdfast;
using namespace std::chrono_literals;
using auth::sigv4_path_rule;
using auth::sigv4_signer;

const auth::aws_credentials keys{.access_key_id = "AKIDEXAMPLE", .secret_access_key = secret("planted-secret")};
const auth::aws_credentials temporary{.access_key_id = "ASIAEXAMPLE",
                                      .secret_access_key = secret("planted-secret"),
                                      .session_token = secret("planted-token")};
const auto moment = std::chrono::sys_days(std::chrono::year(2026) / 11 / 25) + 23h + 59min + 58s;

http::request a_request() {
    return {.method = "PUT",
            .server = {.tls = false, .host = "localhost", .port = 9000},
            .target = "/bucket/key",
            .headers = {},
            .body = {}};
}

std::size_t count_of(const http::fields& headers, std::string_view name) {
    return static_cast<std::size_t>(
        std::ranges::count_if(headers, [&](const auto& field) { return field.first == name; }));
}

errc kind_of(const auto& call) {
    try {
        call();
    } catch (const error& failure) {
        CHECK(std::string_view(failure.what()).find("planted") == std::string_view::npos);
        return failure.kind();
    }
    return errc{};
}

TEST_CASE("sigv4: the payload's digest is sent to S3 only") {
    http::request message = a_request();
    sigv4_signer("us-east-1", "s3").sign(message, keys, moment, auth::unsigned_payload);
    REQUIRE(message.headers.find("x-amz-content-sha256") != nullptr);
    CHECK(*message.headers.find("x-amz-content-sha256") == auth::unsigned_payload);
    message = a_request();
    sigv4_signer("us-east-1", "sts").sign(message, keys, moment, auth::empty_payload);
    CHECK(message.headers.find("x-amz-content-sha256") == nullptr);
}

TEST_CASE("sigv4: the path rule follows from the service") {
    http::request message = a_request();
    message.target = "/a/../b";
    const auto path_of = [&](const sigv4_signer& signer) {
        const std::string text = signer.sign(message, keys, moment, auth::empty_payload).canonical_request;
        return text.substr(4, text.find('\n', 4) - 4);
    };
    CHECK(path_of(sigv4_signer("us-east-1", "s3")) == "/a/../b");
    CHECK(path_of(sigv4_signer("us-east-1", "sts")) == "/b");
    CHECK(path_of(sigv4_signer("us-east-1", "sts", sigv4_path_rule::as_sent)) == "/a/../b");
}

TEST_CASE("sigv4: signing again replaces what an earlier signing added") {
    const sigv4_signer signer("us-east-1", "s3");
    http::request message = a_request();
    signer.sign(message, temporary, moment, auth::empty_payload);
    CHECK(*message.headers.find("X-Amz-Security-Token") == "planted-token");
    const auto again = signer.sign(message, keys, moment + 15min, auth::unsigned_payload);
    CHECK(message.headers.find("X-Amz-Security-Token") == nullptr);
    for (const char* name : {"X-Amz-Date", "X-Amz-Content-SHA256", "Authorization"}) {
        CAPTURE(name);
        CHECK(count_of(message.headers, name) == 1);
    }
    http::request fresh = a_request();
    const auto once = signer.sign(fresh, keys, moment + 15min, auth::unsigned_payload);
    CHECK(again.canonical_request == once.canonical_request);
    CHECK(*message.headers.find("Authorization") == *fresh.headers.find("Authorization"));
}

TEST_CASE("sigv4: presigning again, or what was signed, gives the same target") {
    const sigv4_signer signer("us-east-1", "s3");
    http::request message = a_request();
    message.target = "/bucket/key?versionId=1&uploads";
    const std::string once = signer.presign(message, keys, moment, 60s).target;
    message.target = signer.presign(message, temporary, moment - 1h, 90s).target;
    signer.sign(message, temporary, moment, auth::empty_payload);
    CHECK(signer.presign(message, keys, moment, 60s).target == once);
    CHECK(once.find("versionId=1&uploads&X-Amz-Algorithm=") != std::string::npos);
}

TEST_CASE("sigv4: a presigned URL carries its session token and its time") {
    const std::string target = sigv4_signer("us-east-1", "s3").presign(a_request(), temporary, moment, 7 * 24h).target;
    CHECK(target.find("&X-Amz-Security-Token=planted-token&") != std::string::npos);
    CHECK(target.find("&X-Amz-Expires=604800&") != std::string::npos);
    CHECK(target.find("Credential=ASIAEXAMPLE%2F20261125%2Fus-east-1%2Fs3%2Faws4_request&") != std::string::npos);
}

TEST_CASE("sigv4: the lifetime of a presigned URL is limited") {
    const sigv4_signer signer("us-east-1", "s3");
    for (const auto lifetime : {0s, -1s, 604801s}) {
        CHECK(kind_of([&] { signer.presign(a_request(), temporary, moment, lifetime); }) == errc::invalid_argument);
    }
}

TEST_CASE("sigv4: credentials that can't sign are refused, unseen") {
    const sigv4_signer signer("us-east-1", "s3");
    const auth::aws_credentials bad[] = {
        {.access_key_id = "", .secret_access_key = secret("planted")},
        {.access_key_id = "AKIDEXAMPLE", .secret_access_key = secret()},
        {.access_key_id = "planted\n", .secret_access_key = secret("planted")},
        {.access_key_id = "A", .secret_access_key = secret("planted"), .session_token = secret("planted\r\nX: y")}};
    for (const auto& each : bad) {
        http::request message = a_request();
        CHECK(kind_of([&] { signer.sign(message, each, moment, auth::empty_payload); }) == errc::invalid_argument);
        CHECK(kind_of([&] { signer.presign(message, each, moment, 60s); }) == errc::invalid_argument);
        CHECK(message.headers.begin() == message.headers.end());
    }
}

TEST_CASE("sigv4: a region and a service are plain names") {
    for (const char* name : {"", "us east", "us/east", "us-east-1\n", "\xC3\xA9"}) {
        CAPTURE(name);
        CHECK(kind_of([&] { sigv4_signer(name, "s3"); }) == errc::invalid_argument);
        CHECK(kind_of([&] { sigv4_signer("us-east-1", name); }) == errc::invalid_argument);
    }
    CHECK(sigv4_signer("my_region.2", "s3").region() == "my_region.2");
}

TEST_CASE("sigv4: the kept key is that of the day and of the credentials") {
    const sigv4_signer kept("us-east-1", "s3");
    const auto signature = [](const sigv4_signer& signer, const auth::aws_credentials& with, auto when) {
        http::request message = a_request();
        return signer.sign(message, with, when, auth::empty_payload).signature;
    };
    std::set<std::string> seen;
    for (int round = 0; round < 2; ++round) {
        for (int turn = 0; turn < 6; ++turn) {
            auth::aws_credentials with = keys;
            with.secret_access_key = secret("secret-" + std::to_string(turn));
            for (const auto when : {moment, moment + 2s}) {
                const std::string expected = signature(sigv4_signer("us-east-1", "s3"), with, when);
                CHECK(signature(kept, with, when) == expected);
                seen.insert(expected);
            }
        }
    }
    CHECK(seen.size() == 12);
}

TEST_CASE("sigv4: many threads may sign with one signer and its copies") {
    const sigv4_signer signer("us-east-1", "s3");
    std::vector<std::set<std::string>> seen(4);
    {
        std::vector<std::jthread> threads;
        for (auto& mine : seen) {
            threads.emplace_back([&mine, copy = signer] {
                for (int turn = 0; turn < 40; ++turn) {
                    http::request message = a_request();
                    const auto when = moment + std::chrono::days(turn % 8);
                    mine.insert(copy.sign(message, keys, when, auth::empty_payload).signature);
                }
            });
        }
    }
    CHECK(seen[0].size() == 8);
    for (const auto& each : seen) CHECK(each == seen[0]);
}

TEST_CASE("sigv4: a time before 1970 and a fraction of a second are rounded down") {
    const sigv4_signer signer("us-east-1", "s3");
    const auto date_of = [&](std::chrono::system_clock::time_point when) {
        http::request message = a_request();
        signer.sign(message, keys, when, auth::empty_payload);
        return *message.headers.find("X-Amz-Date");
    };
    CHECK(date_of(moment + 999ms) == "20261125T235958Z");
    CHECK(date_of(std::chrono::sys_days() - 1ms) == "19691231T235959Z");
    CHECK(date_of(std::chrono::sys_days(std::chrono::year(2028) / 2 / 29)) == "20280229T000000Z");
}

}  // namespace
