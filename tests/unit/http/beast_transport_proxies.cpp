#include <holdfast/http/beast_transport.hpp>

#include <doctest/doctest.h>

#include <string>

#include <tests/support/failures.hpp>
#include <tests/support/http_server.hpp>
#include <tests/support/transport_world.hpp>

using namespace testing_support;

namespace {

// A proxy that opens a tunnel to itself: it then is the server, too.
http_server::script tunnel(const transport_world& world, wire_request& asked, wire_request& inside) {
    return [&](peer& client) {
        asked = client.read_head();
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        client.start_tls(*world.tls);
        for (;;) {
            inside = client.read_request();
            client.write(response_text("200 OK", "inside"));
        }
    };
}

http::transport_options through(const transport_world& world, const http::origin& proxy) {
    http::transport_options options = world.options();
    const http::proxy there{.server = proxy, .authorization = secret("Basic dXNlcjpwYXNz")};
    options.proxies.for_http = there;
    options.proxies.for_https = there;
    return options;
}

}  // namespace

TEST_CASE("a plain request goes through the proxy by its whole URL") {
    const transport_world world;
    wire_request seen;
    http_server proxy(http_server::answering([&](const wire_request& request) {
        seen = request;
        return response_text("200 OK", "x");
    }));
    const http::beast_transport transport(through(world, proxy.origin()));
    CHECK(transport(get({.tls = false, .host = "one.example", .port = 80}, "/a?b")).text == "x");
    CHECK(seen.head.starts_with("GET http://one.example/a?b HTTP/1.1\r\nHost: one.example\r\n"));
    CHECK(seen.header("Proxy-Authorization") == "Basic dXNlcjpwYXNz");
    transport(get({.tls = false, .host = "::1", .port = 8080}, "/"));
    CHECK(seen.head.starts_with("GET http://[::1]:8080/ HTTP/1.1\r\nHost: [::1]:8080\r\n"));
    CHECK(proxy.accepted() == 1);
}

TEST_CASE("a TLS request goes through a tunnel, and the proxy's password stays outside") {
    const transport_world world;
    for (const bool tls : {false, true}) {  // spoken to the proxy
        CAPTURE(tls);
        wire_request asked;
        wire_request inside;
        http_server proxy(tunnel(world, asked, inside), world.tls_if(tls));
        const http::beast_transport transport(through(world, proxy.origin()));
        const http::origin server{.tls = true, .host = "localhost", .port = 4433};
        CHECK(transport(get(server, "/a?b")).text == "inside");
        CHECK(asked.head.starts_with("CONNECT localhost:4433 HTTP/1.1\r\nHost: localhost:4433\r\n"));
        CHECK(asked.header("Proxy-Authorization") == "Basic dXNlcjpwYXNz");
        CHECK(asked.header("User-Agent") == world.options().user_agent);
        CHECK(inside.head.starts_with("GET /a?b HTTP/1.1\r\nHost: localhost:4433\r\n"));
        CHECK(!inside.header("Proxy-Authorization"));
        CHECK(transport(put(server, byte_source::from_text(noise(1'000'000)))).status == 200);
        CHECK((inside.body == noise(1'000'000)));
        CHECK(proxy.accepted() == 1);
    }
}

TEST_CASE("the certificate inside the tunnel has to be the server's") {
    const transport_world world;
    wire_request asked;
    wire_request inside;
    http_server proxy(tunnel(world, asked, inside));
    const http::beast_transport transport(through(world, proxy.origin()));
    CHECK(failure_of([&] { transport(get({.tls = true, .host = "other.example", .port = 443})); }) == errc::untrusted);
    CHECK(inside.head.empty());
}

TEST_CASE("a proxy that refuses is named, without its password") {
    const transport_world world;
    const auto failure_with = [&](const std::string& status) {
        http_server proxy([&](peer& client) {
            client.read_head();
            client.write(response_text(status, "body"));
            client.wait_for_end();
        });
        const http::beast_transport transport(through(world, proxy.origin()));
        http::exchange_state state;
        auto failure = error_of([&] {
            transport(get({.tls = true, .host = "localhost", .port = 443}, "/?X-Amz-Signature=1"), {.state = &state});
        });
        REQUIRE(failure);
        CHECK(!state.sent);
        CHECK(std::string(failure->what()).find("127.0.0.1") != std::string::npos);
        CHECK(std::string(failure->what()).find("dXNl") == std::string::npos);
        return failure->kind();
    };
    CHECK(failure_with("407 Proxy Authentication Required") == errc::access_denied);
    CHECK(failure_with("403 Forbidden") == errc::access_denied);
    CHECK(failure_with("502 Bad Gateway") == errc::unavailable);
}

TEST_CASE("a proxy that talks into the tunnel is refused") {
    const transport_world world;
    http_server proxy([&](peer& client) {
        client.read_head();
        client.write("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        client.wait_for_end();
    });
    const http::beast_transport transport(through(world, proxy.origin()));
    CHECK(failure_of([&] { transport(get({.tls = true, .host = "localhost", .port = 443})); }) == errc::unavailable);
}

TEST_CASE("a server on the list of exceptions is reached directly") {
    const transport_world world;
    http_server proxy(http_server::answering([](const wire_request&) { return response_text("200 OK", "proxy"); }));
    http_server server(http_server::answering([](const wire_request&) { return response_text("200 OK", "server"); }));
    http::transport_options options = through(world, proxy.origin());
    options.proxies.direct = {"127.0.0.1"};
    CHECK(http::beast_transport(options)(get(server.origin())).text == "server");
    CHECK(proxy.accepted() == 0);
}

TEST_CASE("a proxy that can't be used fails the requests that need it, before they are sent") {
    const transport_world world;
    http_server server(http_server::answering([](const wire_request&) { return response_text("200 OK", "server"); }));
    http::transport_options options = world.options();
    const environment::variables values{{"http_proxy", "socks5://proxy"}, {"no_proxy", "127.0.0.1"}};
    options.proxies = http::proxy_settings::from_environment(environment(values, "/", "/"));
    const http::beast_transport transport(options);
    CHECK(transport(get(server.origin())).text == "server");
    http::exchange_state state;
    CHECK(failure_of([&] { transport(get(server.origin("localhost")), {.state = &state}); }) == errc::not_configured);
    CHECK(!state.sent);
    CHECK(server.accepted() == 1);
}

TEST_CASE("a direct request passes by the proxy, whatever the settings say") {
    const transport_world world;
    for (const bool tls : {false, true}) {
        CAPTURE(tls);
        http_server proxy(http_server::answering([](const wire_request&) { return response_text("200 OK", "proxy"); }));
        http_server server(
            http_server::answering([](const wire_request&) { return response_text("200 OK", "server"); }),
            world.tls_if(tls));
        http::request message = get(server.origin());
        message.direct = true;
        CHECK(http::beast_transport(through(world, proxy.origin()))(message).text == "server");
        CHECK(proxy.accepted() == 0);
    }
}
