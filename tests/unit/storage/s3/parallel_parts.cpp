#include <holdfast/storage/s3/parallel_parts.hpp>

#include <atomic>
#include <cstddef>
#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <stop_token>

#include <doctest/doctest.h>

namespace {

using holdfast::s3::for_each_part;

TEST_CASE("for_each_part: each part once") {
    std::mutex mutex;
    std::multiset<std::size_t> seen;
    for_each_part(100, 4, {}, [&](std::size_t i, const std::stop_token&) {
        const std::scoped_lock lock(mutex);
        seen.insert(i);
    });
    CHECK(seen.size() == 100);
    CHECK(std::set(seen.begin(), seen.end()).size() == 100);
    CHECK(*seen.rbegin() == 99);
}

TEST_CASE("for_each_part: the first failure stops the calls that are under way, and is the one that is told") {
    std::latch both(2);
    const auto run = [&](std::size_t i, const std::stop_token& stop) {
        both.arrive_and_wait();
        if (i == 0) throw std::runtime_error("the first");
        while (!stop.stop_requested()) {
        }
        throw std::runtime_error("a part that was stopped");
    };
    CHECK_THROWS_WITH_AS(for_each_part(2, 2, {}, run), "the first", std::runtime_error);
}

TEST_CASE("for_each_part: after a failure no further part begins") {
    std::atomic<std::size_t> begun = 0;
    const auto run = [&](std::size_t, const std::stop_token&) {
        ++begun;
        throw std::runtime_error("failed");
    };
    CHECK_THROWS_AS(for_each_part(1000, 1, {}, run), std::runtime_error);
    CHECK(begun == 1);
}

TEST_CASE("for_each_part: a wish to stop from outside reaches the parts") {
    std::stop_source outside;
    bool was_told = false;
    const auto run = [&](std::size_t, const std::stop_token& stop) {
        outside.request_stop();
        was_told = stop.stop_requested();
        throw std::runtime_error("stopped");
    };
    CHECK_THROWS_AS(for_each_part(8, 1, outside.get_token(), run), std::runtime_error);
    CHECK(was_told);
}

}  // namespace
