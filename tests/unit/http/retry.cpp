#include <holdfast/http/retry.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>

using namespace holdfast;
using namespace std::chrono_literals;

namespace {

using delays = std::vector<std::chrono::milliseconds>;
using http::verdict;

http::response status(unsigned code, std::vector<http::fields::field> headers = {}) {
    http::response answer{.status = code, .headers = {}, .text = {}};
    for (auto& [name, value] : headers) answer.headers.add(std::move(name), std::move(value));
    return answer;
}

error failing(errc kind) {
    return error(kind, "send", "host", "planned");
}

std::chrono::system_clock::time_point local_time() {
    return std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);
}

// A retry whose sleeps are noted instead of slept, with a random number of the test's choice.
struct bench {
    explicit bench(http::retry_options options = {}, double random = 0.5)
        : again(
              options, [random] { return random; },
              [this](std::chrono::milliseconds time, std::stop_token) { slept.push_back(time); }, local_time) {}

    // Calls with outcomes in the given order: a status, or the kind of an error that is thrown after `sent`.
    template <class... Outcomes>
    http::response run(const http::retry::call& what, Outcomes... outcomes) {
        std::deque<std::function<http::response(http::exchange_state&)>> script{outcome(outcomes)...};
        attempts = 0;
        return again(
            [&](unsigned number, http::exchange_state& state) {
                CHECK(number == ++attempts);
                CHECK_FALSE(state.sent);
                REQUIRE_FALSE(script.empty());
                const auto next = std::move(script.front());
                script.pop_front();
                return next(state);
            },
            http::judge_status, what);
    }

    template <class... Outcomes>
    errc failure(const http::retry::call& what, Outcomes... outcomes) {
        try {
            run(what, outcomes...);
        } catch (const error& met) {
            return met.kind();
        }
        FAIL("nothing failed");
        return errc::io_failure;
    }

    struct after_sending {
        errc kind;
    };

    static std::function<http::response(http::exchange_state&)> outcome(http::response answer) {
        return [answer](http::exchange_state& state) {
            state.sent = true;
            return answer;
        };
    }
    static std::function<http::response(http::exchange_state&)> outcome(unsigned code) { return outcome(status(code)); }
    static std::function<http::response(http::exchange_state&)> outcome(errc kind) {
        return [kind](http::exchange_state&) -> http::response { throw failing(kind); };
    }
    static std::function<http::response(http::exchange_state&)> outcome(after_sending failure) {
        return [failure](http::exchange_state& state) -> http::response {
            state.sent = true;
            throw failing(failure.kind);
        };
    }

    delays slept;
    unsigned attempts = 0;
    http::retry again;
};

using after_sending = bench::after_sending;

}  // namespace

TEST_CASE("what statuses mean") {
    for (unsigned code = 100; code < 600; ++code) {
        CAPTURE(code);
        const verdict expected = code == 429 || code == 503                  ? verdict::throttled
                                 : code == 500 || code == 502 || code == 504 ? verdict::transient
                                                                             : verdict::final;
        CHECK(http::judge_status(status(code)) == expected);
    }
}

TEST_CASE("a final response ends it") {
    for (const unsigned code : {200U, 204U, 301U, 400U, 403U, 404U, 412U, 501U}) {
        bench b;
        CHECK(b.run({}, code).status == code);
        CHECK(b.attempts == 1);
        CHECK(b.slept.empty());
    }
}

TEST_CASE("transient delays double from 50 ms, throttled ones from one second, each times the random number") {
    bench b({.attempts = 6});
    CHECK(b.run({}, 500U, 502U, 504U, errc::unavailable, errc::timed_out, 200U).status == 200);
    CHECK(b.attempts == 6);
    CHECK(b.slept == delays{25ms, 50ms, 100ms, 200ms, 400ms});
    bench t({.attempts = 7}, 0.75);
    CHECK(t.run({}, 503U, 429U, errc::throttled, 503U, 503U, 503U, 206U).status == 206);
    CHECK(t.slept == delays{750ms, 1500ms, 3000ms, 6000ms, 12000ms, 15000ms});
    bench mixed;
    CHECK(mixed.run({}, 500U, 503U, 500U, 200U).status == 200);
    CHECK(mixed.slept == delays{25ms, 1000ms, 100ms});
}

