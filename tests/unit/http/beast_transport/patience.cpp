#include <holdfast/http/beast_transport/patience.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>

#include <holdfast/core/error.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/socket_pair.hpp>

using namespace holdfast;
using namespace std::chrono_literals;
using holdfast::http::patience;
using testing_support::connected_sockets;
using testing_support::error_of;
using testing_support::failure_of;
using testing_support::say;

namespace {

constexpr auto long_ago = detail::steady_time::min();
const auto far_away = std::chrono::steady_clock::now() + 24h;

std::stop_token asked_to_stop() {
    std::stop_source source;
    source.request_stop();
    return source.get_token();
}

patience patience_of(detail::wait_limits limits, std::chrono::milliseconds idle = 24h) {
    return {"host", idle, std::move(limits)};
}

}  // namespace

TEST_CASE("a check passes while there is time and no one asked to stop") {
    std::stop_source source;
    CHECK_NOTHROW(patience_of({}).check("send"));
    CHECK_NOTHROW(patience_of({.deadline = far_away, .stop = source.get_token()}).check("send"));
}

TEST_CASE("a check fails with what is over, naming the operation and the host") {
    const auto late = error_of([] { patience_of({.deadline = long_ago}).check("send"); });
    REQUIRE(late);
    CHECK(late->kind() == errc::timed_out);
    CHECK(late->operation() == "send");
    CHECK(late->key() == "host");
    const auto stopped = error_of([] { patience_of({.stop = asked_to_stop()}).check("receive"); });
    REQUIRE(stopped);
    CHECK(stopped->kind() == errc::cancelled);
    CHECK(stopped->operation() == "receive");
    CHECK(stopped->key() == "host");
}

TEST_CASE("a deadline can be made earlier, not later") {
    const auto earlier = far_away - 1h;
    const auto later = far_away + 1h;
    const patience waits = patience_of({.deadline = far_away});
    CHECK(waits.until(earlier).limits().deadline == earlier);
    CHECK(waits.until(later).limits().deadline == far_away);
    CHECK(patience_of({}).until(far_away).limits().deadline == far_away);
    CHECK(failure_of([&] { waits.until(long_ago).check("send"); }) == errc::timed_out);
    CHECK_NOTHROW(waits.check("send"));
}

TEST_CASE("an earlier deadline keeps the host, the stop and the time without a byte") {
    const auto [ours, theirs] = connected_sockets();
    std::stop_source source;
    const patience waits = patience_of({.stop = source.get_token()}, 0ms).until(far_away);
    CHECK(waits.host() == "host");
    CHECK(failure_of([&] { waits.wait(ours, {.readable = true}, "receive"); }) == errc::timed_out);
    source.request_stop();
    CHECK(failure_of([&] { waits.check("send"); }) == errc::cancelled);
}

TEST_CASE("a wait ends with what holds of what is wanted") {
    const auto [ours, theirs] = connected_sockets();
    const patience waits = patience_of({});
    const auto writable = waits.wait(ours, {.readable = true, .writable = true}, "send");
    CHECK(writable.writable);
    CHECK_FALSE(writable.readable);
    say(theirs, "x");
    const auto readable = waits.wait(ours, {.readable = true}, "receive");
    CHECK(readable.readable);
    CHECK_FALSE(readable.writable);
}

TEST_CASE("a connection that ended is readable") {
    auto [ours, theirs] = connected_sockets();
    theirs = {};
    CHECK(patience_of({}).wait(ours, {.readable = true}, "receive").readable);
}

TEST_CASE("a wait without a byte times out; one of a given time says that nothing holds") {
    const auto [ours, theirs] = connected_sockets();
    CHECK(failure_of([&] { patience_of({}, 0ms).wait(ours, {.readable = true}, "receive"); }) == errc::timed_out);
    const auto ready = patience_of({}).wait_at_most(ours, {.readable = true}, 0ms, "receive");
    CHECK_FALSE(ready.readable);
    CHECK_FALSE(ready.writable);
}

TEST_CASE("a time that the clock can't hold ends at the deadline") {
    const auto now = std::chrono::steady_clock::now();
    const auto [ours, theirs] = connected_sockets();
    const patience waits = patience_of({.deadline = now + 10ms}, std::chrono::milliseconds::max());
    const auto over = error_of([&] { waits.wait(ours, {.readable = true}, "receive"); });
    REQUIRE(over);
    CHECK(over->message() == "the time allowed is over");
}

TEST_CASE("no wait begins where the time is over or someone asked to stop, whatever holds") {
    const auto [ours, theirs] = connected_sockets();
    say(theirs, "x");
    const patience late = patience_of({.deadline = long_ago});
    const patience stopped = patience_of({.stop = asked_to_stop()});
    CHECK(failure_of([&] { late.wait(ours, {.readable = true}, "receive"); }) == errc::timed_out);
    CHECK(failure_of([&] { late.wait_at_most(ours, {.readable = true}, 24h, "receive"); }) == errc::timed_out);
    CHECK(failure_of([&] { stopped.wait(ours, {.readable = true}, "receive"); }) == errc::cancelled);
    CHECK(failure_of([&] { stopped.wait_at_most(ours, {.readable = true}, 24h, "receive"); }) == errc::cancelled);
}
