#include <holdfast/http/beast_transport/tls_stream.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/socket.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/http_server.hpp>
#include <tests/support/transport_world.hpp>

using namespace holdfast;
using namespace holdfast::http;
using namespace testing_support;
using namespace std::chrono_literals;

namespace {

// A client of TLS that waits in place of its stream.
class tls_client {
public:
    tls_client(const tls_context& context, const http_server& server, std::string host = "localhost") {
        const origin where = server.origin();
        auto wire = detail::connect_to_any(detail::look_up(where.host, where.port, {}), where.host, {});
        auto below = std::make_unique<plain_stream>(std::move(wire));
        wire_ = below->plain();
        stream.emplace(context, std::move(below), std::move(host), "session");
    }

    void shake_hands() {
        for (detail::io_step step; (step = stream->handshake()).status != detail::io_status::done;) {
            if (step.status != detail::io_status::blocked) throw step.status;
            wait(stream->flush().status == detail::io_status::blocked);
        }
    }

    void send(std::string_view text) {
        for (bytes rest = std::as_bytes(std::span(text)); !rest.empty();) {
            const detail::io_step step = stream->send({&rest, 1}, false);
            REQUIRE(step.status <= detail::io_status::blocked);
            rest = rest.subspan(step.count);
            if (step.status == detail::io_status::blocked) wait(true);
        }
        while (stream->flush().status == detail::io_status::blocked) wait(true);
    }

    // What one call receives, and how it ended.
    std::pair<std::string, detail::io_status> receive(std::size_t most = 1 << 20) {
        std::string text(most, '\0');
        for (;;) {
            const detail::io_step step = stream->receive(std::as_writable_bytes(std::span(text)));
            if (step.status != detail::io_status::blocked) return {text.substr(0, step.count), step.status};
            wait(false);
        }
    }
    std::string receive_all(std::size_t size) {
        std::string all;
        while (all.size() < size) {
            const auto [some, status] = receive();
            REQUIRE(status == detail::io_status::done);
            all += some;
        }
        return all;
    }

    std::optional<tls_stream> stream;

private:
    void wait(bool has_more) const {
        const auto until = std::chrono::steady_clock::now() + 60s;
        const auto ready = wire_->wait({.readable = true, .writable = has_more}, until);
        REQUIRE((ready.readable || ready.writable));
    }

    const detail::socket* wire_ = nullptr;
};

tls_options options_of(const transport_world& world) {
    return {.ca_bundle = world.write_file("ca.pem", world.authority.pem()).string(),
            .verify_certificate = true,
            .client_certificate = {},
            .client_key = {}};
}

void echo(peer& client) {
    for (;;) client.write(client.read_some());
}

std::optional<errc> failure_of_handshake(const tls_options& options, const http_server& server,
                                         const std::string& host) {
    tls_client client(tls_context(options), server, host);
    return failure_of([&] { client.shake_hands(); });
}

}  // namespace

