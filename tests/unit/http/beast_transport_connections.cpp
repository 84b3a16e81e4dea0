#include <holdfast/http/beast_transport.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include <tests/support/failures.hpp>
#include <tests/support/http_server.hpp>
#include <tests/support/transport_world.hpp>

using namespace testing_support;
using namespace std::chrono_literals;

namespace {

// Answers with the connection's number.
http_server::script tell_number() {
    return [](peer& client) {
        for (;;) {
            client.read_request();
            client.write(response_text("200 OK", std::to_string(client.number())));
        }
    };
}

// Serves `kept` requests on the first connection, then ends it at the next, which it may read before; other
// connections answer.
http_server::script break_first(std::size_t kept, bool reads, std::size_t& requests) {
    return [=, &requests](peer& client) {
        for (std::size_t i = 0; client.number() > 0 || i < kept; ++i) {
            client.read_request();
            ++requests;
            client.write(response_text("200 OK", std::to_string(client.number())));
        }
        if (reads) {
            client.read_request();
            ++requests;
        }
    };
}

http::request with_method(const http::origin& server, const std::string& method) {
    http::request message = get(server);
    message.method = method;
    if (method == "PUT" || method == "POST") message.body = byte_source::from_text("x");
    return message;
}

}  // namespace

TEST_CASE("the connection used last is used next") {
    const transport_world world;
    for (const bool tls : {false, true}) {
        CAPTURE(tls);
        std::latch both(2);
        http_server server(
            [&](peer& client) {
                for (;;) {
                    const wire_request request = client.read_request();
                    if (request.target() == "/both") both.arrive_and_wait();
                    client.write(response_text("200 OK", std::to_string(client.number())));
                }
            },
            world.tls_if(tls));
        const http::beast_transport transport(world.options());
        std::thread other([&] { transport(get(server.origin(), "/both")); });
        transport(get(server.origin(), "/both"));
        other.join();
        const std::string latest = transport(get(server.origin())).text;
        for (int i = 0; i < 5; ++i) CHECK(transport(get(server.origin())).text == latest);
        CHECK(server.accepted() == 2);
    }
}

TEST_CASE("connections are kept by server") {
    const transport_world world;
    http_server first(tell_number());
    http_server second(tell_number());
    const http::beast_transport transport(world.options());
    for (int i = 0; i < 3; ++i) {
        transport(get(first.origin()));
        transport(get(second.origin()));
    }
    CHECK(first.accepted() == 1);
    CHECK(second.accepted() == 1);
}

TEST_CASE("no more idle connections are kept than asked for, and none longer") {
    const transport_world world;
    http_server first(tell_number());
    http_server second(tell_number());
    http::transport_options options = world.options();
    options.idle_connections = 1;
    const http::beast_transport one(options);
    one(get(first.origin()));
    one(get(second.origin()));
    one(get(second.origin()));
    one(get(first.origin()));
    CHECK(first.accepted() == 2);
    CHECK(second.accepted() == 1);

    options.keep_alive = 0s;
    const http::beast_transport forgetful(options);
    http_server third(tell_number());
    forgetful(get(third.origin()));
    forgetful(get(third.origin()));
    CHECK(third.accepted() == 2);
}

TEST_CASE("a server that wants the connection closed is obeyed") {
    const transport_world world;
    for (const std::string start : {"HTTP/1.1 200 OK\r\nConnection: close\r\n", "HTTP/1.0 200 OK\r\n"}) {
        CAPTURE(start);
        http_server server(
            http_server::answering([&](const wire_request&) { return start + "Content-Length: 1\r\n\r\nx"; }));
        const http::beast_transport transport(world.options());
        CHECK(transport(get(server.origin())).text == "x");
        CHECK(transport(get(server.origin())).text == "x");
        CHECK(server.accepted() == 2);
    }
    http_server old(http_server::answering([&](const wire_request&) {
        return "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx";
    }));
    const http::beast_transport transport(world.options());
    transport(get(old.origin()));
    transport(get(old.origin()));
    CHECK(old.accepted() == 1);
}

TEST_CASE("a connection with bytes that no one asked for is not used again") {
    const transport_world world;
    http_server server(http_server::answering(
        [](const wire_request&) { return response_text("200 OK", "x") + response_text("200 OK", "poison"); }));
    const http::beast_transport transport(world.options());
    CHECK(transport(get(server.origin())).text == "x");
    CHECK(transport(get(server.origin())).text == "x");
    CHECK(server.accepted() == 2);
}

