#include <holdfast/http/beast_transport/answer_reader.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/core/error.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/socket_pair.hpp>

using namespace holdfast;
using namespace holdfast::http;
using namespace std::chrono_literals;
using testing_support::connected_sockets;
using testing_support::failure_of;
using testing_support::say;

namespace {

constexpr std::string_view interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
constexpr std::string_view continued = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view final_head = "HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\n";

// A connection, and the server's end of it.
struct waiting_client {
    explicit waiting_client(detail::wait_limits limits = {}, bool has_body = true) : waits("host", 60s, limits) {
        auto ends = connected_sockets();
        ours.emplace(route{}, std::move(ends.ours));
        theirs = std::move(ends.theirs);
        answer.emplace(*ours, waits, has_body);
    }

    void server_says(std::string_view text) const { say(theirs, text); }
    void server_ends() { theirs = {}; }

    std::string_view unread() {
        const bytes found = ours->input().unread();
        return {reinterpret_cast<const char*>(found.data()), found.size()};
    }

    patience waits;
    std::optional<connection> ours;
    detail::socket theirs;
    std::optional<answer_reader> answer;
};

std::optional<errc> failure_of_await(std::string_view text) {
    waiting_client client;
    client.server_says(text);
    client.server_ends();
    return failure_of([&] { client.answer->await(); });
}

std::string repeated(std::string_view text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) result += text;
    return result;
}

}  // namespace

TEST_CASE("a look finds the header once it is complete, however it arrives") {
    waiting_client client;
    CHECK_FALSE(client.answer->look());
    for (const char& one : final_head.substr(0, final_head.size() - 1)) {
        client.server_says({&one, 1});
        CHECK_FALSE(client.answer->look());
    }
    client.server_says("\n");
    CHECK(client.answer->look());
    CHECK(client.answer->parser().status() == 403);
    CHECK(client.answer->parser().length() == 5);
}

TEST_CASE("the body stays unread") {
    waiting_client client;
    client.server_says(std::string(final_head) + "hello");
    client.answer->await();
    CHECK(client.answer->parser().status() == 403);
    CHECK(client.unread() == "hello");
}

TEST_CASE("interim responses are passed over, and their fields are not the response's") {
    waiting_client client;
    client.server_says(interim);
    client.server_says(continued);
    CHECK_FALSE(client.answer->look());
    client.server_says("HTTP/1.1 102 Processing\r\n\r\n");
    client.server_says(final_head);
    client.answer->await();
    CHECK(client.answer->parser().status() == 403);
    CHECK(client.answer->parser().head().headers.find("Link") == nullptr);
}

TEST_CASE("a response that has no body is known as such, also behind an interim one") {
    waiting_client client({}, false);
    client.server_says(std::string(continued) + std::string(final_head));
    client.answer->await();
    CHECK(client.answer->parser().body() == framing::none);
}

TEST_CASE("a connection that ends before the header does is unavailable") {
    for (const std::string& text : {std::string(), std::string(continued), std::string(final_head.substr(0, 9)),
                                    std::string(final_head.substr(0, final_head.size() - 1))}) {
        CAPTURE(text);
        CHECK(failure_of_await(text) == errc::unavailable);
        waiting_client client;
        client.server_says(text);
        client.server_ends();
        CHECK(failure_of([&] { static_cast<void>(client.answer->look() || client.answer->look()); }) ==
              errc::unavailable);
    }
    CHECK(failure_of_await(final_head) == std::nullopt);
}

TEST_CASE("what is no HTTP, another protocol, or too large is refused") {
    CHECK(failure_of_await("SSH-2.0-OpenSSH_9.2\r\n") == errc::unavailable);
    CHECK(failure_of_await("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n") == errc::unavailable);
    CHECK(failure_of_await("HTTP/1.1 200 OK\r\nX: " + std::string(65'536, 'x')) == errc::too_large);
}

TEST_CASE("interim responses are finite") {
    CHECK(failure_of_await(repeated(interim, 3) + std::string(final_head)) == std::nullopt);
    CHECK(failure_of_await(repeated(interim, 1000) + std::string(final_head)) == errc::unavailable);
}

TEST_CASE("100 Continue ends the wait for it, past other interim responses") {
    waiting_client client({.deadline = std::chrono::steady_clock::now() + 60s});
    client.server_says(interim);
    client.server_says(continued);
    CHECK_FALSE(client.answer->await_continue(24h));
    CHECK_FALSE(client.answer->await_continue(24h));  // it came already
    client.server_says(final_head);
    client.answer->await();
    CHECK(client.answer->parser().status() == 403);
}

TEST_CASE("a final response ends the wait for 100 Continue") {
    for (const std::string& before : {std::string(), std::string(interim), std::string(continued)}) {
        CAPTURE(before);
        waiting_client client({.deadline = std::chrono::steady_clock::now() + 60s});
        client.server_says(before + std::string(final_head));
        CHECK(client.answer->await_continue(24h));
        CHECK(client.answer->parser().status() == 403);
    }
}

TEST_CASE("without a sign from the server the wait for 100 Continue ends with its time") {
    waiting_client client;
    CHECK_FALSE(client.answer->await_continue(0ms));
    CHECK_FALSE(client.answer->await_continue(1ms));
}

TEST_CASE("an interim response of another kind is no sign from the server") {
    waiting_client client({.deadline = std::chrono::steady_clock::now() + 60s});
    client.server_says(interim);
    CHECK_FALSE(client.answer->await_continue(1ms));
    client.server_says(final_head);
    CHECK(client.answer->await_continue(24h));
}

TEST_CASE("an end while 100 Continue is awaited is unavailable") {
    waiting_client client;
    client.server_ends();
    CHECK(failure_of([&] { client.answer->await_continue(24h); }) == errc::unavailable);
}

TEST_CASE("every call ends with the patience, whatever has arrived") {
    std::stop_source stop;
    stop.request_stop();
    const auto check_all = [](const detail::wait_limits& limits, errc kind) {
        waiting_client client(limits);
        client.server_says(final_head);
        CHECK(failure_of([&] { client.answer->look(); }) == kind);
        CHECK(failure_of([&] { client.answer->await(); }) == kind);
        CHECK(failure_of([&] { client.answer->await_continue(24h); }) == kind);
    };
    check_all({.deadline = detail::steady_time::min()}, errc::timed_out);
    check_all({.stop = stop.get_token()}, errc::cancelled);
}
