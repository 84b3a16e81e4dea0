#include <holdfast/detail/utf8.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using holdfast::detail::is_utf8;

TEST_CASE("well-formed UTF-8, the first and the last of every length") {
    CHECK(is_utf8(""));
    for (const std::string& text : std::vector<std::string>{
             std::string(1, '\0'), "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
             "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF3\xBF\xBF\xBF", "\xF4\x8F\xBF\xBF", "a\xC3\xA9z"}) {
        CAPTURE(text);
        CHECK(is_utf8(text));
        CHECK(is_utf8(text + "x" + text));
        CHECK(is_utf8("0123456789" + text));
    }
}

TEST_CASE("ill-formed UTF-8, wherever it stands") {
    for (const std::string& text :
         std::vector<std::string>{"\x80", "\xBF",                                                     // nothing leads
                                  "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",         // overlong
                                  "\xED\xA0\x80", "\xED\xBF\xBF",                                     // surrogates
                                  "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF",             // beyond U+10FFFF
                                  "\xC3", "\xE2\x82", "\xF0\x9F\x94",                                 // cut
                                  "\xC3\x28", "\xE2\x28\xA1", "\xE2\x82\x28", "\xF0\x9F\x94\xC0"}) {  // no continuation
        CAPTURE(text);
        CHECK_FALSE(is_utf8(text));
        CHECK_FALSE(is_utf8("a" + text));
        CHECK_FALSE(is_utf8("0123456789" + text));
        CHECK_FALSE(is_utf8("01234567" + text + "01234567"));
        CHECK_FALSE(is_utf8(text + "a"));
    }
}

TEST_CASE("two-byte texts: exactly 30 leads with 64 continuations, and pairs of ASCII") {
    int well_formed = 0;
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const char text[2] = {static_cast<char>(first), static_cast<char>(second)};
            well_formed += is_utf8(std::string_view(text, 2)) ? 1 : 0;
        }
    }
    CHECK(well_formed == 30 * 64 + 128 * 128);
}
