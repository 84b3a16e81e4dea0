#include <holdfast/http/beast_transport/connector.hpp>

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/core/secret.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/http_server.hpp>
#include <tests/support/transport_world.hpp>

using namespace holdfast;
using namespace holdfast::http;
using namespace testing_support;
using namespace std::chrono_literals;

namespace {

const patience waits("host", 60s, {});

connector_options options_of(const transport_world& world) {
    return {.connect_timeout = 60s,
            .tls_timeout = 60s,
            .tls = {.ca_bundle = world.write_file("ca.pem", world.authority.pem()).string()},
            .user_agent = "agent"};
}

// What a server says on a connection on which it was greeted.
std::string greet(connection& through) {
    constexpr std::string_view greeting = "hello server\n";
    through.send_all(std::as_bytes(std::span(greeting)), waits);
    std::string text;
    while (!text.ends_with('\n')) {
        REQUIRE(through.await_input(waits).status == detail::io_status::done);
        const bytes found = through.input().unread();
        text.append(reinterpret_cast<const char*>(found.data()), found.size());
        through.input().consume(found.size());
    }
    return text;
}

void greet_back(peer& client) {
    client.read_until("hello server\n");
    client.write("hello client\n");
    client.wait_for_end();
}

// A proxy that lets everyone through, in TLS from there on.
http_server::script tunnel_to_itself(const transport_world& world, std::string& head) {
    return [&world, &head](peer& client) {
        head = client.read_head().head;
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        client.start_tls(*world.tls);
        greet_back(client);
    };
}

// A port of this machine that no one listens at.
class closed_port {
public:
    closed_port() : socket_(detail::socket::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))) {
        struct ::sockaddr_in address {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::socklen_t size = sizeof(address);
        auto* const where = reinterpret_cast<struct ::sockaddr*>(&address);
        REQUIRE(::bind(socket_.descriptor(), where, size) == 0);
        REQUIRE(::getsockname(socket_.descriptor(), where, &size) == 0);
        server = {.tls = false, .host = "127.0.0.1", .port = ntohs(address.sin_port)};
    }

    origin server;

private:
    detail::socket socket_;
};

}  // namespace

TEST_CASE("a connection carries bytes both ways, plain and in TLS") {
    const transport_world world;
    connector connects(options_of(world));
    for (const bool tls : {false, true}) {
        CAPTURE(tls);
        http_server server(greet_back, world.tls_if(tls));
        const route way{.first = server.origin()};
        const auto made = connects.connect(way, nullptr, waits);
        CHECK(made->way() == way);
        CHECK((made->bytes_of().plain() == nullptr) == tls);
        CHECK(greet(*made) == "hello client\n");
    }
}

TEST_CASE("a tunnel leads through a proxy, which is asked for the server, plain or in TLS") {
    const transport_world world;
    connector connects(options_of(world));
    for (const bool tls : {false, true}) {
        CAPTURE(tls);
        std::string head;
        auto server = std::make_unique<http_server>(tunnel_to_itself(world, head), world.tls_if(tls));
        const proxy by{.server = server->origin(), .authorization = secret("Basic dXNlcg==")};
        const route way{.first = by.server, .tunnel = origin{.tls = true, .host = "localhost", .port = 9999}};
        const auto made = connects.connect(way, &by, waits);
        CHECK(made->way() == way);
        CHECK(greet(*made) == "hello client\n");
        server.reset();  // the head is its thread's until then
        CHECK(head ==
              "CONNECT localhost:9999 HTTP/1.1\r\nHost: localhost:9999\r\nUser-Agent: agent\r\n"
              "Proxy-Authorization: Basic dXNlcg==\r\n\r\n");
    }
}

TEST_CASE("a dot that ends a server's name is for DNS, not for certificates, SNI and sessions") {
    const transport_world world;
    connector connects(options_of(world));
    struct seen {
        std::string target;
        std::string server_name;
        bool is_resumed = false;
    };
    std::array<seen, 2> found;
    auto server = std::make_unique<http_server>([&](peer& client) {
        const std::string target = client.read_head().target();
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        client.start_tls(*world.tls);
        found.at(client.number()) = {target, client.server_name(), client.is_resumed()};
        greet_back(client);
    });
    const proxy by{.server = server->origin(), .authorization = {}};
    for (const char* name : {"localhost", "localhost."}) {
        const route way{.first = by.server, .tunnel = origin{.tls = true, .host = name, .port = 9999}};
        CHECK(greet(*connects.connect(way, &by, waits)) == "hello client\n");
    }
    server.reset();  // what they saw is its threads' until then
    CHECK(found[0].target == "localhost:9999");
    CHECK(found[1].target == "localhost.:9999");
    CHECK(found[0].server_name == "localhost");
    CHECK(found[1].server_name == "localhost");
    CHECK_FALSE(found[0].is_resumed);
    CHECK(found[1].is_resumed);
}

