#include <holdfast/metaflow/spelling.hpp>

#include <doctest/doctest.h>

using namespace holdfast::detail;

TEST_CASE("a count has one spelling") {
    CHECK(parse_count("0") == 0U);
    CHECK(parse_count("10") == 10U);
    CHECK(parse_count("9223372036854775807") == 9223372036854775807U);
    for (const char* text :
         {"", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "x", "9223372036854775808", "99999999999999999999999"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_count(text));
    }
}

TEST_CASE("a hash is lower-case digits of one length") {
    CHECK(is_hash_text("fc6851aa", pathspec_hash_size));
    CHECK(is_hash_text("a92ae9615600", identifier_size));
    CHECK_FALSE(is_hash_text("FC6851AA", pathspec_hash_size));
    CHECK_FALSE(is_hash_text("fc6851a", pathspec_hash_size));
    CHECK_FALSE(is_hash_text("fc6851aaa", pathspec_hash_size));
    CHECK_FALSE(is_hash_text("fc6851ag", pathspec_hash_size));
}

TEST_CASE("a part of a key is a text that Python reads back") {
    CHECK(key_part_flaw("epoch_3").empty());
    CHECK(key_part_flaw("a.b: \xC3\xBC").empty());
    CHECK(key_part_flaw("") == "is empty");
    CHECK(key_part_flaw("a/b").starts_with("holds '/'"));
    CHECK(key_part_flaw("a?b").starts_with("holds '?'"));
    CHECK(key_part_flaw("\xFF") == "is not UTF-8");
    CHECK(key_part_flaw("a\tb") == "holds a control character");
}

TEST_CASE("control characters") {
    CHECK(has_control_character("a\nb"));
    CHECK(has_control_character("\x7F"));
    CHECK_FALSE(has_control_character("a b\xC3\xBC"));
    CHECK_FALSE(has_control_character(""));
}
