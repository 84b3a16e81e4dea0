#include <holdfast/auth/aws/exchange.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include <tests/support/aws_surroundings.hpp>
#include <tests/support/scripted_transport.hpp>

using namespace holdfast;
using testing_support::answer;
using testing_support::error_of;
using testing_support::scripted_transport;
using testing_support::test_caller;

TEST_CASE("a request is repeated until its answer is final, and prepared anew each time") {
    const auto transport = scripted_transport::in_order({answer(500, ""), answer(503, ""), answer(200, "done")});
    int prepared = 0;
    const auto last = auth::ask(test_caller(transport), auth::request_to("GET", http::url::parse("https://host/")), 5,
                                std::chrono::seconds(1), http::judge_status, [&](http::request& message) {
                                    message.headers.set("X-Number", std::to_string(++prepared));
                                });
    CHECK(last.text == "done");
    const auto requests = transport.requests();
    REQUIRE(requests.size() == 3);
    CHECK(testing_support::header(requests[2], "X-Number") == "3");
}

TEST_CASE("after the last attempt its answer or error is the outcome") {
    const auto request = auth::request_to("GET", http::url::parse("https://host/"));
    const auto failing = scripted_transport::in_order({answer(500, "a"), answer(500, "b"), answer(200, "c")});
    CHECK(auth::ask(test_caller(failing), request, 2, std::chrono::seconds(1), http::judge_status).text == "b");
    const auto cut = scripted_transport::in_order({});
    const error failure =
        error_of([&] { auth::ask(test_caller(cut), request, 3, std::chrono::seconds(1), http::judge_status); });
    CHECK(failure.kind() == errc::unavailable);
    CHECK(cut.requests().size() == 3);
}

TEST_CASE("each exchange has a deadline and a limit") {
    const auto before = std::chrono::steady_clock::now();
    std::vector<http::exchange_options> seen;
    const auto caller = test_caller([&](const http::request&, const http::exchange_options& options) {
        seen.push_back(options);
        return answer(200, "");
    });
    const auto request = auth::request_to("GET", http::url::parse("https://host/"));
    auth::ask_once(caller, request, std::chrono::seconds(1));
    auth::ask(caller, request, 1, std::chrono::hours(1), http::judge_status);
    const auto after = std::chrono::steady_clock::now();
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].deadline >= before + std::chrono::seconds(1));
    CHECK(seen[0].deadline <= after + std::chrono::seconds(1));
    CHECK(seen[1].deadline >= before + std::chrono::hours(1));
    CHECK(seen[1].deadline <= after + std::chrono::hours(1));
    CHECK(seen[0].text_limit == 1U << 20);
}

TEST_CASE("a refusal is of the kind of its status") {
    const auto kind = [](unsigned status) {
        return error_of([&] { auth::throw_refused(status, "ask", "key", "Code", "do this"); }).kind();
    };
    CHECK(kind(400) == errc::access_denied);
    CHECK(kind(403) == errc::access_denied);
    CHECK(kind(302) == errc::access_denied);
    CHECK(kind(408) == errc::unavailable);
    CHECK(kind(429) == errc::throttled);
    CHECK(kind(500) == errc::unavailable);
    CHECK(kind(599) == errc::unavailable);
    const error failure = error_of([] { auth::throw_refused(403, "ask", "key", "Code", "do this"); });
    CHECK(failure.message() == "the service answers 403 Code; do this");
}

TEST_CASE("a path follows that of the server") {
    CHECK(auth::request_to("GET", http::url::parse("http://host"), "a/b").target == "/a/b");
    CHECK(auth::request_to("GET", http::url::parse("http://host/x"), "a/b").target == "/x/a/b");
    CHECK(auth::request_to("GET", http::url::parse("http://host/x/"), "a/b").target == "/x/a/b");
    CHECK(auth::request_to("GET", http::url::parse("http://host/x")).target == "/x");
    CHECK(auth::request_to("PUT", http::url::parse("http://host/x")).method == "PUT");
}

TEST_CASE("a URL of a setting that is wrong is named by the setting") {
    const error failure = error_of([] { auth::parse_setting_url("ftp://planted", "SETTING"); });
    CHECK(failure.kind() == errc::not_configured);
    CHECK(failure.key() == "SETTING");
}
