#include <holdfast/detail/command_line.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace holdfast::detail;

TEST_CASE("command lines and the words that Python's shlex.split finds in them") {
    using words = std::vector<std::string>;
    struct row {
        std::string text;
        words expected;
    };
    for (const auto& [text, expected] : std::vector<row>{
             {"", {}},
             {" \t\r\n", {}},
             {"a", {"a"}},
             {"  a  b\tc\nd\re ", {"a", "b", "c", "d", "e"}},
             {"''", {""}},
             {"a '' \"\" b", {"a", "", "", "b"}},
             {"'a b' \"c d\"", {"a b", "c d"}},
             {"a'b c'd\"e f\"g", {"ab cde fg"}},
             {"'a\"b' \"c'd\"", {"a\"b", "c'd"}},
             {R"(a\ b \'c \" \\ \n)", {"a b", "'c", "\"", "\\", "n"}},
             {R"("a\"b" "c\\d" "e\f" "\$" "\'")", {"a\"b", "c\\d", "e\\f", "\\$", "\\'"}},
             {R"('a\' '\\' '\"')", {"a\\", "\\\\", "\\\""}},
             {"a\\\nb", {"a\nb"}},
             {"\\ ", {" "}},
             {"a#b # c", {"a#b", "#", "c"}},
             {"a;b | c > d & $HOME `x` *", {"a;b", "|", "c", ">", "d", "&", "$HOME", "`x`", "*"}},
             {"\xC3\xA9 \xFF", {"\xC3\xA9", "\xFF"}},
             {"a\vb\fc", {"a\vb\fc"}},
         }) {
        CAPTURE(text);
        const auto found = split_command_line(text);
        REQUIRE(found.has_value());
        CHECK(*found == expected);
    }
}

TEST_CASE("command lines without an end") {
    for (const std::string text :
         {"'", "\"", "a 'b", "a \"b", "a \"b\\\"", "a\\", "\\", "a \"b\\", "'a'\"", "a 'b\\"}) {
        CAPTURE(text);
        CHECK_FALSE(split_command_line(text).has_value());
    }
}
