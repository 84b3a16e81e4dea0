#include <holdfast/http/beast_transport.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <tests/support/failures.hpp>
#include <tests/support/http_server.hpp>
#include <tests/support/transport_world.hpp>
#include <tests/support/tree_building.hpp>

using namespace testing_support;

namespace {

// One response for one request, plain and in TLS, whole and byte by byte.
void expect_body(const std::string& wire, const std::string& body, bool closes = false) {
    const transport_world world;
    for (const bool tls : {false, true}) {
        for (const bool bytewise : {false, true}) {
            CAPTURE(tls);
            CAPTURE(bytewise);
            http_server server(
                [&](peer& client) {
                    for (;;) {
                        client.read_request();
                        bytewise ? client.write_bytewise(wire) : client.write(wire);
                        if (closes) return client.close();
                    }
                },
                world.tls_if(tls));
            const http::beast_transport transport(world.options());
            const http::response answer = transport(get(server.origin()));
            CHECK(answer.status == 200);
            CHECK(answer.text == body);
            memory_sink sink;
            http::exchange_state state;
            transport(get(server.origin()), {.destination =
                                                 [&](const http::response&) {
                                                     return http::body_destination{&sink, 0};
                                                 },
                                             .state = &state});
            CHECK(sink.text() == body);
            CHECK(state.delivered == body.size());
            CHECK(server.accepted() == (closes ? 2 : 1));
        }
    }
}

}  // namespace

TEST_CASE("a body ends where its length says") {
    expect_body(response_text("200 OK", "hello"), "hello");
    expect_body(response_text("200 OK", ""), "");
}

TEST_CASE("a chunked body is put together") {
    expect_body(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5;name=value\r\nhello\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\nx-trailer: 1\r\n\r\n",
        "hello 0123456789");
    expect_body("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", "");
}

TEST_CASE("a body without a frame ends with the connection") {
    expect_body("HTTP/1.1 200 OK\r\n\r\nhello", "hello", true);
    expect_body("HTTP/1.0 200 OK\r\n\r\nhello", "hello", true);
}

TEST_CASE("interim responses are passed over") {
    expect_body("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
                    response_text("200 OK", "hello"),
                "hello");
}

TEST_CASE("a response without a body has none, whatever its fields say") {
    const transport_world world;
    http_server server([](peer& client) {
        client.read_request();
        client.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nETag: \"e\"\r\n\r\n");
        client.read_request();
        client.write("HTTP/1.1 204 No Content\r\n\r\n");
        client.read_request();
        client.write("HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n");
        client.wait_for_end();
    });
    const http::beast_transport transport(world.options());
    http::request head = get(server.origin());
    head.method = "HEAD";
    const http::response found = transport(head);
    CHECK(*found.headers.find("content-length") == "1000");
    CHECK(*found.headers.find("etag") == "\"e\"");
    CHECK(transport(get(server.origin())).status == 204);
    CHECK(transport(get(server.origin())).status == 304);
    CHECK(server.accepted() == 1);
}

TEST_CASE("the request on the wire") {
    const transport_world world;
    wire_request seen;
    http_server server(http_server::answering([&](const wire_request& request) {
        seen = request;
        return response_text("200 OK", "");
    }));
    const http::beast_transport transport(world.options());
    const std::string host = "127.0.0.1:" + std::to_string(server.origin().port);

    http::request message = get(server.origin(), "/a%20b?c=d");
    message.headers.add("X-One", "1");
    message.headers.add("host", "elsewhere");
    message.headers.add("Content-length", "7");
    transport(message);
    CHECK(seen.head == "GET /a%20b?c=d HTTP/1.1\r\nHost: " + host +
                           "\r\nX-One: 1\r\nUser-Agent: " + world.options().user_agent + "\r\n\r\n");

    message = put(server.origin(), byte_source::from_text("body"));
    message.headers.add("user-agent", "mine");
    transport(message);
    CHECK(seen.head == "PUT / HTTP/1.1\r\nHost: " + host + "\r\nuser-agent: mine\r\nContent-Length: 4\r\n\r\n");
    CHECK(seen.body == "body");

    transport(put(server.origin(), {}));
    CHECK(seen.header("Content-Length") == "0");
}