TEST_CASE("options set the delays, and their cap holds before the random number") {
    bench b({.attempts = 40, .transient_delay = 3ms, .throttled_delay = 1s, .longest_delay = 10ms, .budget = 5000},
            0.5);
    CHECK(b.run({}, 500U, 500U, 500U, 503U, 200U).status == 200);
    CHECK(b.slept == delays{1ms, 3ms, 5ms, 5ms});
    bench zero({}, 0.0);
    CHECK(zero.run({}, 500U, 503U, 200U).status == 200);
    CHECK(zero.slept == delays{0ms, 0ms});
    bench many({.attempts = 3000, .budget = 1'000'000}, 0.5);
    CHECK(many.again([](unsigned, http::exchange_state&) { return status(500); }, http::judge_status, {}).status ==
          500);
    CHECK(many.slept.size() == 2999);
    CHECK(many.slept.back() == 10s);
}

TEST_CASE("when the attempts are used up the last outcome is the end") {
    bench b({.attempts = 3});
    CHECK(b.run({}, 500U, errc::unavailable, 502U).status == 502);
    CHECK(b.attempts == 3);
    CHECK(b.slept.size() == 2);
    CHECK(b.failure({}, 500U, 502U, errc::timed_out) == errc::timed_out);
    for (const unsigned attempts : {0U, 1U}) {
        bench once({.attempts = attempts});
        CHECK(once.run({}, 500U).status == 500);
        CHECK(once.failure({}, errc::unavailable) == errc::unavailable);
        CHECK(once.slept.empty());
    }
}

TEST_CASE("errors that do not pass are not repeated") {
    for (const errc kind : {errc::not_found, errc::access_denied, errc::untrusted, errc::cancelled, errc::too_large,
                            errc::precondition_failed, errc::io_failure, errc::corrupt}) {
        bench b;
        CHECK(b.failure({}, kind) == kind);
        CHECK(b.attempts == 1);
        CHECK(b.slept.empty());
    }
    bench b;
    CHECK_THROWS_AS(
        b.again([](unsigned, http::exchange_state&) -> http::response { throw std::runtime_error("other"); },
                http::judge_status, {}),
        std::runtime_error);
    CHECK(b.slept.empty());
}

TEST_CASE("the error of the last attempt is thrown as it was") {
    bench b({.attempts = 2});
    try {
        b.run({}, 500U, errc::unavailable);
        FAIL("nothing failed");
    } catch (const error& met) {
        CHECK(std::string(met.what()) == failing(errc::unavailable).what());
    }
}

TEST_CASE("what is not idempotent is repeated where the server has not seen it, or has refused it") {
    const http::retry::call careful{.idempotent = false, .stop = {}};
    bench b;
    CHECK(b.run(careful, errc::unavailable, errc::timed_out, 200U).status == 200);
    CHECK(b.attempts == 3);
    CHECK(b.failure(careful, after_sending{errc::unavailable}, 200U) == errc::unavailable);
    CHECK(b.attempts == 1);
    CHECK(b.failure(careful, errc::unavailable, after_sending{errc::timed_out}, 200U) == errc::timed_out);
    CHECK(b.attempts == 2);
    for (const unsigned code : {500U, 502U, 504U}) {
        CHECK(b.run(careful, code, 200U).status == code);
        CHECK(b.attempts == 1);
    }
    CHECK(b.run(careful, 503U, 429U, after_sending{errc::throttled}, 200U).status == 200);
    CHECK(b.attempts == 4);
    CHECK(b.run({}, after_sending{errc::unavailable}, 500U, 200U).status == 200);
    CHECK(b.attempts == 3);
}

TEST_CASE("a judge of one's own decides, by errors too") {
    bench b;
    unsigned asked = 0;
    const auto attempt = [](unsigned number, http::exchange_state&) { return status(number == 1 ? 404 : 200); };
    CHECK(b.again(attempt,
                  [](const http::response& r) { return r.status == 404 ? verdict::throttled : verdict::final; }, {})
              .status == 200);
    CHECK(b.slept == delays{500ms});
    const auto throws = [&](const http::response&) -> verdict {
        ++asked;
        throw failing(errc::unavailable);
    };
    CHECK_THROWS_AS(b.again(attempt, throws, {.idempotent = false, .stop = {}}), error);
    CHECK(asked == 1);
    CHECK_THROWS_AS(b.again(attempt, throws, {}), error);
    CHECK(asked == 6);
}

