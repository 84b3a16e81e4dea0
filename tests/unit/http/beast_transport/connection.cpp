#include <holdfast/http/beast_transport/connection.hpp>

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <tests/support/socket_pair.hpp>

using namespace holdfast;
using namespace holdfast::http;

namespace {

// A connection, and the server's end of it.
struct pair_of_ends {
    connection ours;
    detail::socket theirs;

    void says(std::string_view text) const { testing_support::say(theirs, text); }
};

pair_of_ends connected() {
    auto ends = testing_support::connected_sockets();
    return {connection({}, std::move(ends.ours)), std::move(ends.theirs)};
}

std::string_view unread(connection& from) {
    const bytes found = from.input().unread();
    return {reinterpret_cast<const char*>(found.data()), found.size()};
}

}  // namespace

TEST_CASE("what arrives after the first bytes joins them, and an end shows at the next receive") {
    auto ends = connected();
    ends.says("one ");
    REQUIRE(ends.ours.receive().count == 4);
    ends.says("two ");
    ends.says("three");
    ends.theirs = {};
    ends.ours.receive_more(1000);
    CHECK(unread(ends.ours) == "one two three");
    CHECK(ends.ours.received() == 13);
    CHECK(ends.ours.receive().status == detail::io_status::ended);
}

TEST_CASE("no more is received where enough is unread, or the buffer is full") {
    auto ends = connected();
    const std::string block(64 << 10, 'x');
    ends.says(block);
    REQUIRE(ends.ours.receive().count == block.size());
    ends.says(block);
    ends.ours.receive_more(block.size());
    CHECK(unread(ends.ours).size() == block.size());

    while (!ends.ours.input().is_full()) {
        ends.ours.receive_more(2 * input_buffer::capacity);
        if (!ends.ours.input().is_full()) ends.says(block);
    }
    CHECK(unread(ends.ours).size() == input_buffer::capacity);
    ends.says("beyond");
    ends.ours.receive_more(2 * input_buffer::capacity);
    CHECK(unread(ends.ours).size() == input_buffer::capacity);
}

TEST_CASE("a connection is quiet while the server says nothing unasked and listens") {
    auto ends = connected();
    CHECK(ends.ours.is_quiet());
    SUBCASE("it speaks") {
        ends.says("HTTP/1.1 408 Request Timeout\r\n\r\n");
    }
    SUBCASE("it goes") {
        ends.theirs = {};
    }
    CHECK_FALSE(ends.ours.is_quiet());
}
