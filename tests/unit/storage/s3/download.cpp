#include <holdfast/storage/s3/download.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <utility>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/storage/operations.hpp>
#include <holdfast/storage/s3.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/fake_s3.hpp>
#include <tests/support/s3_options.hpp>

using namespace holdfast;
using testing_support::fail_at_every_request;
using testing_support::failure_of;
using testing_support::fake_s3;
using testing_support::options_for;

namespace {

const object_key key{"key"};
const std::string content = "0123456789abcdefghij";

s3_options checked(http::any_transport transport) {
    s3_options options = options_for(std::move(transport));
    options.integrity = s3_integrity::crc32c;
    return options;
}

/// Each of the first `cuts` bodies breaks off after `size` bytes.
http::any_transport cutting(const http::any_transport& server, int cuts, std::size_t size) {
    return [=, left = std::make_shared<std::atomic<int>>(cuts)](const http::request& message,
                                                                const http::exchange_options& options) {
        if (message.method != "GET" || left->fetch_sub(1) <= 0) return server(message, options);
        http::response answer = server(message, {});
        const std::string body = std::exchange(answer.text, {});
        const auto target = options.destination(answer);
        options.state->sent = true;
        if (target.sink != nullptr) {
            target.sink->write(target.offset, std::as_bytes(std::span(body)).first(std::min(size, body.size())));
            options.state->delivered = std::min(size, body.size());
        }
        throw error(errc::unavailable, "send", "", "cut");
    };
}

std::string last_range(const fake_s3& server) {
    const std::string* value = server.state().requests.back().headers.find("Range");
    return value != nullptr ? *value : "none";
}

}  // namespace

TEST_CASE("a read is one request") {
    const fake_s3 server;
    const s3_storage store("s3://bucket", checked(server));
    const std::string etag = put_text(store, key, content).etag;
    memory_sink whole;
    const object_info info = store.get(key, whole);
    CHECK(server.request_count() == 2);
    CHECK(last_range(server) == "none");
    CHECK(whole.text() == content);
    CHECK(info.size == content.size());
    CHECK(info.etag == etag);
    CHECK(info.modified == server.state().now);
    memory_sink some(3);
    store.get(key, some, {.range = {3, 4}});
    CHECK(server.request_count() == 3);
    CHECK(last_range(server) == "bytes=3-6");
    CHECK(some.text() == "3456");
}

TEST_CASE("a read that breaks off goes on where it was, and no byte comes twice") {
    const fake_s3 server;
    put_text(s3_storage("s3://bucket", checked(server)), key, content);
    for (const std::size_t size : {0U, 1U, 7U, 20U}) {
        CAPTURE(size);
        const s3_storage store("s3://bucket", checked(cutting(server, 2, size)));
        memory_sink memory;
        crc32c_sink once(memory);
        CHECK(store.get(key, once).size == content.size());
        CHECK(memory.text() == content);
        CHECK(once.value(content.size()) == detail::crc32c(0, std::as_bytes(std::span(content))));
        if (size == 7) CHECK(last_range(server) == "bytes=14-");
    }
    SUBCASE("also within a range") {
        const s3_storage store("s3://bucket", checked(cutting(server, 1, 4)));
        memory_sink memory(5);
        store.get(key, memory, {.range = {5, 10}});
        CHECK(memory.text() == content.substr(5, 10));
        CHECK(last_range(server) == "bytes=9-14");
    }
    SUBCASE("and fails where the object changed meanwhile") {
        const auto changing = [&, cut = cutting(server, 1, 4)](const http::request& message,
                                                               const http::exchange_options& options) {
            try {
                return cut(message, options);
            } catch (const error&) {
                put_text(s3_storage("s3://bucket", checked(server)), key, "another content here");
                throw;
            }
        };
        memory_sink memory;
        CHECK(failure_of([&] { s3_storage("s3://bucket", checked(changing)).get(key, memory); }) ==
              errc::precondition_failed);
        CHECK(memory.text() == content.substr(0, 4));
    }
}

TEST_CASE("an object of which the server gives no ETag is not read, since nothing tells whether it stays the same") {
    const fake_s3 server;
    put_text(s3_storage("s3://bucket", checked(server)), key, content);
    const auto without_etag = [&](const http::request& message, const http::exchange_options& options) {
        http::response answer = server(message, {});
        answer.headers.erase("ETag");
        return testing_support::deliver(std::move(answer), options);
    };
    const s3_storage store("s3://bucket", checked(without_etag));
    memory_sink memory;
    for (const byte_range& range : {byte_range{}, byte_range{5, 10}, byte_range{5, 0}, byte_range{20, 1}}) {
        CHECK(failure_of([&] { store.get(key, memory, {.range = range}); }) == errc::unsupported);
    }
    CHECK(failure_of([&] { store.head(key); }) == errc::unsupported);
    CHECK(failure_of([&] { store.copy(key, object_key("copy")); }) == errc::unsupported);
    CHECK(memory.text().empty());
    CHECK_FALSE(store.head(object_key("absent")));
    CHECK_FALSE(failure_of([&] { put_text(store, object_key("new"), content); }));
}

