#include <holdfast/storage/s3/digits.hpp>

#include <doctest/doctest.h>

namespace {

using holdfast::s3::parse_digits;

TEST_CASE("parse_digits: decimal digits and nothing else, below 2^63") {
    CHECK(parse_digits("0") == 0);
    CHECK(parse_digits("0042") == 42);
    CHECK(parse_digits("9223372036854775807") == INT64_MAX);
    CHECK_FALSE(parse_digits("9223372036854775808"));
    CHECK_FALSE(parse_digits("99999999999999999999999"));
    CHECK_FALSE(parse_digits(""));
    CHECK_FALSE(parse_digits("-1"));
    CHECK_FALSE(parse_digits("+1"));
    CHECK_FALSE(parse_digits(" 1"));
    CHECK_FALSE(parse_digits("1 "));
    CHECK_FALSE(parse_digits("0x1"));
}

}  // namespace
