#include <holdfast/detail/parallel.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstddef>
#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <holdfast/core/error.hpp>

using namespace holdfast;
using holdfast::detail::parallel_for;
using holdfast::detail::parallel_for_apart;

TEST_CASE("every index runs once, whatever the limit") {
    for (const unsigned limit : {0U, 1U, 2U, 3U, 8U, 64U}) {
        for (const std::size_t count : {0U, 1U, 2U, 7U, 200U}) {
            CAPTURE(limit);
            CAPTURE(count);
            std::vector<std::atomic<int>> runs(count);
            parallel_for(count, limit, [&](std::size_t i) { ++runs[i]; });
            parallel_for_apart(count, limit, [&](std::size_t i) { ++runs[i]; });
            CHECK(std::ranges::all_of(runs, [](const auto& n) { return n == 2; }));
        }
    }
}

TEST_CASE("one thread is enough: the caller's, in order") {
    const auto order_of = [](std::size_t count, unsigned limit) {
        std::vector<std::size_t> order;
        const auto caller = std::this_thread::get_id();
        parallel_for(count, limit, [&](std::size_t i) {
            CHECK(std::this_thread::get_id() == caller);
            order.push_back(i);
        });
        return order;
    };
    CHECK(order_of(5, 1) == std::vector<std::size_t>{0, 1, 2, 3, 4});
    CHECK(order_of(5, 0) == std::vector<std::size_t>{0, 1, 2, 3, 4});
    CHECK(order_of(1, 8) == std::vector<std::size_t>{0});
}

TEST_CASE("threads apart begin each stretch, and one alone goes through all in order") {
    constexpr unsigned limit = 3;
    std::mutex mutex;
    std::vector<std::size_t> order;
    std::barrier meeting(limit);
    parallel_for_apart(9, limit, [&](std::size_t i) {
        {
            const std::scoped_lock lock(mutex);
            order.push_back(i);
        }
        meeting.arrive_and_wait();  // three at a time
    });
    for (std::size_t turn = 0; turn < 3; ++turn) {
        const auto first = order.begin() + static_cast<std::ptrdiff_t>(3 * turn);
        CHECK(std::set(first, first + 3) == std::set{turn, turn + 3, turn + 6});
    }
    order.clear();
    parallel_for_apart(5, 1, [&](std::size_t i) { order.push_back(i); });
    CHECK(order == std::vector<std::size_t>{0, 1, 2, 3, 4});
}

TEST_CASE("a failure apart ends the loop, and a stop is told") {
    CHECK_THROWS_AS(parallel_for_apart(100, 4,
                                       [](std::size_t i) {
                                           if (i == 30) throw std::runtime_error("30");
                                       }),
                    std::runtime_error);
    std::stop_source stop;
    stop.request_stop();
    CHECK_THROWS_AS(parallel_for_apart(
                        100, 4, [](std::size_t) {}, stop.get_token()),
                    error);
}

TEST_CASE("as many threads as the limit run at once, the caller among them, and never more") {
    constexpr unsigned limit = 4;
    std::barrier meeting(limit);  // passes only when four bodies are in it
    std::mutex mutex;
    std::set<std::thread::id> threads;
    std::atomic<unsigned> running = 0;
    std::atomic<unsigned> most = 0;
    parallel_for(limit * 5, limit, [&](std::size_t) {
        const unsigned now = ++running;
        unsigned seen = most;
        while (seen < now && !most.compare_exchange_weak(seen, now)) {
        }
        meeting.arrive_and_wait();
        {
            const std::scoped_lock lock(mutex);
            threads.insert(std::this_thread::get_id());
        }
        --running;
    });
    CHECK(most == limit);
    CHECK(threads.size() <= limit);
    CHECK(threads.contains(std::this_thread::get_id()));
}

