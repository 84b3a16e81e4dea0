#include <holdfast/http/transport.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/error.hpp>
#include <tests/support/scripted_transport.hpp>

using namespace holdfast;
using testing_support::scripted_transport;

namespace {

// The smallest model.
struct not_found_transport {
    http::response operator()(const http::request&, const http::exchange_options&) const {
        return {.status = 404, .headers = {}, .text = {}};
    }
};

struct not_const {
    http::response operator()(const http::request&, const http::exchange_options&);
};
struct without_options {
    http::response operator()(const http::request&) const;
};
struct answering_status {
    unsigned operator()(const http::request&, const http::exchange_options&) const;
};
struct changing_the_request {
    http::response operator()(http::request&, const http::exchange_options&) const;
};
struct changing_the_options {
    http::response operator()(const http::request&, http::exchange_options&) const;
};
struct move_only : not_found_transport {
    move_only(move_only&&) = default;
};

static_assert(http::transport<not_found_transport>);
static_assert(http::transport<scripted_transport>);
static_assert(http::transport<http::any_transport>);
static_assert(http::transport<http::response (*)(const http::request&, const http::exchange_options&)>);
static_assert(!http::transport<not_const>);
static_assert(!http::transport<without_options>);
static_assert(!http::transport<answering_status>);
static_assert(!http::transport<changing_the_request>);
static_assert(!http::transport<changing_the_options>);
static_assert(!http::transport<move_only>);
static_assert(!http::transport<int>);

http::request asking_for(std::string target) {
    http::request message;
    message.server = {false, "server", 80};
    message.target = std::move(target);
    return message;
}

http::response answering(unsigned status, std::string text) {
    return {.status = status, .headers = {}, .text = std::move(text)};
}

}  // namespace

TEST_CASE("any transport holds a model") {
    const http::any_transport any = not_found_transport{};
    CHECK(any(asking_for("/a"), {}).status == 404);
}

TEST_CASE("an exchange's options ask for nothing by default") {
    const http::exchange_options options;
    CHECK_FALSE(options.destination);
    CHECK(options.text_limit == 67'108'864);
    CHECK(options.deadline == std::chrono::steady_clock::time_point::max());
    CHECK_FALSE(options.stop.stop_possible());
    CHECK(options.state == nullptr);
    CHECK_FALSE(http::exchange_state{}.sent);
    CHECK(http::exchange_state{}.delivered == 0);
}

TEST_CASE("a scripted transport answers in order and keeps what it was asked") {
    const auto server = scripted_transport::in_order({answering(200, "one"), answering(500, "two")});
    const http::any_transport copy = server;
    http::request first = asking_for("/1");
    first.body = byte_source::from_text("sent");
    http::exchange_state state;
    CHECK(copy(first, {.state = &state}).text == "one");
    CHECK(state.sent);
    const auto second = server(asking_for("/2"), {});
    CHECK(second.status == 500);
    CHECK(second.text == "two");
    try {
        server(asking_for("/3"), {});
        FAIL_CHECK("the script went on");
    } catch (const error& met) {
        CHECK(met.kind() == errc::unavailable);
    }
    REQUIRE(server.requests().size() == 3);
    CHECK(server.requests()[0].target == "/1");
    CHECK(testing_support::body_of(server.requests()[0]) == "sent");
    CHECK(server.requests()[2].target == "/3");
}

TEST_CASE("a scripted transport delivers to the sink that the reader names") {
    const scripted_transport server([](const http::request& message) { return answering(206, message.target); });
    memory_sink sink;
    http::exchange_state state;
    unsigned seen = 0;
    const auto choose = [&](const http::response& answer) -> http::body_destination {
        seen = answer.status;
        CHECK(answer.text.empty());
        return {.sink = &sink, .offset = 2};
    };
    const auto answer = server(asking_for("/ab"), {.destination = choose, .state = &state});
    CHECK(seen == 206);
    CHECK(answer.text.empty());
    CHECK(sink.text() == std::string("\0\0/ab", 5));
    CHECK(state.delivered == 3);
    const auto refuse = [](const http::response&) { return http::body_destination{}; };
    CHECK(server(asking_for("/cd"), {.destination = refuse}).text == "/cd");
}

TEST_CASE("a scripted transport serves many threads") {
    const scripted_transport server([](const http::request& message) { return answering(200, message.target); });
    std::atomic<unsigned> right = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&, target = "/" + std::to_string(i)] {
                for (int n = 0; n < 50; ++n) {
                    if (server(asking_for(target), {}).text == target) ++right;
                }
            });
        }
    }
    CHECK(right == 200);
    CHECK(server.requests().size() == 200);
}

TEST_CASE("the network fails at every request in turn") {
    for (const bool reaches_server : {false, true}) {
        CAPTURE(reaches_server);
        std::vector<std::size_t> failed;
        std::vector<bool> sent;
        std::size_t runs = 0;
        const std::size_t steps = testing_support::fail_at_every_request(
            not_found_transport{}, reaches_server, [&](const http::any_transport& unsafe) {
                ++runs;
                for (const char* target : {"/1", "/2", "/3"}) {
                    http::exchange_state state;
                    try {
                        unsafe(asking_for(target), {.state = &state});
                    } catch (const error& met) {
                        CHECK(met.kind() == errc::unavailable);
                        failed.push_back(static_cast<std::size_t>(target[1] - '0'));
                        sent.push_back(state.sent);
                        return;
                    }
                }
            });
        CHECK(steps == 3);
        CHECK(runs == 4);
        CHECK(failed == std::vector<std::size_t>{1, 2, 3});
        CHECK(sent == std::vector<bool>(3, reaches_server));
    }
}

TEST_CASE("the failing request reaches the server only where it is said to") {
    for (const bool reaches_server : {false, true}) {
        const scripted_transport server([](const http::request&) { return answering(200, ""); });
        const std::size_t steps =
            testing_support::fail_at_every_request(server, reaches_server, [&](const http::any_transport& unsafe) {
                try {
                    unsafe(asking_for("/a"), {});
                } catch (const error&) {
                    unsafe(asking_for("/again"), {});
                }
            });
        CHECK(steps == 1);
        std::vector<std::string> targets;
        for (const auto& each : server.requests()) targets.push_back(each.target);
        using list = std::vector<std::string>;
        CHECK(targets == (reaches_server ? list{"/a", "/again", "/a"} : list{"/again", "/a"}));
    }
}
