#include <holdfast/http/beast_transport/request_sender.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/error.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/socket_pair.hpp>
#include <tests/support/transport_world.hpp>

using namespace holdfast;
using namespace holdfast::http;
using namespace std::chrono_literals;
using testing_support::connected_sockets;
using testing_support::error_of;
using testing_support::failure_of;
using testing_support::noise;
using testing_support::say;

namespace {

const std::string head = "PUT / HTTP/1.1\r\n\r\n";
constexpr std::string_view refusal = "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view success = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view continued = "HTTP/1.1 100 Continue\r\n\r\n";

// A client, and the server's end of its connection.
struct upload {
    explicit upload(detail::wait_limits limits = {}) : waits("host", 60s, limits) {
        auto ends = connected_sockets();
        ours.emplace(route{}, std::move(ends.ours));
        theirs = std::move(ends.theirs);
        answer.emplace(*ours, waits, true);
    }

    bool send(const request& message, std::chrono::milliseconds continue_time = 24h) {
        return sender.emplace(*ours, waits, *answer).send(message, head, continue_time);
    }

    void server_says(std::string_view text) const { say(theirs, text); }

    // Some bytes; none at the end.
    std::string server_reads(std::size_t most = 1 << 20) const {
        std::string text(most, '\0');
        for (;;) {
            const detail::io_step step = theirs.receive(std::as_writable_bytes(std::span(text)));
            if (step.status != detail::io_status::blocked) return text.substr(0, step.count);
            theirs.wait({.readable = true}, detail::steady_time::max());
        }
    }
    std::string server_reads_all() const {
        std::string all;
        for (std::string some; !(some = server_reads()).empty();) all += some;
        return all;
    }

    patience waits;
    std::optional<connection> ours;
    detail::socket theirs;
    std::optional<answer_reader> answer;
    std::optional<request_sender> sender;
};

request with_body(byte_source body) {
    request message;
    message.body = std::move(body);
    return message;
}

// What a server gets that reads it all.
std::string sent_of(const request& message) {
    upload one;
    auto server = std::async(std::launch::async, [&] { return one.server_reads_all(); });
    const auto failure = failure_of([&] { CHECK(one.send(message)); });
    const std::uint64_t count = one.ours->sent();
    one.ours.reset();
    const std::string all = server.get();
    CHECK(failure == std::nullopt);
    CHECK(count == all.size());
    return all;
}

// A file that was written long enough ago for the next write to show in its time.
std::filesystem::path write_old_file(const testing_support::transport_world& world, const std::string& name,
                                     std::string_view content) {
    const auto path = world.write_file(name, content);
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - 1h);
    return path;
}

// Changes the first byte in place.
void write_into(const std::filesystem::path& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.put('y');
}