TEST_CASE("indices start in ascending order") {
    constexpr std::size_t limit = 3;
    std::latch first_three(limit);
    std::mutex mutex;
    std::vector<std::size_t> first;
    parallel_for(30, limit, [&](std::size_t i) {
        if (i >= limit) return;
        {
            const std::scoped_lock lock(mutex);
            first.push_back(i);
        }
        first_three.arrive_and_wait();  // nobody is past the third index before the first three have met
    });
    std::ranges::sort(first);
    CHECK(first == std::vector<std::size_t>{0, 1, 2});
}

TEST_CASE("the first exception wins, and nothing starts after it") {
    std::vector<std::size_t> started;
    try {
        parallel_for(10, 1, [&](std::size_t i) {
            started.push_back(i);
            if (i >= 3) throw std::runtime_error("index " + std::to_string(i));
        });
        FAIL("no exception");
    } catch (const std::runtime_error& failure) {
        CHECK(std::string(failure.what()) == "index 3");
    }
    CHECK(started == std::vector<std::size_t>{0, 1, 2, 3});
}

TEST_CASE("the lowest index need not be the first to fail") {
    std::latch second_is_failing(1);
    std::atomic<int> ended = 0;
    CHECK_THROWS_WITH(parallel_for(2, 2,
                                   [&](std::size_t i) {
                                       if (i == 0) second_is_failing.wait();
                                       ++ended;
                                       if (i == 0) return;
                                       second_is_failing.count_down();
                                       throw std::runtime_error("one");
                                   }),
                      "one");
    CHECK(ended == 2);
}

TEST_CASE("an exception of a helper thread reaches the caller after all bodies ended") {
    const auto caller = std::this_thread::get_id();
    std::barrier both(2);
    std::atomic<int> ended = 0;
    CHECK_THROWS_WITH(parallel_for(2, 2,
                                   [&](std::size_t) {
                                       both.arrive_and_wait();
                                       ++ended;
                                       if (std::this_thread::get_id() != caller) throw std::runtime_error("helper");
                                   }),
                      "helper");
    CHECK(ended == 2);
}

TEST_CASE("a stop keeps further indices from starting") {
    for (const unsigned limit : {1U, 4U}) {
        std::stop_source source;
        std::atomic<std::size_t> started = 0;
        try {
            parallel_for(
                1000, limit,
                [&](std::size_t i) {
                    ++started;
                    if (i == 5) source.request_stop();
                },
                source.get_token());
            FAIL("ran to the end");
        } catch (const error& failure) {
            CHECK(failure.kind() == errc::cancelled);
        }
        CHECK(started >= 6);
        if (limit == 1) CHECK(started == 6);
    }
}

TEST_CASE("stopped before the start: nothing runs; stopped in the last index: all is done") {
    std::stop_source source;
    source.request_stop();
    int runs = 0;
    CHECK_THROWS_AS(parallel_for(
                        3, 1, [&](std::size_t) { ++runs; }, source.get_token()),
                    error);
    CHECK(runs == 0);
    CHECK_NOTHROW(parallel_for(
        0, 1, [&](std::size_t) { ++runs; }, source.get_token()));

    std::stop_source late;
    CHECK_NOTHROW(parallel_for(
        3, 1,
        [&](std::size_t i) {
            ++runs;
            if (i == 2) late.request_stop();
        },
        late.get_token()));
    CHECK(runs == 3);
}

TEST_CASE("a body's exception comes before the stop that followed it") {
    std::stop_source source;
    CHECK_THROWS_WITH(parallel_for(
                          5, 1,
                          [&](std::size_t) {
                              source.request_stop();
                              throw std::runtime_error("body");
                          },
                          source.get_token()),
                      "body");
}

TEST_CASE("calls nest") {
    std::atomic<std::size_t> sum = 0;
    parallel_for(4, 3, [&](std::size_t i) {
        parallel_for(5, 3,
                     [&](std::size_t j) { parallel_for(2, 2, [&](std::size_t k) { sum += 10 * i + 2 * j + k; }); });
    });
    CHECK(sum == 10 * 6 * 10 + 2 * 10 * 8 + 1 * 20);
}
