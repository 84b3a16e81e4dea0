#include <holdfast/http/beast_transport/body_reader.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/socket_pair.hpp>
#include <tests/support/transport_world.hpp>

using namespace holdfast;
using namespace holdfast::http;
using namespace std::chrono_literals;
using testing_support::connected_sockets;
using testing_support::failure_of;
using testing_support::noise;

namespace {

// One response that a server sends, and how its body is read.
class download {
public:
    download() {
        auto ends = connected_sockets();
        ours.emplace(route{}, std::move(ends.ours));
        theirs = std::move(ends.theirs);
    }

    void server_says(std::string_view text) const {
        for (bytes rest = std::as_bytes(std::span(text)); !rest.empty();) {
            const detail::io_step step = theirs.send({&rest, 1}, false);
            if (step.status == detail::io_status::lost) return;
            rest = rest.subspan(step.count);
            if (step.status == detail::io_status::blocked) theirs.wait({.writable = true}, detail::steady_time::max());
        }
    }
    void server_ends() { theirs = {}; }

    void read(std::string_view head, bool has_body = true) {
        response_parser parser(has_body, "host");
        REQUIRE(parser.read_head(std::as_bytes(std::span(head))) == head.size());
        answer = parser.head();
        options.state = &state;
        body_reader(*ours, {"host", idle, limits}, options, answer).read(parser);
    }
    std::optional<errc> failure(std::string_view head) {
        return failure_of([&] { read(head); });
    }

    // Of a body that is more than a socket holds.
    std::optional<errc> failure_while_sent(std::string_view head, std::string_view text) {
        const std::jthread server([&] {
            server_says(text);
            server_ends();
        });
        const auto result = failure(head);
        if (result) ours.reset();  // the server shall not wait for ever
        return result;
    }

    std::string_view unread() {
        const bytes found = ours->input().unread();
        return {reinterpret_cast<const char*>(found.data()), found.size()};
    }

    std::optional<connection> ours;
    detail::socket theirs;
    std::chrono::milliseconds idle = 60s;
    detail::wait_limits limits;
    exchange_options options;
    exchange_state state;
    response answer;
};

std::string with_length(std::size_t length) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
}

constexpr std::string_view with_chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view until_close = "HTTP/1.1 200 OK\r\n\r\n";

auto into(byte_sink& sink, std::uint64_t offset = 0) {
    return [&sink, offset](const response&) { return body_destination{&sink, offset}; };
}

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class failing_sink final : public byte_sink {
public:
    void write(std::uint64_t, bytes) override { throw error(errc::no_space, "write", "file", "full"); }
};

}  // namespace

TEST_CASE("a body is the bytes that its length counts, and what follows stays unread") {
    download one;
    one.server_says("helloHTTP/1.1");
    one.read(with_length(5));
    CHECK(one.answer.text == "hello");
    CHECK(one.unread() == "HTTP/1.1");
}

TEST_CASE("a body of chunks is put together, and what follows its trailer stays unread") {
    download one;
    one.server_says("5\r\nhello\r\n1;name=value\r\n \r\n00005\r\nworld\r\n0\r\nX-Trailer: 1\r\n\r\nHTTP/1.1");
    one.read(with_chunks);
    CHECK(one.answer.text == "hello world");
    CHECK(one.unread() == "HTTP/1.1");
}

TEST_CASE("a body without a frame is all that comes before the end") {
    download one;
    one.server_says("hello");
    one.server_ends();
    one.read(until_close);
    CHECK(one.answer.text == "hello");
}

TEST_CASE("an empty body is whole, however it is framed") {
    for (const auto& [head, body] :
         {std::pair{with_length(0), ""}, {std::string(with_chunks), "0\r\n\r\n"}, {std::string(until_close), ""}}) {
        CAPTURE(head);
        download one;
        one.server_says(body);
        one.server_ends();
        CHECK(one.failure(head) == std::nullopt);
        CHECK(one.answer.text.empty());
    }
}

TEST_CASE("a response without a body leaves what follows unread") {
    for (const std::string_view status : {"204 No Content", "304 Not Modified"}) {
        CAPTURE(status);
        download one;
        one.server_says("hello");
        REQUIRE(one.ours->receive().count == 5);
        one.read("HTTP/1.1 " + std::string(status) + "\r\nETag: \"x\"\r\n\r\n");
        CHECK(one.answer.text.empty());
        CHECK(one.unread() == "hello");
    }
    download head;
    head.read(with_length(5), false);
    CHECK(head.answer.text.empty());
}

TEST_CASE("a body that is cut off is unavailable, and the sink's part is counted") {
    for (const auto& [head, body, delivered] :
         {std::tuple{with_length(5), "", 0U},
          {with_length(5), "hell", 4U},
          {std::string(with_chunks), "", 0U},
          {std::string(with_chunks), "5\r\nhello\r\n", 5U},
          {std::string(with_chunks), "5\r\nhello\r\n0\r\n", 5U},
          {std::string(with_chunks), "5\r\nhello\r\n0\r\nX-Trailer: 1\r\n", 5U}}) {
        CAPTURE(head);
        CAPTURE(body);
        memory_sink sink;
        download one;
        one.options.destination = into(sink);
        one.server_says(body);
        one.server_ends();
        CHECK(one.failure(head) == errc::unavailable);
        CHECK(one.state.delivered == delivered);
        CHECK(sink.text() == std::string_view("hello").substr(0, delivered));
    }
}