TEST_CASE("a proxy's refusal is told by its status, and never shows the user") {
    const transport_world world;
    connector connects(options_of(world));
    for (const auto& [answer, kind] : {std::pair{"407 Proxy Authentication Required", errc::access_denied},
                                       {"403 Forbidden", errc::access_denied},
                                       {"502 Bad Gateway", errc::unavailable},
                                       {"301 Moved Permanently", errc::unavailable}}) {
        CAPTURE(answer);
        http_server server(http_server::answering([answer = answer](auto&) { return response_text(answer, "no"); }));
        const proxy by{.server = server.origin(), .authorization = secret("Basic dXNlcg==")};
        const route way{.first = by.server, .tunnel = origin{.tls = true, .host = "localhost", .port = 9999}};
        const auto failure = error_of([&] { connects.connect(way, &by, waits); });
        REQUIRE(failure);
        CHECK(failure->kind() == kind);
        CHECK(std::string_view(failure->what()).find("dXNlcg") == std::string_view::npos);
    }
}

TEST_CASE("a proxy that ends, or speaks into the tunnel, is unavailable") {
    const transport_world world;
    connector connects(options_of(world));
    for (const char* says : {"", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n\r\nunasked", "SSH-2.0-OpenSSH_9.2\r\n"}) {
        CAPTURE(says);
        http_server server([&](peer& client) {
            client.read_head();
            client.write(says);
            client.close();
        });
        const proxy by{.server = server.origin(), .authorization = {}};
        const route way{.first = by.server, .tunnel = origin{.tls = true, .host = "localhost", .port = 9999}};
        CHECK(failure_of([&] { connects.connect(way, &by, waits); }) == errc::unavailable);
    }
}

TEST_CASE("a server that can't prove its name is not trusted, also through a tunnel") {
    const transport_world world;
    connector connects(options_of(world));
    const auto other = make_server_tls(world.authority.issue({.alternative_names = "DNS:other.test"}));
    http_server server(greet_back, other.get());
    CHECK(failure_of([&] { connects.connect({.first = server.origin()}, nullptr, waits); }) == errc::untrusted);

    std::string head;
    http_server proxy_server(tunnel_to_itself(world, head));
    const proxy by{.server = proxy_server.origin(), .authorization = {}};
    const route way{.first = by.server, .tunnel = origin{.tls = true, .host = "other.test", .port = 443}};
    CHECK(failure_of([&] { connects.connect(way, &by, waits); }) == errc::untrusted);
}

TEST_CASE("a server that is not there, or leaves during the handshake, is unavailable") {
    const transport_world world;
    connector connects(options_of(world));
    const closed_port closed;
    CHECK(failure_of([&] { connects.connect({.first = closed.server}, nullptr, waits); }) == errc::unavailable);

    http_server leaving([](peer& client) { client.read_some(); });
    origin server = leaving.origin();
    server.tls = true;
    CHECK(failure_of([&] { connects.connect({.first = server}, nullptr, waits); }) == errc::unavailable);
}

TEST_CASE("no connection is made where the time is over or someone asked to stop") {
    connector connects(connector_options{.connect_timeout = 60s, .tls_timeout = 60s});
    http_server server(greet_back);
    std::stop_source stop;
    stop.request_stop();
    const patience stopped("host", 60s, {.stop = stop.get_token()});
    const patience late("host", 60s, {.deadline = detail::steady_time::min()});
    CHECK(failure_of([&] { connects.connect({.first = server.origin()}, nullptr, stopped); }) == errc::cancelled);
    CHECK(failure_of([&] { connects.connect({.first = server.origin()}, nullptr, late); }) == errc::timed_out);
}

TEST_CASE("a handshake has a time of its own") {
    const transport_world world;
    connector_options options = options_of(world);
    options.tls_timeout = 0ms;
    connector connects(options);
    http_server silent([](peer& client) { client.wait_for_end(); });
    origin server = silent.origin();
    server.tls = true;
    CHECK(failure_of([&] { connects.connect({.first = server}, nullptr, waits); }) == errc::timed_out);
    CHECK(failure_of([&] { connects.connect({.first = silent.origin()}, nullptr, waits); }) == std::nullopt);
}

TEST_CASE("times that the clock can't hold are long ones") {
    const transport_world world;
    connector_options options = options_of(world);
    options.connect_timeout = options.tls_timeout = std::chrono::milliseconds::max();
    connector connects(options);
    http_server server(greet_back, world.tls.get());
    const auto made = connects.connect({.first = server.origin()}, nullptr, waits);
    CHECK(greet(*made) == "hello client\n");
}

TEST_CASE("a certificate file that was named is read at once") {
    const transport_world world;
    connector_options options = options_of(world);
    options.tls.ca_bundle = (world.directory.path() / "missing.pem").string();
    CHECK(failure_of([&] { connector connects(options); }) == errc::not_configured);
}