TEST_CASE("the network fails once, at any request of a read") {
    for (const bool reaches_server : {false, true}) {
        const fake_s3 server;
        put_text(s3_storage("s3://bucket", checked(server)), key, content);
        const auto steps = fail_at_every_request(server, reaches_server, [&](const http::any_transport& transport) {
            CHECK(get_text(s3_storage("s3://bucket", checked(transport)), key) == content);
        });
        CHECK(steps == 1);
    }
}

TEST_CASE("a checksum that doesn't fit is found") {
    const fake_s3 server;
    const s3_storage store("s3://bucket", checked(server));
    put_text(store, key, content);
    server.state().objects["key"].content[3] ^= 1;
    memory_sink sink;
    CHECK(failure_of([&] { store.get(key, sink); }) == errc::corrupt);
    CHECK(failure_of([&] { get_text(store, key); }) == errc::corrupt);
    s3_options unchecked = options_for(server);
    memory_sink other;
    CHECK_FALSE(failure_of([&] { s3_storage("s3://bucket", unchecked).get(key, other); }));
}

TEST_CASE("ranges that no object has") {
    const fake_s3 server;
    const s3_storage store("s3://bucket", checked(server));
    put_text(store, key, content);
    memory_sink sink;
    for (const byte_range& range : {byte_range{20, 1}, {21, 5}, {3, 0}, {UINT64_MAX, 1}}) {
        CHECK(store.get(key, sink, {.range = range}).size == content.size());
    }
    CHECK(sink.text().empty());
    CHECK(failure_of([&] { store.get(object_key("absent"), sink, {.range = {5, 0}}); }) == errc::not_found);
    CHECK(failure_of([&] {
              store.get(key, sink, {.range = {5, 0}, .if_match = "other"});
          }) == errc::precondition_failed);
}

TEST_CASE("answers that contradict the request are refused") {
    const auto failure_with = [](const byte_range& range, unsigned status, std::string body,
                                 const std::string& content_range, const std::string& length = {}) {
        const testing_support::scripted_transport script([&](const http::request&) {
            http::response answer;
            answer.status = status;
            answer.headers.set("Content-Length", length.empty() ? std::to_string(body.size()) : length);
            if (!content_range.empty()) answer.headers.set("Content-Range", content_range);
            answer.headers.set("ETag", "\"e\"");
            answer.text = body;
            return answer;
        });
        memory_sink sink(range.offset);
        const auto failure =
            failure_of([&] { s3_storage("s3://bucket", checked(script)).get(key, sink, {.range = range}); });
        CHECK((!failure || failure == errc::corrupt));
        return failure.has_value();
    };
    CHECK_FALSE(failure_with({}, 200, "0123", ""));
    CHECK_FALSE(failure_with({0, 4}, 200, "0123", ""));
    CHECK_FALSE(failure_with({0, 9}, 200, "0123", ""));
    CHECK_FALSE(failure_with({2, 2}, 206, "23", "bytes 2-3/10"));
    CHECK_FALSE(failure_with({8, 9}, 206, "89", "bytes 8-9/10"));
    CHECK(failure_with({0, 3}, 200, "0123", ""));
    CHECK(failure_with({2, 2}, 200, "0123", ""));
    CHECK(failure_with({2, 2}, 206, "23", ""));
    CHECK(failure_with({2, 2}, 206, "12", "bytes 1-2/10"));
    CHECK(failure_with({2, 2}, 206, "234", "bytes 2-4/10"));
    CHECK(failure_with({2, 2}, 206, "2", "bytes 2-2/10"));
    CHECK(failure_with({2, 2}, 206, "23", "nonsense"));
    CHECK(failure_with({}, 206, "23", "bytes 2-3/10"));
    CHECK(failure_with({}, 200, "012", "", "4"));
    CHECK(failure_with({}, 202, "0123", ""));
    CHECK(failure_with({}, 203, "0123", ""));
    CHECK(failure_with({}, 204, "", ""));
}

TEST_CASE("a read that is stopped ends") {
    const fake_s3 server;
    const s3_storage store("s3://bucket", checked(server));
    put_text(store, key, content);
    std::stop_source stop;
    stop.request_stop();
    memory_sink sink;
    CHECK(failure_of([&] { store.get(key, sink, {.stop = stop.get_token()}); }) == errc::cancelled);
    CHECK(server.request_count() == 1);
}