TEST_CASE("a server's wish lengthens the delay, up to the cap") {
    struct row {
        std::vector<http::fields::field> headers;
        std::chrono::milliseconds delay;
    };
    const std::string date = "Mon, 01 Jan 2024 00:00:";
    for (const auto& [headers, delay] : std::vector<row>{
             {{{"Retry-After", "3"}}, 3000ms},
             {{{"retry-after", "0"}}, 500ms},
             {{{"Retry-After", "20"}}, 20000ms},
             {{{"Retry-After", "21"}}, 20000ms},
             {{{"Retry-After", "99999999999999999999999"}}, 20000ms},
             {{{"Retry-After", "4294967295"}}, 20000ms},
             {{{"Retry-After", "-3"}}, 500ms},
             {{{"Retry-After", "3.5"}}, 500ms},
             {{{"Retry-After", ""}}, 500ms},
             {{{"Retry-After", "soon"}}, 500ms},
             {{{"x-amz-retry-after", "700"}}, 700ms},
             {{{"x-amz-retry-after", "499"}}, 500ms},
             {{{"x-amz-retry-after", "20001"}}, 20000ms},
             {{{"x-amz-retry-after", "x"}}, 500ms},
             {{{"Retry-After", "2"}, {"x-amz-retry-after", "700"}}, 2000ms},
             {{{"Retry-After", "2"}, {"x-amz-retry-after", "2700"}}, 2700ms},
             {{{"Retry-After", date + "07 GMT"}}, 7000ms},
             {{{"Retry-After", date + "00 GMT"}}, 500ms},
             {{{"Retry-After", "Sun, 31 Dec 2023 23:59:59 GMT"}}, 500ms},
             {{{"Retry-After", "Tue, 02 Jan 2024 00:00:00 GMT"}}, 20000ms},
             {{{"Retry-After", "Mon, 01 Jan 2024 12:00:09 GMT"}, {"Date", "Mon, 01 Jan 2024 12:00:05 GMT"}}, 4000ms},
             {{{"Retry-After", date + "07 GMT"}, {"Date", date + "09 GMT"}}, 500ms},
             {{{"Retry-After", date + "07 GMT"}, {"Date", "nonsense"}}, 7000ms},
             {{{"Retry-After", "Wed, 31 Dec 2200 00:00:00 GMT"}, {"Date", "Fri, 01 Jan 1700 00:00:00 GMT"}}, 20000ms},
             {{{"Retry-After", "Fri, 01 Jan 1700 00:00:00 GMT"}, {"Date", "Wed, 31 Dec 2200 00:00:00 GMT"}}, 500ms},
         }) {
        CAPTURE(headers.front().second);
        bench b;
        CHECK(b.run({}, status(503, headers), 200U).status == 200);
        CHECK(b.slept == delays{delay});
    }
}

TEST_CASE("retries take tokens and stop without them") {
    const http::retry_options options{.attempts = 100, .budget = 33};
    bench b(options);
    CHECK(b.run({}, 500U, 503U, 500U, 500U).status == 500);  // 14 + 5 + 14
    CHECK(b.attempts == 4);
    CHECK(b.failure({}, errc::throttled) == errc::throttled);
    CHECK(b.attempts == 1);
    CHECK(b.slept.size() == 3);
    for (int i = 0; i < 4; ++i) CHECK(b.run({}, 200U).status == 200);
    CHECK(b.run({}, 503U).status == 503);  // four tokens
    CHECK(b.run({}, 200U).status == 200);
    CHECK(b.run({}, 503U, 503U).status == 503);
    CHECK(b.attempts == 2);
}

TEST_CASE("a success after a retry gives back what the retry took, and nothing fills the bucket over its rim") {
    bench b({.attempts = 100, .budget = 28});
    CHECK(b.run({}, 500U, 500U, 200U).status == 200);  // 28 taken, 14 given back
    CHECK(b.run({}, 500U, 500U).status == 500);        // 14 taken
    CHECK(b.attempts == 2);
    CHECK(b.run({}, 503U).status == 503);
    bench full({.attempts = 100, .budget = 14});
    for (int i = 0; i < 20; ++i) CHECK(full.run({}, 200U).status == 200);
    CHECK(full.run({}, 500U, 500U).status == 500);
    CHECK(full.attempts == 2);
}

TEST_CASE("answers that are no success give nothing") {
    bench b({.attempts = 100, .budget = 5});
    CHECK(b.run({}, 503U, 404U).status == 404);
    for (const unsigned code : {404U, 301U, 501U}) CHECK(b.run({}, code).status == code);
    CHECK(b.run({}, 503U).status == 503);
}

TEST_CASE("copies share the budget") {
    bench b({.attempts = 100, .budget = 14});
    const http::retry copy = b.again;
    CHECK(copy([](unsigned, http::exchange_state&) { return status(500); }, http::judge_status, {}).status == 500);
    CHECK(b.slept.size() == 1);
    CHECK(b.run({}, 500U).status == 500);
    CHECK(b.slept.size() == 1);
}

