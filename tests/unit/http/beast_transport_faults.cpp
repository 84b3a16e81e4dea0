#include <holdfast/http/beast_transport.hpp>

#include <doctest/doctest.h>

#include <sys/socket.h>

#include <chrono>
#include <latch>
#include <string>
#include <vector>

#include <tests/support/failures.hpp>
#include <tests/support/http_server.hpp>
#include <tests/support/transport_world.hpp>
#include <tests/support/tree_building.hpp>

using namespace testing_support;
using namespace std::chrono_literals;

namespace {

// What becomes of one GET when the server runs a script.
std::optional<error> failure_with(const http_server::script& run, bool tls = false) {
    const transport_world world;
    http_server server(run, world.tls_if(tls));
    const http::beast_transport transport(world.options());
    return error_of([&] { transport(get(server.origin())); });
}

// The kind of failure after the server has written a text and ended.
errc kind_after(const std::string& wire) {
    const auto failure = failure_with([&](peer& client) {
        client.read_request();
        client.write(wire);
        client.close();
        client.wait_for_end();
    });
    return failure ? failure->kind() : errc{};
}

}  // namespace

TEST_CASE("what is not HTTP, or contradicts itself, is refused") {
    const auto failure = failure_with([](peer& client) {
        client.read_request();
        client.write("SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n");
        client.wait_for_end();
    });
    REQUIRE(failure);
    CHECK(failure->kind() == errc::unavailable);
    CHECK(failure->message().find("not HTTP") != std::string::npos);

    CHECK(kind_after("HTTP/2.0 200 OK\r\n\r\n") == errc::unavailable);
    CHECK(kind_after("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd") == errc::unavailable);
    CHECK(kind_after("HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc") == errc::unavailable);
    CHECK(kind_after("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") ==
          errc::unavailable);
    CHECK(kind_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n") ==
          errc::unavailable);
    CHECK(kind_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n") == errc::unavailable);
    CHECK(kind_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc") == errc::unavailable);
    CHECK(kind_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc") == errc::unavailable);
    CHECK(kind_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n") ==
          errc::unavailable);
    CHECK(kind_after("HTTP/1.1 200 OK\r\nbad name: 1\r\n\r\n") == errc::unavailable);
    CHECK(kind_after("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n") == errc::unavailable);
}

TEST_CASE("a header without end is refused") {
    const std::string field = "X-Padding: " + std::string(1000, 'x') + "\r\n";
    std::string header = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 70; ++i) header += field;
    CHECK(kind_after(header + "\r\n") == errc::too_large);
    CHECK(kind_after("HTTP/1.1 200 OK\r\nX: " + std::string(300'000, 'x')) == errc::too_large);
    CHECK(kind_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(600'000, 'x')) ==
          errc::too_large);
}

TEST_CASE("interim responses without end are refused") {
    const auto failure = failure_with([](peer& client) {
        client.read_request();
        for (;;) client.write("HTTP/1.1 100 Continue\r\n\r\n");
    });
    REQUIRE(failure);
    CHECK(failure->kind() == errc::unavailable);
}

TEST_CASE("a body that is cut off is no body") {
    for (const bool tls : {false, true}) {
        for (const bool resets : {false, true}) {
            CAPTURE(tls);
            CAPTURE(resets);
            const auto failure = failure_with(
                [&](peer& client) {
                    client.read_request();
                    client.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234");
                    resets ? client.reset() : client.close();
                    client.wait_for_end();
                },
                tls);
            REQUIRE(failure);
            CHECK(failure->kind() == errc::unavailable);
            CHECK(failure->is_retryable());
            // a reset may overtake what was sent before it
            CHECK((resets || failure->message().find("after 4 of 10 bytes") != std::string::npos));
        }
    }
    CHECK(kind_after("") == errc::unavailable);
    CHECK(kind_after("HTTP/1.1 200 OK\r\nContent-Le") == errc::unavailable);
    CHECK(kind_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel") == errc::unavailable);
    CHECK(kind_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n") == errc::unavailable);
}

TEST_CASE(
    "a body that ends with the connection is cut off by a reset, and in TLS by an end that TLS does not announce") {
    for (const bool tls : {false, true}) {
        CAPTURE(tls);
        const auto failure = failure_with(
            [&](peer& client) {
                client.read_request();
                client.write("HTTP/1.1 200 OK\r\n\r\nhello");
                client.reset();
            },
            tls);
        REQUIRE(failure);
        CHECK(failure->kind() == errc::unavailable);
    }
}

TEST_CASE("what was delivered before a cut is counted") {
    const transport_world world;
    const std::string part = noise(700'000);
    http_server server([&](peer& client) {
        client.read_request();
        client.write("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + part);
        client.close();
        client.wait_for_end();
    });
    const http::beast_transport transport(world.options());
    const auto path = world.directory.path() / "part";
    file_sink sink(path);
    http::exchange_state state;
    const auto destination = [&](const http::response&) { return http::body_destination{&sink, 0}; };
    CHECK(failure_of([&] { transport(get(server.origin()), {.destination = destination, .state = &state}); }) ==
          errc::unavailable);
    CHECK(state.delivered == part.size());
    CHECK(tree_building::read_file(path) == part);
}

TEST_CASE("a failure of the sink ends the exchange and its connection") {
    const transport_world world;
    http_server server(http_server::answering([](const wire_request&) { return response_text("200 OK", "12345"); }));
    const http::beast_transport transport(world.options());
    memory_sink sink(0, 3);
    const auto destination = [&](const http::response&) { return http::body_destination{&sink, 0}; };
    CHECK(failure_of([&] { transport(get(server.origin()), {.destination = destination}); }) == errc::too_large);
    CHECK(transport(get(server.origin())).text == "12345");
    CHECK(server.accepted() == 2);
}

TEST_CASE("a server that is not there is unavailable, and nothing was sent") {
    http::origin gone;
    {
        const http_server server([](peer&) {});
        gone = server.origin();
    }
    const http::beast_transport transport;
    http::exchange_state state;
    const auto failure = error_of([&] { transport(get(gone), {.state = &state}); });
    REQUIRE(failure);
    CHECK(failure->kind() == errc::unavailable);
    CHECK(failure->operation() == "connect");
    CHECK(!state.sent);
}

TEST_CASE("a silent server is left after the idle time, in every phase") {
    const transport_world world;
    http::transport_options options = world.options();
    options.idle_timeout = 50ms;
    const http::beast_transport transport(options);
    const auto kind = [&](const http_server::script& run, const http::request& message, bool tls) {
        http_server server(run, world.tls_if(tls));
        http::request there = message;
        there.server = server.origin();
        return failure_of([&] { transport(there); });
    };
    const byte_source large = byte_source::from_text(std::string(50'000'000, 'x'));
    for (const bool tls : {false, true}) {
        CAPTURE(tls);
        const auto silent = [](peer& client) {
            client.read_head();
            client.wait_for_end();
        };
        CHECK(kind(silent, get({}), tls) == errc::timed_out);
        const auto half = [](peer& client) {
            client.read_head();
            client.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234");
            client.wait_for_end();
        };
        CHECK(kind(half, get({}), tls) == errc::timed_out);
        std::latch over(1);
        const auto deaf = [&](peer& client) {
            client.read_head();
            over.wait();
        };
        http_server server(deaf, world.tls_if(tls));
        CHECK(failure_of([&] { transport(put(server.origin(), large)); }) == errc::timed_out);
        over.count_down();
    }
}

TEST_CASE("a server that sends a little all the time meets the deadline") {
    const transport_world world;
    for (const bool tls : {false, true}) {
        CAPTURE(tls);
        http_server server(
            [](peer& client) {
                client.read_request();
                client.write("HTTP/1.1 200 OK\r\n\r\n");
                for (;;) client.write("x");
            },
            world.tls_if(tls));
        const http::beast_transport transport(world.options());
        CHECK(failure_of([&] {
                  transport(get(server.origin()),
                            {.text_limit = UINT64_MAX, .deadline = std::chrono::steady_clock::now() + 100ms});
              }) == errc::timed_out);
    }
}

TEST_CASE("a deadline that has passed sends nothing") {
    const transport_world world;
    http_server server(http_server::answering([](const wire_request&) { return response_text("200 OK", ""); }));
    const http::beast_transport transport(world.options());
    http::exchange_state state;
    const auto past = std::chrono::steady_clock::now() - 1ms;
    CHECK(failure_of([&] { transport(get(server.origin()), {.deadline = past, .state = &state}); }) == errc::timed_out);
    CHECK(!state.sent);
    CHECK(server.accepted() == 0);
}