TEST_CASE("a request that would break the header is refused before anything is sent") {
    const http::beast_transport transport;
    http::exchange_state state;
    for (const std::string target : {"/a b", "/a\r\nX: y", "", "a", "/\xC3\xA9"}) {
        CAPTURE(target);
        const auto failure = error_of(
            [&] { transport(get({.tls = false, .host = "127.0.0.1", .port = 9}, target), {.state = &state}); });
        REQUIRE(failure);
        CHECK(failure->kind() == errc::invalid_argument);
        CHECK(!state.sent);
    }
    http::request message = get({.tls = false, .host = "127.0.0.1", .port = 9});
    message.method = "GET /x HTTP/1.1\r\n";
    CHECK(failure_of([&] { transport(message); }) == errc::invalid_argument);
}

TEST_CASE("a user agent that would break the header is refused at once") {
    for (const char* bad : {"agent\r\nX-Two: 2", "agent\n", "\x7F"}) {
        CAPTURE(bad);
        http::transport_options options;
        options.user_agent = bad;
        CHECK(failure_of([&] { http::beast_transport transport(options); }) == errc::invalid_argument);
    }
}

TEST_CASE("the response decides where its body goes") {
    const transport_world world;
    http_server server(http_server::answering([](const wire_request& request) {
        return request.target() == "/there" ? response_text("200 OK", "content") : response_text("404 No", "<Error/>");
    }));
    const http::beast_transport transport(world.options());
    memory_sink sink(3);
    const auto destination = [&](const http::response& answer) {
        CHECK(answer.text.empty());
        return answer.status == 200 ? http::body_destination{&sink, 3} : http::body_destination{};
    };
    http::exchange_state state;
    CHECK(transport(get(server.origin(), "/missing"), {.destination = destination, .state = &state}).text ==
          "<Error/>");
    CHECK(state.sent);
    CHECK(state.delivered == 0);
    CHECK(transport(get(server.origin(), "/there"), {.destination = destination, .state = &state}).text == "");
    CHECK(sink.text() == "content");
    CHECK(state.delivered == 7);
}

TEST_CASE("a large body goes into a file, plain and in TLS, with and without a length") {
    const transport_world world;
    const std::string body = noise(3'000'001);
    for (const bool tls : {false, true}) {
        for (const bool chunked : {false, true}) {
            CAPTURE(tls);
            CAPTURE(chunked);
            http_server server(http_server::answering([&](const wire_request&) {
                                   if (!chunked) return response_text("200 OK", body);
                                   return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n" +
                                          body.substr(0, 0x100000) + "\r\n" + "1dc6c1\r\n" + body.substr(0x100000) +
                                          "\r\n0\r\n\r\n";
                               }),
                               world.tls_if(tls));
            const http::beast_transport transport(world.options());
            const auto path = world.directory.path() / ("file" + std::to_string(tls) + std::to_string(chunked));
            file_sink sink(path);
            http::exchange_state state;
            const auto destination = [&](const http::response&) { return http::body_destination{&sink, 10}; };
            transport(get(server.origin()), {.destination = destination, .state = &state});
            sink.close();
            CHECK(tree_building::read_file(path) == std::string(10, '\0') + body);
            CHECK(state.delivered == body.size());
            transport(get(server.origin()));
            CHECK(server.accepted() == 1);
        }
    }
}

TEST_CASE("a text is limited, a sink is not") {
    const transport_world world;
    const std::string body(1000, 'x');
    http_server server(http_server::answering([&](const wire_request& request) {
        if (request.target() == "/length") return response_text("200 OK", body);
        return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + body + "\r\n0\r\n\r\n";
    }));
    const http::beast_transport transport(world.options());
    for (const std::string target : {"/length", "/chunks"}) {
        CAPTURE(target);
        CHECK(transport(get(server.origin(), target), {.text_limit = 1000}).text == body);
        CHECK(failure_of([&] { transport(get(server.origin(), target), {.text_limit = 999}); }) == errc::too_large);
        memory_sink sink;
        const auto destination = [&](const http::response&) { return http::body_destination{&sink, 0}; };
        transport(get(server.origin(), target), {.destination = destination, .text_limit = 1});
        CHECK(sink.text() == body);
    }
}