TEST_CASE("a connection that the server closed meanwhile is replaced without notice") {
    const transport_world world;
    for (const bool tls : {false, true}) {
        for (const bool posts : {false, true}) {
            CAPTURE(tls);
            CAPTURE(posts);
            std::latch closed(1);
            http_server server(
                [&](peer& client) {
                    client.read_request();
                    client.write(response_text("200 OK", "x"));
                    if (client.number() > 0) return client.wait_for_end();
                    client.close();
                    closed.count_down();
                    client.wait_for_end();
                },
                world.tls_if(tls));
            const http::beast_transport transport(world.options());
            transport(get(server.origin()));
            closed.wait();
            CHECK(transport(with_method(server.origin(), posts ? "POST" : "GET")).text == "x");
            CHECK(server.accepted() == 2);
        }
    }
}

TEST_CASE("a kept connection that breaks under a request is replaced once, where the request can be repeated") {
    const transport_world world;
    for (const bool tls : {false, true}) {
        for (const std::string method : {"GET", "HEAD", "PUT", "DELETE"}) {
            CAPTURE(tls);
            CAPTURE(method);
            std::size_t requests = 0;
            {
                http_server server(break_first(1, true, requests), world.tls_if(tls));
                const http::beast_transport transport(world.options());
                transport(get(server.origin()));
                http::request message = with_method(server.origin(), method);
                CHECK(transport(message).status == 200);
                CHECK(server.accepted() == 2);
            }
            CHECK(requests == 3);
        }
    }
}

TEST_CASE("what the server may have acted on is not repeated without notice") {
    const transport_world world;
    const auto fails = [&](const std::function<void(http::request&)>& change) {
        std::size_t requests = 0;
        http_server server(break_first(1, true, requests));
        const http::beast_transport transport(world.options());
        transport(get(server.origin()));
        http::request message = with_method(server.origin(), "PUT");
        change(message);
        http::exchange_state state;
        const auto kind = failure_of([&] { transport(message, {.state = &state}); });
        return kind == errc::unavailable && state.sent && server.accepted() == 1;
    };
    CHECK(fails([](http::request& message) { message.method = "POST"; }));
    CHECK(fails([](http::request& message) { message.headers.add("If-None-Match", "*"); }));
    CHECK(fails([](http::request& message) { message.headers.add("if-match", "\"e\""); }));
    CHECK(fails([](http::request& message) {
        message.body = {};
        message.stream = [](std::span<std::byte>) { return std::size_t{0}; };
    }));
}

TEST_CASE("a new connection that breaks is not replaced") {
    const transport_world world;
    http_server server([](peer& client) { client.read_request(); });
    const http::beast_transport transport(world.options());
    CHECK(failure_of([&] { transport(get(server.origin())); }) == errc::unavailable);
    CHECK(server.accepted() == 1);
}

TEST_CASE("a response that is cut off on a kept connection is not asked for again") {
    const transport_world world;
    http_server server([](peer& client) {
        client.read_request();
        client.write(response_text("200 OK", "x"));
        client.read_request();
        client.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx");
    });
    const http::beast_transport transport(world.options());
    transport(get(server.origin()));
    CHECK(failure_of([&] { transport(get(server.origin())); }) == errc::unavailable);
    CHECK(server.accepted() == 1);
}

TEST_CASE("many threads share the connections of one transport") {
    const transport_world world;
    for (const bool tls : {false, true}) {
        CAPTURE(tls);
        http_server server(http_server::answering([](const wire_request& request) {
                               return response_text("200 OK", request.target() + request.body);
                           }),
                           world.tls_if(tls));
        const http::beast_transport transport(world.options());
        std::atomic<int> wrong = 0;
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&, t, copy = transport] {
                for (int i = 0; i < 50; ++i) {
                    const std::string text = std::to_string(t) + "-" + std::to_string(i);
                    http::request message = put(server.origin(), byte_source::from_text(text));
                    message.target = "/" + text;
                    if (copy(message).text != "/" + text + text) ++wrong;
                }
            });
        }
        for (auto& one : threads) one.join();
        CHECK(wrong == 0);
        CHECK(server.accepted() <= 4);
    }
}