TEST_CASE("chunks that contradict themselves are unavailable") {
    for (const char* body : {"x\r\nhello\r\n", "-5\r\nhello\r\n", "5\r\nhello!\r\n0\r\n\r\n", "\r\nhello\r\n0\r\n\r\n",
                             "10000000000000000\r\nhello\r\n", "5\nhello\n0\n\n", "0\r\nno field\r\n\r\n"}) {
        CAPTURE(body);
        download one;
        one.server_says(body);
        one.server_ends();
        CHECK(one.failure(with_chunks) == errc::unavailable);
    }
}

TEST_CASE("a text is as large as its limit, and not larger") {
    const auto failure_at_limit = [](std::uint64_t limit, std::string_view head, std::string_view body) {
        download one;
        one.options.text_limit = limit;
        one.server_says(body);
        one.server_ends();
        return one.failure(head);
    };
    for (const auto& [head, body] : {std::pair{with_length(5), "hello"},
                                     {std::string(with_chunks), "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"},
                                     {std::string(until_close), "hello"}}) {
        CAPTURE(head);
        CHECK(failure_at_limit(5, head, body) == std::nullopt);
        CHECK(failure_at_limit(4, head, body) == errc::too_large);
    }
    CHECK(failure_at_limit(5, with_length(UINT64_MAX), "") == errc::too_large);
}

TEST_CASE("a sink takes a body beyond the limit of a text, from its offset on") {
    for (const auto& [head, body] : {std::pair{with_length(5), "hello"},
                                     {std::string(with_chunks), "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"},
                                     {std::string(until_close), "hello"}}) {
        CAPTURE(head);
        memory_sink sink(100);
        download one;
        one.options.text_limit = 0;
        one.options.destination = into(sink, 100);
        one.server_says(body);
        one.server_ends();
        one.read(head);
        CHECK(sink.text() == "hello");
        CHECK(one.answer.text.empty());
        CHECK(one.state.delivered == 5);
    }
}

TEST_CASE("the header decides where a body goes, also where there is none") {
    download one;
    std::optional<unsigned> asked;
    one.options.destination = [&](const response& answer) {
        asked = answer.status;
        return body_destination{};
    };
    one.read("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    CHECK(asked == 404);
}

TEST_CASE("what the sink reports ends the body") {
    failing_sink sink;
    download one;
    one.options.destination = into(sink);
    one.server_says("hello");
    CHECK(one.failure(with_length(5)) == errc::no_space);
    CHECK(one.state.delivered == 0);
}

TEST_CASE("a large body goes into a file at its offset, beside what was received with the header") {
    const detail::temp_directory directory;
    const std::string body = noise(3'000'001);
    const auto path = directory.path() / "body";
    download one;
    one.server_says(body.substr(0, 1000));
    REQUIRE(one.ours->receive().count == 1000);
    file_sink sink(path);
    one.options.destination = into(sink, 7);
    REQUIRE(one.failure_while_sent(with_length(body.size()), body.substr(1000) + "HTTP/1.1") == std::nullopt);
    sink.close();
    CHECK((content_of(path) == std::string(7, '\0') + body));
    CHECK(one.state.delivered == body.size());
    one.ours->receive_more(100);
    CHECK(one.unread() == "HTTP/1.1");
}

TEST_CASE("a large body for a file that is cut off is unavailable") {
    const detail::temp_directory directory;
    const std::string body = noise(600'000);
    const auto path = directory.path() / "body";
    file_sink sink(path);
    download one;
    one.options.destination = into(sink);
    CHECK(one.failure_while_sent(with_length(body.size() + 1), body) == errc::unavailable);
    sink.close();
    CHECK(one.state.delivered == body.size());
    CHECK((content_of(path) == body));
}

TEST_CASE("a body that does not come ends with the patience") {
    for (const auto& head : {with_length(5), std::string(with_chunks), std::string(until_close)}) {
        CAPTURE(head);
        download silent;
        silent.idle = 0ms;
        CHECK(silent.failure(head) == errc::timed_out);

        download late;
        late.limits.deadline = detail::steady_time::min();
        CHECK(late.failure(head) == errc::timed_out);

        std::stop_source stop;
        stop.request_stop();
        download stopped;
        stopped.limits.stop = stop.get_token();
        CHECK(stopped.failure(head) == errc::cancelled);
    }
}

TEST_CASE("a line between chunks that never ends is refused where it fills the buffer") {
    download one;
    CHECK(one.failure_while_sent(with_chunks, "5;" + std::string(2 * input_buffer::capacity, 'x')) == errc::too_large);
}