byte_source generated(const std::string& text) {
    return byte_source::from_generator(text.size(), [&text](std::uint64_t offset, std::span<std::byte> buffer) {
        const std::size_t count = std::min({buffer.size(), text.size() - std::size_t{offset}, std::size_t{70'000}});
        std::memcpy(buffer.data(), text.data() + offset, count);
        return count;
    });
}

byte_stream stream_of(std::vector<std::string> pieces) {
    return [pieces = std::move(pieces), next = std::size_t{0}](std::span<std::byte> buffer) mutable {
        if (next == pieces.size()) return std::size_t{0};
        const std::string& piece = pieces[next++];
        REQUIRE(piece.size() <= buffer.size());
        std::memcpy(buffer.data(), piece.data(), piece.size());
        return piece.size();
    };
}

}  // namespace

TEST_CASE("a request without a body is its header") {
    CHECK(sent_of({}) == head);
    request expecting;
    expecting.expect_continue = true;
    CHECK(sent_of(expecting) == head);
}

TEST_CASE("a body follows its header, whatever it is made of") {
    const testing_support::transport_world world;
    const std::string content = noise(1'500'000);
    const auto path = world.write_file("file", content);
    CHECK((sent_of(with_body(byte_source::from_text(content))) == head + content));
    CHECK((sent_of(with_body(byte_source::from_file(path))) == head + content));
    CHECK((sent_of(with_body(generated(content))) == head + content));
}

TEST_CASE("a part of a file is sent from its offset, small or large, to its last byte") {
    const testing_support::transport_world world;
    const std::string content = noise(300'000);
    const auto source = byte_source::from_file(world.write_file("file", content));
    for (const std::size_t size : {1U, 4095U, 4096U, 32767U, 32768U, 32769U, 262'144U, 299'993U}) {
        CAPTURE(size);
        CHECK((sent_of(with_body(source.slice(7, size))) == head + content.substr(7, size)));
    }
}

TEST_CASE("many pieces of all kinds keep their order") {
    const testing_support::transport_world world;
    const std::string content = noise(40'000);
    const auto file = byte_source::from_file(world.write_file("file", content));
    byte_source body;
    std::string expected = head;
    for (std::size_t i = 0; i < 200; ++i) {
        const std::string text = "piece " + std::to_string(i);
        body.append(byte_source::from_text(text));
        body.append(file.slice(i, i % 10 == 0 ? 39'000 : 500));
        body.append(generated(content).slice(i, 700));
        expected += text + content.substr(i, i % 10 == 0 ? 39'000 : 500) + content.substr(i, 700);
    }
    CHECK((sent_of(with_body(body)) == expected));
}

TEST_CASE("a stream is sent in chunks, its trailer after the last") {
    request message;
    message.stream = stream_of({"hello", std::string(0x1F, 'x')});
    CHECK(sent_of(message) == head + "5\r\nhello\r\n1f\r\n" + std::string(0x1F, 'x') + "\r\n0\r\n\r\n");

    message.stream = stream_of({"a"});
    message.trailer = [] {
        fields trailer;
        trailer.add("X-Sum", "1");
        return trailer;
    };
    CHECK(sent_of(message) == head + "1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n");

    message.stream = stream_of({});
    message.trailer = {};
    CHECK(sent_of(message) == head + "0\r\n\r\n");
}

TEST_CASE("a stream may fill all the memory it is given") {
    request message;
    const std::string block = noise(connection::scratch_size);
    message.stream = stream_of({block, block});
    CHECK((sent_of(message) == head + "40000\r\n" + block + "\r\n40000\r\n" + block + "\r\n0\r\n\r\n"));
}

TEST_CASE("the final answer ends a body that the server does not read") {
    const std::string content = noise(8 << 20);
    const testing_support::transport_world world;
    request stream;
    stream.stream = [](std::span<std::byte> buffer) { return buffer.size(); };
    for (const request& message : {with_body(byte_source::from_text(content)), with_body(generated(content)),
                                   with_body(byte_source::from_file(world.write_file("file", content))), stream}) {
        upload one;
        one.server_says(std::string(continued) + std::string(refusal));
        CHECK_FALSE(one.send(message));
        CHECK(one.answer->parser().status() == 413);
    }
}

TEST_CASE("the answer of a server that went away in the middle is found") {
    upload one;
    one.server_says(refusal);
    one.theirs = {};
    CHECK_FALSE(one.send(with_body(byte_source::from_text("hello"))));
    CHECK(one.answer->parser().status() == 413);

    upload silent;
    silent.theirs = {};
    CHECK(failure_of([&] { silent.send(with_body(byte_source::from_text("hello"))); }) == errc::unavailable);
}

TEST_CASE("a body that waits for 100 Continue is sent after it, or when the time is over") {
    for (const bool answers : {true, false}) {
        CAPTURE(answers);
        upload one;
        if (answers) one.server_says(continued);
        request message = with_body(byte_source::from_text("hello"));
        message.expect_continue = true;
        CHECK(one.send(message, answers ? 24h : 0h));
        CHECK(one.server_reads() == head + "hello");
    }
}

TEST_CASE("a final answer in place of 100 Continue keeps the body here") {
    request stream;
    stream.stream = [](std::span<std::byte>) -> std::size_t { throw std::logic_error("nobody asked for the body"); };
    for (request message : {with_body(byte_source::from_text("hello")), stream}) {
        upload one;
        one.server_says(refusal);
        message.expect_continue = true;
        CHECK_FALSE(one.send(message));
        CHECK(one.answer->parser().status() == 413);
        CHECK(one.server_reads() == head);
    }
}

TEST_CASE("a file that is not what it was is not sent") {
    const testing_support::transport_world world;
    const auto path = world.write_file("file", noise(100'000));
    const auto source = byte_source::from_file(path);
    world.write_file("file", noise(100'001));
    upload one;
    CHECK(failure_of([&] { one.send(with_body(source)); }) == errc::precondition_failed);
    one.ours.reset();
    CHECK(one.server_reads_all().size() <= head.size());
}

TEST_CASE("a file that changes while it is sent never arrives as a whole") {
    const testing_support::transport_world world;
    const std::string content = noise(8 << 20);  // more than a socket holds
    const auto path = world.write_file("file", content);
    const std::function<void()> grow = [&] { std::ofstream(path, std::ios::app) << "more"; };
    const std::function<void()> shrink = [&] { std::filesystem::resize_file(path, content.size() / 2); };
    for (const auto& change : {grow, shrink}) {
        world.write_file("file", content);
        const auto source = byte_source::from_file(path);
        upload one;
        auto server = std::async(std::launch::async, [&] {
            const std::size_t first = one.server_reads(1).size();
            change();
            return first + one.server_reads_all().size();
        });
        CHECK(failure_of([&] { one.send(with_body(source)); }) == errc::precondition_failed);
        one.ours.reset();
        const std::size_t arrived = server.get();
        CHECK(arrived > head.size());
        CHECK(arrived < head.size() + content.size());
    }
}

TEST_CASE("an answer of success counts once all was sent") {
    upload whole;
    CHECK(whole.send(with_body(byte_source::from_text("hello"))));
    CHECK(failure_of([&] { whole.sender->check_success(); }) == std::nullopt);
    CHECK(whole.send({}));
    CHECK(failure_of([&] { whole.sender->check_success(); }) == std::nullopt);

    request stream;
    stream.stream = [](std::span<std::byte> buffer) { return buffer.size(); };
    request expecting = with_body(byte_source::from_text("hello"));
    expecting.expect_continue = true;
    for (const request& message : {with_body(byte_source::from_text(noise(8 << 20))), stream, expecting}) {
        upload early;
        early.server_says(success);
        CHECK_FALSE(early.send(message));
        const auto failure = error_of([&] { early.sender->check_success(); });
        REQUIRE(failure);
        CHECK(failure->kind() == errc::unavailable);
        CHECK(failure->is_retryable());
    }
}

TEST_CASE("a file that is written into before the server has read it is found out") {
    const testing_support::transport_world world;
    for (const std::size_t size : {64'000U, 1000U}) {
        CAPTURE(size);
        const std::string content(size, 'x');
        const auto path = write_old_file(world, "file", content);
        upload one;
        REQUIRE(one.send(with_body(byte_source::from_file(path))));
        CHECK(failure_of([&] { one.sender->check_success(); }) == std::nullopt);
        write_into(path);
        const auto failure = failure_of([&] { one.sender->check_success(); });
        one.ours.reset();
        const bool is_intact = one.server_reads_all() == head + content;
        CHECK((failure == errc::precondition_failed || is_intact));
        CHECK((failure == std::nullopt) == (size == 1000));  // what was read here is nobody else's
    }
}

TEST_CASE("of many files in one request the last is looked at again") {
    const testing_support::transport_world world;
    byte_source body;
    std::filesystem::path path;
    for (int i = 0; i < 40; ++i) {
        path = write_old_file(world, std::to_string(i), noise(40'000));
        body.append(byte_source::from_file(path));
    }
    upload one;
    auto server = std::async(std::launch::async, [&] { return one.server_reads_all().size(); });
    const auto failure = failure_of([&] { CHECK(one.send(with_body(body))); });
    one.ours->wire().shut_down();
    CHECK(server.get() == head.size() + body.size());
    REQUIRE(failure == std::nullopt);
    CHECK(failure_of([&] { one.sender->check_success(); }) == std::nullopt);
    write_into(path);
    CHECK(failure_of([&] { one.sender->check_success(); }) == errc::precondition_failed);
}

TEST_CASE("a file that another took the place of after it was sent is what was sent") {
    const testing_support::transport_world world;
    const auto path = write_old_file(world, "file", noise(64'000));
    upload one;
    REQUIRE(one.send(with_body(byte_source::from_file(path))));
    std::filesystem::rename(world.write_file("next", "other"), path);
    CHECK(failure_of([&] { one.sender->check_success(); }) == std::nullopt);
}

TEST_CASE("what the body reports ends the upload") {
    const auto generate = [](std::uint64_t offset, std::span<std::byte> buffer) -> std::size_t {
        if (offset > 0) throw error(errc::io_failure, "read", "generator", "it is over");
        buffer[0] = {};
        return 1;
    };
    upload one;
    CHECK(failure_of([&] { one.send(with_body(byte_source::from_generator(2, generate))); }) == errc::io_failure);

    upload other;
    request message;
    message.stream = [](std::span<std::byte>) -> std::size_t { throw error(errc::corrupt, "read", "stream", "bad"); };
    CHECK(failure_of([&] { other.send(message); }) == errc::corrupt);
}

TEST_CASE("a server that reads nothing meets the patience") {
    const request message = with_body(byte_source::from_text(noise(8 << 20)));
    std::stop_source stop;
    stop.request_stop();
    upload stopped({.stop = stop.get_token()});
    CHECK(failure_of([&] { stopped.send(message); }) == errc::cancelled);
    upload late({.deadline = detail::steady_time::min()});
    CHECK(failure_of([&] { late.send(message); }) == errc::timed_out);
    upload silent;
    silent.waits = {"host", 0ms, {}};
    CHECK(failure_of([&] { silent.send(message); }) == errc::timed_out);
}
