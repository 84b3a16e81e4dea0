#include <holdfast/http/beast_transport.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>

#include <holdfast/http/beast_transport/tls_stream.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/http_server.hpp>
#include <tests/support/transport_world.hpp>

using namespace testing_support;
using namespace std::chrono_literals;

namespace {

http_server::script answer_ok() {
    return http_server::answering([](const wire_request&) { return response_text("200 OK", "hello"); });
}

// What becomes of a request to a server with some certificate, by its name.
std::optional<error> failure_with(const transport_world& world, const identity& who, const std::string& host,
                                  const tls_server_wish& wish = {}, bool verify = true) {
    const tls_context_ptr tls = make_server_tls(who, wish);
    http_server server(answer_ok(), tls.get());
    http::transport_options options = world.options();
    options.verify_certificate = verify;
    const http::beast_transport transport(options);
    return error_of([&] { transport(get(server.origin(host))); });
}

}  // namespace

TEST_CASE("a certificate is trusted for the names and addresses in it") {
    const transport_world world;
    CHECK(!failure_with(world, world.authority.issue(), "localhost"));
    CHECK(!failure_with(world, world.authority.issue(), "127.0.0.1"));
    const auto expect_untrusted = [&](const identity& who, const std::string& host) {
        const auto failure = failure_with(world, who, host);
        REQUIRE(failure);
        CHECK(failure->kind() == errc::untrusted);
        CHECK(!failure->is_retryable());
        CHECK(failure->message().find(host) != std::string::npos);
        CHECK(failure->message().find("AWS_CA_BUNDLE") != std::string::npos);
        CHECK(!failure_with(world, who, host, {}, false));
    };
    expect_untrusted(world.authority.issue({.alternative_names = "DNS:other.example"}), "localhost");
    expect_untrusted(world.authority.issue({.alternative_names = "DNS:localhost"}), "127.0.0.1");
    expect_untrusted(world.authority.issue({.alternative_names = "IP:127.0.0.1"}), "localhost");
    expect_untrusted(world.authority.issue({.valid_until = -60}), "localhost");
    expect_untrusted(world.authority.issue({.valid_from = 60}), "localhost");
    expect_untrusted(certificate_authority::self_signed(), "localhost");
    expect_untrusted(certificate_authority().issue(), "localhost");
}

TEST_CASE("without a bundle of one's own a private authority is not trusted") {
    const transport_world world;
    http_server server(answer_ok(), world.tls.get());
    const http::beast_transport transport;
    http::exchange_state state;
    CHECK(failure_of([&] { transport(get(server.origin()), {.state = &state}); }) == errc::untrusted);
    CHECK(!state.sent);
}

TEST_CASE("TLS older than 1.2 is refused, 1.2 is spoken") {
    const transport_world world;
    const auto failure = failure_with(world, world.authority.issue(), "localhost", {.is_weak = true});
    REQUIRE(failure);
    CHECK(failure->kind() == errc::unavailable);
    CHECK(!failure_with(world, world.authority.issue(), "localhost", {.newest = TLS1_2_VERSION}));
}

TEST_CASE("the server's name is announced, an address is not") {
    const transport_world world;
    std::string name = "none";
    http_server server(
        [&](peer& client) {
            client.read_request();
            name = client.server_name();
            client.write(response_text("200 OK", ""));
        },
        world.tls.get());
    const http::beast_transport transport(world.options());
    transport(get(server.origin("localhost")));
    CHECK(name == "localhost");
    transport(get(server.origin("127.0.0.1")));
    CHECK(name == "");
}

TEST_CASE("sessions are resumed") {
    const transport_world world;
    for (const int newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(newest);
        const tls_context_ptr tls = make_server_tls(world.authority.issue(), {.newest = newest});
        std::atomic<int> resumed = 0;
        http_server server(
            [&](peer& client) {
                resumed += client.is_resumed() ? 1 : 0;
                client.read_request();
                client.write(response_text("200 OK", "", "Connection: close\r\n"));
            },
            tls.get());
        const http::beast_transport transport(world.options());
        for (int i = 0; i < 4; ++i) transport(get(server.origin()));
        CHECK(server.accepted() == 4);
        CHECK(resumed == 3);
        http::beast_transport(world.options())(get(server.origin()));
        CHECK(resumed == 3);
    }
}

