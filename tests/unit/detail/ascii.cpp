#include <holdfast/detail/ascii.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>

using namespace holdfast::detail;

TEST_CASE("every byte is in the classes that ASCII puts it in") {
    std::string lower, digits, letters, controls, spaces;
    for (int value = 0; value < 256; ++value) {
        const char c = static_cast<char>(value);
        if (to_ascii_lower(c) != c) lower += to_ascii_lower(c);
        if (is_ascii_digit(c)) digits += c;
        if (is_ascii_alphanumeric(c) && !is_ascii_digit(c)) letters += c;
        if (is_ascii_control(c)) controls += c;
        if (is_ascii_space(c)) spaces += c;
    }
    CHECK(lower == "abcdefghijklmnopqrstuvwxyz");
    CHECK(digits == "0123456789");
    CHECK(letters == "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    CHECK(controls.size() == 33);
    CHECK(controls.front() == '\0');
    CHECK(controls.back() == '\x7F');
    CHECK(spaces == "\t\n\v\f\r ");
}

TEST_CASE("case is ignored in ASCII only") {
    CHECK(to_ascii_lower("Aa Z9_\xC3\x89") == "aa z9_\xC3\x89");
    CHECK(equals_ignoring_ascii_case("Content-Length", "content-LENGTH"));
    CHECK(equals_ignoring_ascii_case("", ""));
    CHECK_FALSE(equals_ignoring_ascii_case("a", "ab"));
    CHECK_FALSE(equals_ignoring_ascii_case("[", "{"));
    CHECK_FALSE(equals_ignoring_ascii_case("\xC3\x89", "\xC3\xA9"));
}

TEST_CASE("decimal numbers of digits only") {
    CHECK(parse_decimal<std::uint64_t>("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
    CHECK(parse_decimal<std::uint8_t>("007") == std::uint8_t{7});
    for (const char* text : {"", "-1", "+1", " 1", "1 ", "1x", "0x1", "18446744073709551616"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_decimal<std::uint64_t>(text).has_value());
    }
    CHECK_FALSE(parse_decimal<std::uint8_t>("256").has_value());
}
