#include <holdfast/http/http_date.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>

using namespace holdfast;

namespace {

std::int64_t seconds_of(const std::string& text) {
    const auto time = http::parse_http_date(text);
    REQUIRE(time.has_value());
    return std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch()).count();
}

}  // namespace

TEST_CASE("HTTP dates") {
    CHECK(seconds_of("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);  // RFC 9110, section 5.6.7
    CHECK(seconds_of("Thu, 01 Jan 1970 00:00:00 GMT") == 0);
    CHECK(seconds_of("Wed, 31 Dec 1969 23:59:59 GMT") == -1);
    CHECK(seconds_of("Thu, 29 Feb 2024 12:00:00 GMT") == 1709208000);
    CHECK(seconds_of("Tue, 19 Jan 2038 03:14:08 GMT") == 2147483648);
    CHECK(seconds_of("Sat, 31 Dec 2016 23:59:60 GMT") == 1483228800);
}

TEST_CASE("other texts are no HTTP date") {
    for (const char* text : {
             "",
             "0",
             "120",
             "Sun, 06 Nov 1994 08:49:37",
             "Sun, 06 Nov 1994 08:49:37 UTC",
             "Sun, 06 Nov 1994 08:49:37 GMT ",
             " Sun, 06 Nov 1994 08:49:37 GMT",
             "Sun, 6 Nov 1994 08:49:37 GMT",
             "sun, 06 Nov 1994 08:49:37 GMT",
             "Xxx, 06 Nov 1994 08:49:37 GMT",
             "unM, 06 Nov 1994 08:49:37 GMT",
             "Sun, 06 NOV 1994 08:49:37 GMT",
             "Sun, 06 anF 1994 08:49:37 GMT",
             "Sun, 31 Nov 1994 08:49:37 GMT",
             "Sun, 29 Feb 2023 08:49:37 GMT",
             "Sun, 00 Nov 1994 08:49:37 GMT",
             "Sun, 06 Nov 1994 24:00:00 GMT",
             "Sun, 06 Nov 1994 08:60:37 GMT",
             "Sun, 06 Nov 1994 08:49:61 GMT",
             "Sun, +6 Nov 1994 08:49:37 GMT",
             "Sun, 06 Nov 9999 08:49:37 GMT",
             "Sun, 06 Nov 0000 08:49:37 GMT",
             "Sun, 06 Nov -994 08:49:37 GMT",
             "Sunday, 06-Nov-94 08:49:37 GMT",
             "Sun Nov  6 08:49:37 1994",
         }) {
        CAPTURE(text);
        CHECK_FALSE(http::parse_http_date(text).has_value());
    }
}
