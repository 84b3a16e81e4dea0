#include <holdfast/core/clock.hpp>

#include <doctest/doctest.h>

using namespace holdfast;

TEST_CASE("the system's clock tells the system's time") {
    const auto before = std::chrono::system_clock::now();
    const auto told = system_clock()();
    const auto after = std::chrono::system_clock::now();
    CHECK(before <= told);
    CHECK(told <= after);
}

TEST_CASE("a test chooses the time") {
    const clock_function clock = [] { return std::chrono::system_clock::time_point{std::chrono::seconds{5}}; };
    CHECK(clock().time_since_epoch() == std::chrono::seconds{5});
}
