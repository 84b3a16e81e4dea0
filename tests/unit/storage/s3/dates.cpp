#include <holdfast/storage/s3/dates.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

#include <doctest/doctest.h>

namespace {

using namespace holdfast::s3;
using namespace std::chrono_literals;
using time_point = std::chrono::system_clock::time_point;

time_point at(std::int64_t seconds, std::chrono::nanoseconds rest = 0ns) {
    return time_point(std::chrono::seconds(seconds)) + std::chrono::floor<time_point::duration>(rest);
}

TEST_CASE("parse_http_date: the form that RFC 9110 calls IMF-fixdate") {
    CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == at(784'111'777));
    CHECK(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT") == at(0));
    CHECK(parse_http_date("Thu, 29 Feb 2024 23:59:59 GMT") == at(1'709'251'199));
    CHECK(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT") == at(1'483'228'800));
    CHECK(parse_http_date("Tue, 24 Nov 2026 23:47:29 GMT") == at(1'795'564'049));
}

TEST_CASE("parse_http_date: anything else is none") {
    for (const std::string_view text :
         {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
          "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 6 Nov 1994 08:49:37 GMT", "sun, 06 Nov 1994 08:49:37 GMT",
          "Sux, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 ov, 1994 08:49:37 GMT",
          "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT", "Wed, 29 Feb 2023 08:49:37 GMT",
          "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
          "Sun, 06 Nov 1994 08-49-37 GMT", "Sun, 06 Nov 1994 -8:49:37 GMT", "Sun, 06-Nov-1994 08:49:37 GMT"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_http_date(text));
    }
}

TEST_CASE("parse_iso_date: with any number of fraction digits, or none") {
    CHECK(parse_iso_date("2009-10-12T17:50:30Z") == at(1'255'369'830));
    CHECK(parse_iso_date("2009-10-12T17:50:30.000Z") == at(1'255'369'830));
    CHECK(parse_iso_date("2009-10-12T17:50:30.5Z") == at(1'255'369'830, 500ms));
    CHECK(parse_iso_date("2009-10-12T17:50:30.123456789Z") == at(1'255'369'830, 123456789ns));
    CHECK(parse_iso_date("2009-10-12T17:50:30.1234567899999999999999999999999999Z") == at(1'255'369'830, 123456789ns));
}

TEST_CASE("parse_iso_date: anything else is none") {
    for (const std::string_view text :
         {"", "Z", "2009-10-12", "2009-10-12T17:50:30", "2009-10-12T17:50:30.Z", "2009-10-12T17:50:30,5Z",
          "2009-10-12T17:50:30.5xZ", "2009-10-12T17:50:30+00:00", "2009-10-12 17:50:30Z", "2009/10/12T17:50:30Z",
          "2009-13-12T17:50:30Z", "2009-00-12T17:50:30Z", "2009-02-29T17:50:30Z", "2009-10-12T25:50:30Z",
          "2009-10-12T17:50:30ZZ", " 2009-10-12T17:50:30Z", "20091012T175030Z", "-009-10-12T17:50:30Z"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_iso_date(text));
    }
}

TEST_CASE("dates beyond the clock's range are cut to it") {
    const auto early = parse_iso_date("0001-01-01T00:00:00Z");
    const auto late = parse_iso_date("9999-12-31T23:59:59.999Z");
    REQUIRE(early);
    REQUIRE(late);
    CHECK(*early < at(0));
    CHECK(*late > at(7'258'118'400));
    CHECK(*late <= time_point::max());
}

}  // namespace
