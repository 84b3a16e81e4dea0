#include <holdfast/detail/steady_time.hpp>

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;
using holdfast::detail::after;

TEST_CASE("a time ends after it began, by its length") {
    const auto now = std::chrono::steady_clock::now();
    CHECK(after(0ms) >= now);
    CHECK(after(24h) >= now + 24h);
    CHECK(after(24h) < now + 25h);
}

TEST_CASE("a time that the clock can't hold is a year, and one below zero is none") {
    const auto now = std::chrono::steady_clock::now();
    CHECK(after(std::chrono::milliseconds::max()) >= now + 365 * 24h);
    CHECK(after(std::chrono::milliseconds::max()) < now + 366 * 24h);
    CHECK(after(std::chrono::milliseconds::min()) >= now);
    CHECK(after(std::chrono::milliseconds::min()) < now + 24h);
}
