#include <holdfast/storage/s3/operation.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/digest.hpp>
#include <holdfast/storage/s3/client.hpp>
#include <holdfast/storage/s3/config.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/s3_options.hpp>
#include <tests/support/scripted_transport.hpp>

namespace {

using namespace holdfast;
using testing_support::error_of;
using testing_support::failure_of;
using testing_support::options_for;
using testing_support::scripted_transport;

s3::client client_for(http::any_transport transport) {
    s3_options options = options_for(std::move(transport));
    auto address = s3::resolve(store_url::parse("s3://bucket"), options);
    return {std::move(address), std::move(options)};
}

http::response answer_of(unsigned status, std::string text = {}) {
    http::response answer;
    answer.status = status;
    answer.text = std::move(text);
    return answer;
}

scripted_transport always(unsigned status, const std::string& text = {}) {
    return scripted_transport([=](const http::request&) { return answer_of(status, text); });
}

/// A server that performs what it is asked, and whose answers are lost, so many times.
http::any_transport losing(const scripted_transport& script, int times) {
    return [script, left = std::make_shared<int>(times)](const http::request& message,
                                                         const http::exchange_options& options) {
        auto answer = script(message, options);
        if ((*left)-- > 0) throw error(errc::unavailable, "send", "", "the answer is lost");
        return answer;
    };
}

std::string header(const http::request& message, std::string_view name) {
    const std::string* value = message.headers.find(name);
    return value != nullptr ? *value : "none";
}

TEST_CASE("operation: what is not said is a GET of the bucket, without a body, and its hash is that of nothing") {
    const auto script = always(200);
    auto store = client_for(script);
    CHECK(store.require({.verb = "look"}).status == 200);
    REQUIRE(script.requests().size() == 1);
    const auto request = script.requests().front();
    CHECK(request.method == "GET");
    CHECK(request.target == "/bucket");
    CHECK(request.body.size() == 0);
    CHECK(header(request, "x-amz-content-sha256") == detail::sha256_hex(""));
}

TEST_CASE("operation: method, object, fields, headers and body become the request") {
    const auto script = always(200);
    auto store = client_for(script);
    s3::operation what{.verb = "put", .method = "PUT", .object = "dir/a b", .fields = {{"partNumber", "1"}, {"x", ""}}};
    what.headers.set("x-amz-meta-own", "mine");
    what.body = byte_source::from_text("body");
    what.payload_hash = detail::sha256_hex("body");
    store.require(what);
    const auto request = script.requests().front();
    CHECK(request.method == "PUT");
    CHECK(request.target == "/bucket/dir/a%20b?partNumber=1&x=");
    CHECK(header(request, "x-amz-meta-own") == "mine");
    CHECK(header(request, "x-amz-content-sha256") == detail::sha256_hex("body"));
    CHECK(testing_support::body_of(request) == "body");
}

TEST_CASE("operation: an error tells the verb and the key as the caller knows it, not as the bucket does") {
    auto store = client_for(always(403, "<Error><Code>AccessDenied</Code></Error>"));
    const auto failure =
        error_of([&] { store.require({.verb = "frobnicate", .shown = "key", .object = "prefix/key"}); });
    REQUIRE(failure);
    CHECK(failure->kind() == errc::access_denied);
    CHECK(failure->operation() == "frobnicate");
    CHECK(failure->key() == "key");
    auto unreachable = client_for(scripted_transport::in_order({}));
    const auto lost = error_of([&] { unreachable.require({.verb = "frobnicate", .shown = "key", .object = "p/key"}); });
    REQUIRE(lost);
    CHECK(lost->kind() == errc::unavailable);
    CHECK(lost->operation() == "frobnicate");
    CHECK(lost->key() == "key");
}

TEST_CASE("operation: prepare changes each exchange before it is signed, finished is told of each that ends") {
    const auto script = scripted_transport::in_order({answer_of(500), answer_of(200)});
    auto store = client_for(losing(script, 1));
    s3::operation what{.verb = "get", .object = "key"};
    int prepared = 0;
    what.prepare = [&](http::request& message) { message.headers.set("Range", std::to_string(++prepared)); };
    std::vector<bool> finished;
    what.finished = [&](const http::exchange_state& state) { finished.push_back(state.sent); };
    CHECK(store.send(what).answer.status == 200);
    const auto requests = script.requests();
    REQUIRE(requests.size() == 2);
    CHECK(header(requests[0], "Range") == "1");
    CHECK(header(requests[1], "Range") == "2");
    CHECK(header(requests[0], "Authorization") != header(requests[1], "Authorization"));
    CHECK(finished == std::vector{true, true});
}

TEST_CASE("operation: lost is told of each exchange that may have been performed without an answer that says so") {
    int lost = 0;
    const auto lost_by = [&](http::any_transport transport) {
        auto store = client_for(std::move(transport));
        s3::operation what{.verb = "put", .method = "PUT", .object = "key"};
        what.lost = [&] { ++lost; };
        lost = 0;
        failure_of([&] { store.send(what); });
        return lost;
    };
    CHECK(lost_by(losing(always(200), 2)) == 2);
    CHECK(lost_by(always(200)) == 0);
    CHECK(lost_by(always(503)) == 0);
    CHECK(lost_by(always(500)) == 5);
    CHECK(lost_by(always(504)) == 5);
    CHECK(lost_by(scripted_transport([](const http::request&) -> http::response {
              throw error(errc::unavailable, "connect", "", "nobody listens");
          })) == 0);
}

TEST_CASE("operation: the body of an answer goes where the destination says, asked with the answer's header") {
    auto store = client_for(always(200, "content"));
    memory_sink sink;
    unsigned status = 0;
    std::uint64_t delivered = 0;
    s3::operation what{.verb = "get", .object = "key"};
    what.destination = [&](const http::response& answer) {
        status = answer.status;
        return http::body_destination{&sink, 3};
    };
    what.finished = [&](const http::exchange_state& state) { delivered = state.delivered; };
    CHECK(store.require(what).text.empty());
    CHECK(status == 200);
    CHECK(sink.text() == std::string(3, '\0') + "content");
    CHECK(delivered == 7);
}

TEST_CASE("operation: an answer that can't be read is asked for again, any other complaint of the reader is told") {
    const auto script = scripted_transport::in_order({answer_of(200, "cut"), answer_of(200, "whole")});
    auto store = client_for(script);
    std::string read;
    s3::operation what{.verb = "list"};
    what.read = [&](const http::response& answer) {
        if (answer.text == "cut") throw error(errc::corrupt, "list", "", "the document is cut off");
        read = answer.text;
    };
    CHECK_FALSE(store.send(what).is_passing);
    CHECK(read == "whole");

    const auto other = always(200);
    auto strict = client_for(other);
    what.read = [](const http::response&) { throw error(errc::too_large, "list", "", "more than is wanted"); };
    CHECK(failure_of([&] { strict.send(what); }) == errc::too_large);
    CHECK(other.requests().size() == 1);
}

TEST_CASE("operation: a reader sees successes alone") {
    int readings = 0;
    s3::operation what{.verb = "get", .object = "key"};
    what.read = [&](const http::response&) { ++readings; };
    for (const unsigned status : {404U, 412U, 500U}) {
        CAPTURE(status);
        CHECK(client_for(always(status)).send(what).answer.status == status);
    }
    CHECK(readings == 0);
}

TEST_CASE("operation: what the server may have performed is not sent again where it is settled") {
    const auto script = always(200);
    int asked = 0;
    s3::operation what{.verb = "put", .method = "PUT", .object = "key"};
    what.settled = [&] { return ++asked == 2; };

    auto store = client_for(losing(script, 3));
    const auto result = store.send(what);
    CHECK(result.settled);
    CHECK(result.repeated);
    CHECK(result.answer.text.empty());
    CHECK(asked == 2);
    CHECK(script.requests().size() == 2);
}

TEST_CASE("operation: nothing is settled before a request went out, or while the first answer is good") {
    int asked = 0;
    s3::operation what{.verb = "put", .method = "PUT", .object = "key"};
    what.settled = [&] { return ++asked > 0; };
    const auto good = client_for(always(200)).send(what);
    CHECK_FALSE(good.settled);
    CHECK_FALSE(good.repeated);
    auto unreachable = client_for(scripted_transport([](const http::request&) -> http::response {
        throw error(errc::unavailable, "connect", "", "nobody listens");
    }));
    CHECK(failure_of([&] { unreachable.send(what); }) == errc::unavailable);
    CHECK(asked == 0);
}

TEST_CASE("operation: a failure that stays although it should pass is said to be one, another failure is not") {
    auto store = client_for(always(500));
    const auto passing = store.send({.verb = "get", .object = "key"});
    CHECK(passing.is_passing);
    CHECK(passing.repeated);
    const auto final = client_for(always(404)).send({.verb = "get", .object = "key"});
    CHECK_FALSE(final.is_passing);
    CHECK_FALSE(final.repeated);
}

TEST_CASE("operation: a caller who asked to stop, and a deadline that has passed, send nothing") {
    const auto script = always(200);
    auto store = client_for(script);
    std::stop_source stop;
    stop.request_stop();
    CHECK(failure_of([&] { store.send({.verb = "get", .stop = stop.get_token()}); }) == errc::cancelled);
    CHECK(failure_of([&] { store.send({.verb = "get", .deadline = std::chrono::milliseconds(0)}); }) ==
          errc::timed_out);
    CHECK(script.requests().empty());
}

TEST_CASE("operation: a deadline beyond what the clock can count is a late one, not one that has passed") {
    auto store = client_for(always(200));
    CHECK(store.send({.verb = "get", .deadline = std::chrono::milliseconds::max()}).answer.status == 200);
}

}  // namespace
