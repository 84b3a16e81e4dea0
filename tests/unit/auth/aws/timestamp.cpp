#include <holdfast/auth/aws/timestamp.hpp>

#include <doctest/doctest.h>

#include <chrono>

#include <tests/support/aws_surroundings.hpp>

using holdfast::auth::clamp_to_clock;
using holdfast::auth::format_timestamp;
using holdfast::auth::parse_timestamp;
using testing_support::test_now;

TEST_CASE("the forms that services and tools write") {
    for (const char* const text :
         {"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.999Z", "2026-01-02T03:04:05.123456+00:00",
          "2026-01-02T03:04:05UTC", "2026-01-02 03:04:05", "2026-01-02T04:04:05+01:00", "2026-01-02T04:34:05+0130",
          "2026-01-01T22:04:05-05", "20260102T030405Z", "2026-01-02T03:04:05 UTC"}) {
        CAPTURE(text);
        CHECK(parse_timestamp(text) == test_now());
    }
    CHECK(parse_timestamp("2026-01-02") == test_now() - std::chrono::seconds(3 * 3600 + 4 * 60 + 5));
}

TEST_CASE("anything else is none") {
    for (const char* const text :
         {"", "x", "2026", "2026-13-02T03:04:05Z", "2026-02-30T03:04:05Z", "2026-01-02T25:04:05Z",
          "2026-01-02T03:60:05Z", "2026-01-02T03:04Z", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05X",
          "2026-01-02T03:04:05+1", "2026-01-02T03:04:05Z trailing", "-026-01-02T03:04:05Z", "1767323045"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_timestamp(text));
    }
}

TEST_CASE("times that the clock can't hold become its last, or 1970") {
    using namespace std::chrono;
    const auto latest = floor<seconds>(system_clock::time_point::max());
    for (const char* const text : {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "9999-12-31"}) {
        CAPTURE(text);
        CHECK(parse_timestamp(text) == latest);
    }
    for (const char* const text : {"0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1969-12-31"}) {
        CAPTURE(text);
        CHECK(parse_timestamp(text) == sys_seconds());
    }
    CHECK(clamp_to_clock(sys_time<milliseconds>::max()) == latest);
    CHECK(clamp_to_clock(sys_time<milliseconds>::min()) == sys_seconds());
    CHECK(clamp_to_clock(sys_time<milliseconds>(milliseconds(1))) == sys_time<milliseconds>(milliseconds(1)));
}

TEST_CASE("what is written is read again") {
    CHECK(format_timestamp(test_now()) == "2026-01-02T03:04:05Z");
    CHECK(format_timestamp(test_now() + std::chrono::milliseconds(999)) == "2026-01-02T03:04:05Z");
    CHECK(parse_timestamp(format_timestamp(test_now())) == test_now());
}
