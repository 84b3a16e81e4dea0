#include <holdfast/detail/cancellation.hpp>

#include <doctest/doctest.h>

using namespace holdfast;

TEST_CASE("check_not_stopped fails only where the stop was asked for") {
    std::stop_source stop;
    CHECK_NOTHROW(detail::check_not_stopped({}, "get", "key"));
    CHECK_NOTHROW(detail::check_not_stopped(stop.get_token(), "get", "key"));
    stop.request_stop();
    try {
        detail::check_not_stopped(stop.get_token(), "get", "key");
        FAIL("no error");
    } catch (const error& failure) {
        CHECK(failure.kind() == errc::cancelled);
        CHECK(failure.key() == "key");
    }
}
