#include <holdfast/detail/percent_encoding.hpp>

#include <string>

#include <doctest/doctest.h>

namespace {

using namespace holdfast::detail;

TEST_CASE("percent encoding: unreserved characters stay") {
    const std::string unreserved = "ABCXYZabcxyz0189-._~";
    CHECK(percent_encode(unreserved, false) == unreserved);
}

TEST_CASE("percent encoding: everything else becomes %XX") {
    CHECK(percent_encode("a b+c%d", false) == "a%20b%2Bc%25d");
    CHECK(percent_encode("\xC3\xA9", false) == "%C3%A9");
    CHECK(percent_encode(std::string("\0\x7F\xFF", 3), false) == "%00%7F%FF");
    CHECK(percent_encode("!*'();:@&=$,?#[]", false) == "%21%2A%27%28%29%3B%3A%40%26%3D%24%2C%3F%23%5B%5D");
}

TEST_CASE("percent encoding: a slash stays where asked to") {
    CHECK(percent_encode("a/b c", true) == "a/b%20c");
    CHECK(percent_encode("a/b c", false) == "a%2Fb%20c");
}

TEST_CASE("percent encoding: every byte goes there and back") {
    std::string text;
    for (int value = 0; value < 256; ++value) text += static_cast<char>(value);
    CHECK(percent_decode(percent_encode(text, false)) == text);
    CHECK(percent_decode(percent_encode(text, true)) == text);
}

TEST_CASE("percent decoding: lower-case digits are read, a plus stays") {
    CHECK(percent_decode("%c3%a9+%2f") == "\xC3\xA9+/");
}

TEST_CASE("percent decoding: an escape that is not complete is refused") {
    for (const char* text : {"%", "%4", "a%", "%4g", "%g4", "%%41", "%-1", "% 1"}) {
        CAPTURE(text);
        CHECK_FALSE(percent_decode(text).has_value());
    }
}

}  // namespace
