#include <holdfast/http/beast_transport.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>

#include <tests/support/failures.hpp>
#include <tests/support/http_server.hpp>
#include <tests/support/transport_world.hpp>

using namespace testing_support;
using namespace std::chrono_literals;

namespace {

http_server::script echo_body() {
    return http_server::answering([](const wire_request& request) { return response_text("200 OK", request.body); });
}

// A body of all kinds of extents: small and large, of memory and of files, many and few.
byte_source mixed_source(const transport_world& world, std::string& content) {
    byte_source source;
    const auto add_text = [&](const std::string& text) {
        source.append(byte_source::from_text(text));
        content += text;
    };
    const auto add_file = [&](const std::string& name, std::size_t offset, std::size_t size) {
        const std::string text = noise(size + offset);
        source.append(byte_source::from_file(world.write_file(name, text)).slice(offset, size));
        content += text.substr(offset);
    };
    add_text("begin");
    for (int i = 0; i < 200; ++i) {
        add_text("header " + std::to_string(i));
        add_file("small" + std::to_string(i), 3, 4096);
    }
    add_file("large", 7, 5'000'001);
    add_text(noise(3'000'000));
    add_file("middle", 0, 32'768);
    add_file("over", 1, 32'769);
    add_file("part", 11, 1'000'000);
    return source;
}

// More than any socket's buffer.
struct large_bodies {
    explicit large_bodies(const transport_world& world) : from_file(byte_source::from_file(hole_in(world))) {}

    static std::filesystem::path hole_in(const transport_world& world) {
        auto path = world.write_file("large", "");
        std::filesystem::resize_file(path, 200'000'000);
        return path;
    }

    byte_source from_file;
    byte_source from_memory = byte_source::from_text(std::string(50'000'000, 'x'));
};

}  // namespace

TEST_CASE("a body of memory and files arrives as it is, plain and in TLS") {
    const transport_world world;
    std::string content;
    const byte_source source = mixed_source(world, content);
    for (const bool tls : {false, true}) {
        CAPTURE(tls);
        http_server server(echo_body(), world.tls_if(tls));
        const http::beast_transport transport(world.options());
        http::exchange_state state;
        const http::response answer = transport(put(server.origin(), source), {.state = &state});
        CHECK((answer.text == content));
        CHECK(state.sent);
        CHECK((transport(put(server.origin(), source.slice(100, 6'000'000))).text == content.substr(100, 6'000'000)));
        CHECK(server.accepted() == 1);
    }
}

TEST_CASE("a stream is sent in chunks, with its trailer") {
    const transport_world world;
    for (const bool tls : {false, true}) {
        CAPTURE(tls);
        wire_request seen;
        http_server server(http_server::answering([&](const wire_request& request) {
                               seen = request;
                               return response_text("200 OK", "");
                           }),
                           world.tls_if(tls));
        const http::beast_transport transport(world.options());
        const std::string content = noise(1'000'000);
        http::request message = put(server.origin(), {});
        std::size_t done = 0;
        message.stream = [&](std::span<std::byte> buffer) {
            const std::size_t count = std::min({buffer.size(), content.size() - done, done % 70'000 + 1000});
            std::memcpy(buffer.data(), content.data() + done, count);
            done += count;
            return count;
        };
        message.trailer = [&] {
            CHECK(done == content.size());  // it may depend on the bytes
            http::fields trailer;
            trailer.add("x-amz-checksum-crc32c", "AAAAAA==");
            trailer.add("x-two", "2");
            return trailer;
        };
        transport(message);
        CHECK(seen.header("Transfer-Encoding") == "chunked");
        CHECK(!seen.header("Content-Length"));
        CHECK((seen.body == content));
        CHECK(seen.trailer == "x-amz-checksum-crc32c: AAAAAA==\r\nx-two: 2\r\n");

        message.stream = [](std::span<std::byte>) { return std::size_t{0}; };
        message.trailer = {};
        transport(message);
        CHECK(seen.body.empty());
        CHECK(server.accepted() == 1);
    }
}

TEST_CASE("a stream that fails ends the exchange and its connection") {
    const transport_world world;
    http_server server(echo_body());
    const http::beast_transport transport(world.options());
    http::request message = put(server.origin(), {});
    message.stream = [](std::span<std::byte>) -> std::size_t { throw error(errc::corrupt, "read", "x", "broken"); };
    CHECK(failure_of([&] { transport(message); }) == errc::corrupt);
    CHECK(transport(put(server.origin(), byte_source::from_text("a"))).text == "a");
    CHECK(server.accepted() == 2);
}

TEST_CASE("an answer during the upload ends it, and the connection is not used again") {
    const transport_world world;
    const large_bodies large(world);
    for (const bool tls : {false, true}) {
        for (const bool file : {false, true}) {
            for (const bool closes : {false, true}) {
                CAPTURE(tls);
                CAPTURE(file);
                CAPTURE(closes);
                http_server server(
                    [&](peer& client) {
                        client.read_head();
                        client.write(response_text("413 Too Large", "<Code>EntityTooLarge</Code>"));
                        if (closes) client.close();
                        client.wait_for_cut();  // a server that read on could have had it all before the client looks
                    },
                    world.tls_if(tls));
                const http::beast_transport transport(world.options());
                for (int i = 0; i < 2; ++i) {
                    const auto answer = transport(put(server.origin(), file ? large.from_file : large.from_memory));
                    CHECK(answer.status == 413);
                    CHECK(answer.text == "<Code>EntityTooLarge</Code>");
                }
                CHECK(server.accepted() == 2);
            }
        }
    }
}

TEST_CASE("success that is reported during the upload is none, and may be tried again") {
    const transport_world world;
    const large_bodies large(world);
    for (const bool tls : {false, true}) {
        for (const bool file : {false, true}) {
            CAPTURE(tls);
            CAPTURE(file);
            http_server server(
                [](peer& client) {
                    client.read_head();
                    client.write(response_text("200 OK", "stored"));
                    client.wait_for_cut();
                },
                world.tls_if(tls));
            const http::beast_transport transport(world.options());
            for (int i = 0; i < 2; ++i) {
                const auto failure =
                    error_of([&] { transport(put(server.origin(), file ? large.from_file : large.from_memory)); });
                REQUIRE(failure);
                CHECK(failure->kind() == errc::unavailable);
                CHECK(failure->is_retryable());
            }
            CHECK(server.accepted() == 2);
        }
    }
}

TEST_CASE("an answer during the upload of a stream ends it") {
    const transport_world world;
    http_server server([&](peer& client) {
        client.read_head();
        client.write(response_text("400 Bad Request", "no"));
        client.wait_for_end();
    });
    const http::beast_transport transport(world.options());
    http::request message = put(server.origin(), {});
    message.stream = [](std::span<std::byte> buffer) { return buffer.size(); };  // without end
    CHECK(transport(message).status == 400);
}

TEST_CASE("interim responses during an upload do not end it") {
    const transport_world world;
    const std::string content = noise(30'000'000);
    http_server server([&](peer& client) {
        wire_request request = client.read_head();
        client.write("HTTP/1.1 102 Processing\r\n\r\n");
        client.read_body(request);
        client.write(response_text("200 OK", request.body == content ? "same" : "other"));
        client.wait_for_end();
    });
    const http::beast_transport transport(world.options());
    CHECK(transport(put(server.origin(), byte_source::from_text(content))).text == "same");
}

TEST_CASE("a connection that breaks during the upload is unavailable") {
    const transport_world world;
    const auto path = world.write_file("large", "");
    std::filesystem::resize_file(path, 200'000'000);
    for (const bool tls : {false, true}) {
        for (const bool resets : {false, true}) {
            CAPTURE(tls);
            CAPTURE(resets);
            http_server server(
                [&](peer& client) {
                    client.read_head();
                    if (resets) client.reset();
                },
                world.tls_if(tls));
            const http::beast_transport transport(world.options());
            http::exchange_state state;
            const auto failure =
                error_of([&] { transport(put(server.origin(), byte_source::from_file(path)), {.state = &state}); });
            REQUIRE(failure);
            CHECK(failure->kind() == errc::unavailable);
            CHECK(state.sent);
        }
    }
}

TEST_CASE("a file that changes while it is sent never arrives as a whole") {
    const transport_world world;
    constexpr std::size_t size = 50'000'000;
    for (const bool tls : {false, true}) {
        for (const bool shrinks : {false, true}) {
            CAPTURE(tls);
            CAPTURE(shrinks);
            const auto path = world.write_file("changing", std::string(size, 'x'));
            std::size_t arrived = 0;
            {
                http_server server(
                    [&](peer& client) {
                        client.read_head();
                        arrived += client.read_some().size();
                        if (shrinks) {
                            std::filesystem::resize_file(path, size / 2);
                        } else {
                            std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() + 1h);
                        }
                        for (;;) arrived += client.read_some().size();
                    },
                    world.tls_if(tls));
                const http::beast_transport transport(world.options());
                CHECK(failure_of([&] { transport(put(server.origin(), byte_source::from_file(path))); }) ==
                      errc::precondition_failed);
            }
            CHECK(arrived < size);
        }
    }
}

TEST_CASE("a file that is written into before the server answers is not taken for stored") {
    const transport_world world;
    const std::string content(64 << 10, 'x');
    for (const bool tls : {false, true}) {
        for (const std::string status : {"200 OK", "403 Forbidden"}) {
            CAPTURE(tls);
            CAPTURE(status);
            const auto path = world.write_file("file", content);
            std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - 1h);
            http_server server(http_server::answering([&](const wire_request& request) {
                                   std::fstream(path, std::ios::in | std::ios::out) << "changed";
                                   return response_text(status, request.body == content ? "same" : "other");
                               }),
                               world.tls_if(tls));
            const http::beast_transport transport(world.options());
            http::response answer;
            const auto failure =
                failure_of([&] { answer = transport(put(server.origin(), byte_source::from_file(path))); });
            const bool is_shared = !tls && status == "200 OK";  // TLS sends what was read
            CHECK(failure == (is_shared ? std::optional(errc::precondition_failed) : std::nullopt));
            CHECK(answer.text == (is_shared ? "" : "same"));
        }
    }
}

TEST_CASE("a file that is no longer what it was is not sent at all") {
    const transport_world world;
    http_server server(echo_body());
    const http::beast_transport transport(world.options());
    const auto path = world.write_file("file", "content");
    const byte_source source = byte_source::from_file(path);
    world.write_file("file", "longer content");
    CHECK(failure_of([&] { transport(put(server.origin(), source)); }) == errc::precondition_failed);
    std::filesystem::remove(path);
    CHECK(failure_of([&] { transport(put(server.origin(), source)); }) == errc::not_found);
}

TEST_CASE("a body that waits for 100 Continue") {
    const transport_world world;
    wire_request seen;
    std::string interim;
    http_server server([&](peer& client) {
        for (;;) {
            seen = client.read_head();
            const std::string now = interim;
            client.write(now);
            if (!now.empty() && !now.starts_with("HTTP/1.1 1")) return client.wait_for_end();
            client.read_body(seen);
            client.write(response_text("200 OK", seen.body));
        }
    });
    http::transport_options options = world.options();
    options.continue_timeout = 1h;
    const http::beast_transport patient(options);
    http::request message = put(server.origin(), byte_source::from_text("content"));
    message.expect_continue = true;

    interim = "HTTP/1.1 100 Continue\r\n\r\n";
    CHECK(patient(message).text == "content");
    CHECK(seen.header("Expect") == "100-continue");

    interim = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    CHECK(patient(message).text == "content");
    CHECK(server.accepted() == 1);

    interim = response_text("200 OK", "stored");
    CHECK(failure_of([&] { patient(message); }) == errc::unavailable);

    interim = response_text("417 Expectation Failed", "no");
    http::exchange_state state;
    CHECK(patient(message, {.state = &state}).status == 417);

    options.continue_timeout = 1ms;
    interim.clear();
    CHECK(http::beast_transport(options)(message).text == "content");

    message.body = {};
    CHECK(patient(message).text.empty());
    CHECK(!seen.header("Expect"));
}

TEST_CASE("a body that is generated arrives as it is, and ends the exchange where it fails") {
    const transport_world world;
    const std::string content = noise(3'000'001);
    byte_source source = byte_source::from_text("begin");
    source.append(byte_source::from_generator(content.size(), [&](std::uint64_t offset, std::span<std::byte> buffer) {
        const std::size_t count = std::min<std::size_t>(buffer.size(), 10'000);
        std::memcpy(buffer.data(), content.data() + offset, count);
        return count;
    }));
    source.append(byte_source::from_text("end"));
    for (const bool tls : {false, true}) {
        CAPTURE(tls);
        http_server server(echo_body(), world.tls_if(tls));
        const http::beast_transport transport(world.options());
        CHECK((transport(put(server.origin(), source)).text == "begin" + content + "end"));
        const auto failing = byte_source::from_generator(
            1'000'000, [](std::uint64_t offset, std::span<std::byte> buffer) -> std::size_t {
                if (offset > 500'000) throw std::runtime_error("device lost");
                return buffer.size();
            });
        CHECK_THROWS_AS(transport(put(server.origin(), failing)), std::runtime_error);
        CHECK(transport(put(server.origin(), byte_source::from_text("next"))).text == "next");
    }
}