TEST_CASE("a client shows its certificate where it is asked to") {
    const transport_world world;
    const identity me = world.authority.issue({.alternative_names = "DNS:client"});
    const identity stranger = certificate_authority::self_signed();
    const tls_context_ptr tls = make_server_tls(world.authority.issue(), {.client_ca = world.authority.pem()});
    http_server server(answer_ok(), tls.get());
    http::transport_options options = world.options();
    const auto status_with = [&] { return http::beast_transport(options)(get(server.origin())).status; };

    const auto failure = error_of(status_with);
    REQUIRE(failure);
    CHECK(failure->kind() == errc::access_denied);

    options.client_certificate = world.write_file("me.pem", me.certificate).string();
    options.client_key = world.write_file("me.key", me.key).string();
    CHECK(status_with() == 200);
    options.client_certificate = world.write_file("both.pem", me.certificate + me.key).string();
    options.client_key.clear();
    CHECK(status_with() == 200);
    options.client_certificate = world.write_file("stranger.pem", stranger.certificate + stranger.key).string();
    CHECK(failure_of(status_with) == errc::access_denied);
}

TEST_CASE("certificate files that can't be used are refused at once") {
    const transport_world world;
    const identity me = world.authority.issue();
    const identity other = world.authority.issue();
    const auto kind_with = [&](const std::function<void(http::transport_options&)>& change) {
        http::transport_options options = world.options();
        change(options);
        return failure_of([&] { http::beast_transport{options}; });
    };
    const std::string absent = (world.directory.path() / "absent").string();
    const std::string garbage = world.write_file("garbage", "no PEM").string();
    const std::string certificate = world.write_file("me.pem", me.certificate).string();
    const std::string wrong_key = world.write_file("other.key", other.key).string();
    CHECK(kind_with([&](auto& options) { options.ca_bundle = absent; }) == errc::not_configured);
    CHECK(kind_with([&](auto& options) { options.ca_bundle = garbage; }) == errc::not_configured);
    CHECK(kind_with([&](auto& options) { options.client_certificate = absent; }) == errc::not_configured);
    CHECK(kind_with([&](auto& options) { options.client_certificate = certificate; }) == errc::not_configured);
    CHECK(kind_with([&](auto& options) {
              options.client_certificate = certificate;
              options.client_key = wrong_key;
          }) == errc::not_configured);
}

TEST_CASE("a server that speaks no TLS, or only listens, fails the handshake") {
    const transport_world world;
    http::transport_options options = world.options();
    options.tls_timeout = 50ms;
    const http::beast_transport transport(options);
    const auto kind_with = [&](const http_server::script& run) {
        http_server server(run);
        http::origin there = server.origin();
        there.tls = true;
        http::exchange_state state;
        const auto kind = failure_of([&] { transport(get(there), {.state = &state}); });
        CHECK(!state.sent);
        return kind;
    };
    CHECK(kind_with([](peer& client) {
              client.read_some();
              client.write("HTTP/1.1 400 Bad Request\r\n\r\n");
              client.wait_for_end();
          }) == errc::unavailable);
    CHECK(kind_with([](peer& client) { client.read_some(); }) == errc::unavailable);
    CHECK(kind_with([](peer& client) { client.wait_for_end(); }) == errc::timed_out);
}

TEST_CASE("an answer that comes with the end of the handshake is read") {
    const transport_world world;
    const tls_context_ptr tls = make_server_tls(world.authority.issue(), {.newest = TLS1_2_VERSION});
    const auto speak_first = [](peer& client) {
        client.write(response_text("503 Slow Down", ""));
        client.wait_for_end();
    };
    http::transport_options options = world.options();
    options.idle_timeout = 5s;
    for (int i = 0; i < 10; ++i) {  // whether both arrive together is chance
        http_server server(speak_first, tls.get());
        CHECK(http::beast_transport(options)(get(server.origin())).status == 503);
    }
}

TEST_CASE("AES-128 is preferred where the processor has it") {
    const transport_world world;
    std::string cipher;
    http_server server(
        [&](peer& client) {
            client.read_request();
            cipher = client.cipher();
            client.write(response_text("200 OK", ""));
        },
        world.tls.get());
    http::beast_transport transport(world.options());
    transport(get(server.origin()));
    CHECK(cipher == (detail::has_aes_instructions() ? "TLS_AES_128_GCM_SHA256" : "TLS_CHACHA20_POLY1305_SHA256"));
}