TEST_CASE("the deadline is not slept over") {
    const auto now = std::chrono::steady_clock::now();
    bench b({.throttled_delay = 20min, .longest_delay = 40min});
    CHECK(b.run({.deadline = now + 5min, .stop = {}}, 503U).status == 503);  // 10 minutes would be too long
    CHECK(b.failure({.deadline = now + 5min, .stop = {}}, errc::throttled) == errc::throttled);
    CHECK(b.slept.empty());
    CHECK(b.run({.deadline = now + 24h, .stop = {}}, 503U, 200U).status == 200);
    CHECK(b.slept == delays{10min});
    CHECK(b.run({.deadline = now + 20min, .stop = {}}, status(503, {{"Retry-After", "1800"}})).status == 503);
    CHECK(b.slept.size() == 1);
    CHECK(b.failure({.deadline = now - 1ms, .stop = {}}, 200U) == errc::timed_out);
    CHECK(b.attempts == 0);
}

TEST_CASE("a delay that the clock can't hold is a year") {
    constexpr auto longest = std::chrono::milliseconds::max();
    const http::retry_options options{.throttled_delay = longest, .longest_delay = longest};
    bench b(options);
    const auto soon = std::chrono::steady_clock::now() + 5min;
    CHECK(b.run({.deadline = soon, .stop = {}}, 503U).status == 503);
    CHECK(b.slept.empty());
    CHECK(b.run({}, 503U, 200U).status == 200);
    CHECK(b.slept == delays{365 * 12h});  // times the random number
}

TEST_CASE("a sleep that took too long ends with the last outcome") {
    http::retry::call what;
    unsigned attempts = 0;
    const http::retry again({}, {}, [&](std::chrono::milliseconds, const std::stop_token&) {
        what.deadline = std::chrono::steady_clock::now();
    });
    const auto attempt = [&](unsigned, http::exchange_state&) {
        ++attempts;
        return status(500);
    };
    CHECK(again(attempt, http::judge_status, what).status == 500);
    CHECK(attempts == 1);
}

TEST_CASE("a request to stop ends it before an attempt and after a sleep") {
    std::stop_source source;
    unsigned attempts = 0;
    const http::retry again({}, {}, [&](std::chrono::milliseconds, const std::stop_token& stop) {
        CHECK_FALSE(stop.stop_requested());
        source.request_stop();
    });
    const auto attempt = [&](unsigned, http::exchange_state&) {
        ++attempts;
        return status(500);
    };
    for (int i = 0; i < 2; ++i) {
        try {
            again(attempt, http::judge_status, {.stop = source.get_token()});
            FAIL_CHECK("nothing was cancelled");
        } catch (const error& met) {
            CHECK(met.kind() == errc::cancelled);
        }
        CHECK(attempts == 1);
    }
}

TEST_CASE("the system's sleep is woken by a request to stop") {
    std::stop_source source;
    const http::retry again({.longest_delay = 1h}, [] { return 0.999; });
    std::jthread stopper;
    const auto attempt = [&](unsigned, http::exchange_state&) {
        stopper = std::jthread([&] { source.request_stop(); });
        return status(503, {{"Retry-After", "3600"}});
    };
    try {
        again(attempt, http::judge_status, {.stop = source.get_token()});
        FAIL_CHECK("nothing was cancelled");
    } catch (const error& met) {
        CHECK(met.kind() == errc::cancelled);
    }
}

TEST_CASE("the system's sleep lasts as long as it is told") {
    const http::retry again({.transient_delay = 20ms}, [] { return 0.5; });
    const auto from = std::chrono::steady_clock::now();
    const auto attempt = [](unsigned number, http::exchange_state&) { return status(number == 1 ? 500 : 200); };
    CHECK(again(attempt, http::judge_status, {}).status == 200);
    CHECK(std::chrono::steady_clock::now() - from >= 10ms);
}

TEST_CASE("the system's random numbers are below one and differ") {
    delays slept;
    const http::retry again({.attempts = 30, .transient_delay = 1h, .longest_delay = 1h, .budget = 1000}, {},
                            [&](std::chrono::milliseconds time, std::stop_token) { slept.push_back(time); });
    again([](unsigned, http::exchange_state&) { return status(500); }, http::judge_status, {});
    REQUIRE(slept.size() == 29);
    unsigned repeated = 0;
    for (std::size_t i = 0; i < slept.size(); ++i) {
        CHECK(slept[i] >= 0ms);
        CHECK(slept[i] < 1h);
        if (i > 0 && slept[i] == slept[i - 1]) ++repeated;
    }
    CHECK(repeated < 28);
}

TEST_CASE("threads share one budget") {
    std::atomic<unsigned> sleeps = 0;
    const http::retry again({.attempts = 1000, .budget = 1400}, {},
                            [&](std::chrono::milliseconds, std::stop_token) { ++sleeps; });
    {
        std::array<std::jthread, 4> threads;
        for (auto& each : threads) {
            each = std::jthread([copy = again] {
                copy([](unsigned, http::exchange_state&) { return status(500); }, http::judge_status, {});
            });
        }
    }
    CHECK(sleeps == 100);
}
