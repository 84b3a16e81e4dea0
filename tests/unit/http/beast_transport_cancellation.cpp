#include <holdfast/http/beast_transport.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <latch>
#include <stop_token>
#include <string>
#include <thread>

#include <tests/support/failures.hpp>
#include <tests/support/http_server.hpp>
#include <tests/support/transport_world.hpp>

using namespace testing_support;

namespace {

// A request that a server brings to a standstill, and says so; it is then cancelled.
void expect_cancelled(const std::function<void(peer&, std::latch&)>& run, bool tls, bool server_speaks_tls,
                      const byte_source& body) {
    const transport_world world;
    std::latch stalled(1);
    http_server server([&](peer& client) { run(client, stalled); }, world.tls_if(tls && server_speaks_tls));
    const http::beast_transport transport(world.options());
    std::stop_source stop;
    http::origin there = server.origin();
    there.tls = tls;
    std::thread canceller([&] {
        stalled.wait();
        stop.request_stop();
    });
    CHECK(failure_of([&] { transport(put(there, body), {.stop = stop.get_token()}); }) == errc::cancelled);
    canceller.join();
}

}  // namespace

TEST_CASE("a request is cancelled in every phase") {
    const byte_source small = byte_source::from_text("x");
    const byte_source large = byte_source::from_text(std::string(50'000'000, 'x'));
    const auto silent = [](peer& client, std::latch& stalled) {
        client.read_some();
        stalled.count_down();
        client.wait_for_end();
    };
    expect_cancelled(silent, true, false, small);  // in the handshake
    for (const bool tls : {false, true}) {
        CAPTURE(tls);
        const auto deaf = [](peer& client, std::latch& stalled) {
            client.read_some();
            stalled.count_down();
            client.wait_for_cut();
        };
        expect_cancelled(deaf, tls, true, large);
        expect_cancelled(silent, tls, true, small);
        const auto half = [](peer& client, std::latch& stalled) {
            client.read_some();
            client.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234");
            stalled.count_down();
            client.wait_for_end();
        };
        expect_cancelled(half, tls, true, small);
        const auto endless = [](peer& client, std::latch& stalled) {
            client.read_some();
            client.write("HTTP/1.1 200 OK\r\n\r\n1234");
            stalled.count_down();
            client.wait_for_end();
        };
        expect_cancelled(endless, tls, true, small);
    }
}

TEST_CASE("who has asked to stop sends nothing") {
    const transport_world world;
    http_server server(http_server::answering([](const wire_request&) { return response_text("200 OK", ""); }));
    const http::beast_transport transport(world.options());
    std::stop_source stop;
    stop.request_stop();
    http::exchange_state state;
    CHECK(failure_of([&] { transport(get(server.origin()), {.stop = stop.get_token(), .state = &state}); }) ==
          errc::cancelled);
    CHECK(!state.sent);
    CHECK(server.accepted() == 0);
}

TEST_CASE("a wish to stop after the answer leaves no broken connection behind") {
    const transport_world world;
    http_server server(http_server::answering([](const wire_request&) { return response_text("200 OK", "12345"); }));
    const http::beast_transport transport(world.options());
    std::stop_source stop;
    const auto destination = [&](const http::response&) {
        stop.request_stop();  // the body is here already
        return http::body_destination{};
    };
    CHECK(transport(get(server.origin()), {.destination = destination, .stop = stop.get_token()}).text == "12345");
    CHECK(transport(get(server.origin())).text == "12345");
    CHECK(server.accepted() == 2);
}

TEST_CASE("other exchanges go on when one is cancelled") {
    const transport_world world;
    http_server server(http_server::answering([](const wire_request&) { return response_text("200 OK", "12345"); }));
    const http::beast_transport transport(world.options());
    for (int i = 0; i < 50; ++i) {
        std::stop_source stop;
        std::thread canceller([&] { stop.request_stop(); });
        try {
            const http::response answer = transport(get(server.origin()), {.stop = stop.get_token()});
            CHECK(answer.text == "12345");
        } catch (const error& failure) {
            CHECK(failure.kind() == errc::cancelled);
        }
        CHECK(transport(get(server.origin())).text == "12345");
        canceller.join();
    }
}
