#include <holdfast/http/beast_transport/input_buffer.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include <tests/support/transport_world.hpp>

using holdfast::http::input_buffer;
using testing_support::noise;

namespace {

void receive(input_buffer& into, std::string_view text) {
    const std::span<std::byte> room = into.room();
    REQUIRE(room.size() >= text.size());
    std::memcpy(room.data(), text.data(), text.size());
    into.added(text.size());
}

std::string_view unread(const input_buffer& from) {
    return {reinterpret_cast<const char*>(from.unread().data()), from.unread().size()};
}

}  // namespace

TEST_CASE("a new buffer has nothing to read and room for its capacity") {
    input_buffer buffer;
    CHECK(buffer.unread().empty());
    CHECK_FALSE(buffer.is_full());
    CHECK(buffer.room().size() == input_buffer::capacity);
    CHECK(buffer.unread().empty());
}

TEST_CASE("what was received is read in its order, across calls") {
    input_buffer buffer;
    receive(buffer, "one ");
    receive(buffer, "two");
    CHECK(unread(buffer) == "one two");
    buffer.consume(4);
    CHECK(unread(buffer) == "two");
    receive(buffer, " three");
    CHECK(unread(buffer) == "two three");
    buffer.consume(9);
    CHECK(unread(buffer).empty());
}

TEST_CASE("a buffer that is exactly full has no room, and gets as much as was read") {
    const std::string content = noise(input_buffer::capacity);
    input_buffer buffer;
    receive(buffer, std::string_view(content).substr(1));
    CHECK_FALSE(buffer.is_full());
    CHECK(buffer.room().size() == 1);
    receive(buffer, std::string_view(content).substr(0, 1));
    CHECK(buffer.is_full());
    CHECK(buffer.room().empty());

    buffer.consume(3);
    CHECK(buffer.room().size() == 3);
    CHECK_FALSE(buffer.is_full());
    receive(buffer, "abc");
    CHECK(buffer.is_full());
    CHECK((unread(buffer) == content.substr(4) + content[0] + "abc"));
}

TEST_CASE("the memory is kept for what comes next") {
    input_buffer buffer;
    const std::byte* const first = buffer.room().data();
    for (int i = 0; i < 3; ++i) {
        receive(buffer, noise(input_buffer::capacity));
        buffer.consume(input_buffer::capacity);
        CHECK(buffer.room().data() == first);
        CHECK(buffer.room().size() == input_buffer::capacity);
    }
}
