#include <holdfast/http/beast_transport/stream.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <tests/support/socket_pair.hpp>

using namespace holdfast;
using namespace holdfast::http;

namespace {

struct two_streams {
    plain_stream ours;
    plain_stream theirs;
};

two_streams connected() {
    auto ends = testing_support::connected_sockets();
    return {plain_stream(std::move(ends.ours)), plain_stream(std::move(ends.theirs))};
}

bytes bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

std::string received(stream& from) {
    std::string text(100, '\0');
    const detail::io_step step = from.receive(std::as_writable_bytes(std::span(text)));
    REQUIRE(step.status == detail::io_status::done);
    return text.substr(0, step.count);
}

}  // namespace

TEST_CASE("a plain stream sends pieces in order, and keeps nothing back") {
    auto [ours, theirs] = connected();
    const std::array pieces{bytes_of("one "), bytes_of(""), bytes_of("two")};
    const detail::io_step sent = ours.send(pieces, false);
    CHECK(sent.status == detail::io_status::done);
    CHECK(sent.count == 7);
    CHECK(received(theirs) == "one two");
    CHECK(ours.flush().status == detail::io_status::done);
    std::array<std::byte, 1> room{};
    CHECK(theirs.receive(room).status == detail::io_status::blocked);
}

TEST_CASE("a plain stream receives no more than there is room for") {
    auto [ours, theirs] = connected();
    const bytes piece = bytes_of("hello");
    REQUIRE(theirs.send({&piece, 1}, false).count == 5);
    std::array<std::byte, 2> room{};
    CHECK(ours.receive(room).count == 2);
    CHECK(received(ours) == "llo");
}

TEST_CASE("a plain stream does not wait, neither for bytes nor for room") {
    auto [ours, theirs] = connected();
    std::array<std::byte, 1> room{};
    CHECK(ours.receive(room).status == detail::io_status::blocked);
    const std::string block(1 << 20, 'x');
    const bytes piece = bytes_of(block);
    detail::io_step step;
    while (step.status == detail::io_status::done) step = ours.send({&piece, 1}, false);
    CHECK(step.status == detail::io_status::blocked);
    CHECK(step.count == 0);
}

TEST_CASE("a plain stream tells an end from a connection that broke") {
    auto [ours, theirs] = connected();
    const bytes piece = bytes_of("last");
    REQUIRE(theirs.send({&piece, 1}, false).count == 4);
    theirs.plain()->shut_down();
    CHECK(received(ours) == "last");
    std::array<std::byte, 1> room{};
    CHECK(ours.receive(room).status == detail::io_status::ended);
    const detail::io_step sent = ours.send({&piece, 1}, false);
    CHECK(sent.status == detail::io_status::lost);
    CHECK(sent.number == EPIPE);
}

TEST_CASE("a plain stream is its socket") {
    auto ends = testing_support::connected_sockets();
    const int descriptor = ends.ours.descriptor();
    const plain_stream ours(std::move(ends.ours));
    REQUIRE(ours.plain() != nullptr);
    CHECK(ours.plain()->descriptor() == descriptor);
}