TEST_CASE("bytes pass both ways as they are, in records or many of them") {
    const transport_world world;
    http_server server(echo, world.tls.get());
    tls_client client(tls_context(options_of(world)), server);
    client.shake_hands();
    for (const std::size_t size : {1U, 16'384U, 16'385U, 100'000U}) {
        CAPTURE(size);
        const std::string text = noise(size);
        client.send(text);
        CHECK((client.receive_all(size) == text));
    }
}

TEST_CASE("more than the records that gather is taken in parts, and none is lost") {
    const transport_world world;
    const std::string text = noise(3'000'000);
    http_server server(
        [&](peer& client) {
            client.write(client.read_exactly(text.size()) == text ? "same" : "other");
            client.wait_for_end();
        },
        world.tls.get());
    tls_client client(tls_context(options_of(world)), server);
    client.shake_hands();
    client.send(text);
    CHECK(client.receive_all(4) == "same");
}

TEST_CASE("a stream receives no more than there is room for, and keeps the rest") {
    const transport_world world;
    http_server server(echo, world.tls.get());
    tls_client client(tls_context(options_of(world)), server);
    client.shake_hands();
    client.send("hello");
    CHECK(client.receive(2).first == "he");
    CHECK(client.receive(2).first == "ll");
    CHECK(client.receive(2).first == "o");
}

TEST_CASE("a stream in TLS is not its socket") {
    const transport_world world;
    http_server server(echo, world.tls.get());
    tls_client client(tls_context(options_of(world)), server);
    CHECK(client.stream->plain() == nullptr);
}

TEST_CASE("an orderly end is told from a connection that was cut") {
    const transport_world world;
    for (const bool orderly : {true, false}) {
        CAPTURE(orderly);
        http_server server(
            [&](peer& client) {
                client.read_some();
                client.write("last");
                if (orderly) client.close();
            },
            world.tls.get());
        tls_client client(tls_context(options_of(world)), server);
        client.shake_hands();
        client.send("hello");
        CHECK(client.receive_all(4) == "last");
        CHECK(client.receive().second == (orderly ? detail::io_status::ended : detail::io_status::lost));
    }
}

TEST_CASE("the certificate has to name the host, and an authority has to be trusted") {
    const transport_world world;
    const tls_options trusting = options_of(world);
    http_server server(echo, world.tls.get());
    CHECK(failure_of_handshake(trusting, server, "localhost") == std::nullopt);
    CHECK(failure_of_handshake(trusting, server, "127.0.0.1") == std::nullopt);
    CHECK(failure_of_handshake(trusting, server, "127.0.0.2") == errc::untrusted);
    CHECK(failure_of_handshake(trusting, server, "localhost.test") == errc::untrusted);

    const transport_world stranger;
    CHECK(failure_of_handshake(options_of(stranger), server, "localhost") == errc::untrusted);
    tls_options careless = options_of(stranger);
    careless.verify_certificate = false;
    CHECK(failure_of_handshake(careless, server, "other.test") == std::nullopt);
}

TEST_CASE("a server without TLS is unavailable") {
    const transport_world world;
    http_server server([](peer& client) {
        client.write("HTTP/1.1 400 Bad Request\r\n\r\n");
        client.wait_for_end();
    });
    CHECK(failure_of_handshake(options_of(world), server, "localhost") == errc::unavailable);
}

TEST_CASE("a server that goes during the handshake is lost or ended, never trusted") {
    const transport_world world;
    http_server server([](peer& client) { client.read_some(); });
    tls_client client(tls_context(options_of(world)), server);
    CHECK_THROWS_AS(client.shake_hands(), detail::io_status);
}

TEST_CASE("a session is resumed by those who share a context") {
    const transport_world world;
    http_server server(echo, world.tls.get());
    const tls_context context(options_of(world));
    const auto is_resumed = [&](const tls_context& by) {
        tls_client client(by, server);
        client.shake_hands();
        client.send("hello");
        CHECK(client.receive_all(5) == "hello");
        return client.stream->is_resumed();
    };
    CHECK_FALSE(is_resumed(context));
    CHECK(is_resumed(context));
    const tls_context copy = context;
    CHECK(is_resumed(copy));
    CHECK_FALSE(is_resumed(tls_context(options_of(world))));
}

TEST_CASE("a client shows the certificate that it was given, and a refusal of it is told") {
    const transport_world world;
    const auto demanding =
        make_server_tls(world.authority.issue(), {.newest = TLS1_2_VERSION, .client_ca = world.authority.pem()});
    http_server server(echo, demanding.get());
    tls_options options = options_of(world);
    const identity unknown = certificate_authority::self_signed();
    options.client_certificate = world.write_file("unknown.pem", unknown.certificate + unknown.key).string();
    CHECK(failure_of_handshake(options, server, "localhost") == errc::access_denied);

    const identity who = world.authority.issue();
    options.client_certificate = world.write_file("both.pem", who.certificate + who.key).string();
    CHECK(failure_of_handshake(options, server, "localhost") == std::nullopt);
    options.client_certificate = world.write_file("certificate.pem", who.certificate).string();
    options.client_key = world.write_file("key.pem", who.key).string();
    CHECK(failure_of_handshake(options, server, "localhost") == std::nullopt);
}

TEST_CASE("a file that can't be read or used is not configured") {
    const transport_world world;
    const identity who = world.authority.issue();
    const std::string certificate = world.write_file("certificate.pem", who.certificate).string();
    const std::string other_key = world.write_file("other.pem", world.authority.issue().key).string();
    const std::string garbage = world.write_file("garbage.pem", "no PEM").string();
    const std::string missing = (world.directory.path() / "missing.pem").string();
    const auto failure = [](std::string bundle, std::string client_certificate, std::string key) {
        const tls_options options{.ca_bundle = std::move(bundle),
                                  .verify_certificate = true,
                                  .client_certificate = std::move(client_certificate),
                                  .client_key = std::move(key)};
        return failure_of([&] { const tls_context made(options); });
    };
    CHECK(failure(certificate, "", "") == std::nullopt);
    for (const std::string& bad : {missing, garbage, world.write_file("empty.pem", "").string()}) {
        CAPTURE(bad);
        CHECK(failure(bad, "", "") == errc::not_configured);
        CHECK(failure(certificate, bad, "") == errc::not_configured);
        CHECK(failure(certificate, certificate, bad) == errc::not_configured);
    }
    CHECK(failure(certificate, certificate, "") == errc::not_configured);
    CHECK(failure(certificate, certificate, other_key) == errc::not_configured);
}
