#include <holdfast/core/object_key.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include <holdfast/core/error.hpp>

using namespace holdfast;

namespace {

errc refusal(std::string_view text) {
    try {
        object_key{text};
    } catch (const error& failure) {
        return failure.kind();
    }
    return errc{};
}

}  // namespace

TEST_CASE("keys that are one") {
    const std::string longest = std::string(1000, 'a') + "/" + std::string(23, 'b');
    for (const std::string& text :
         std::vector<std::string>{"a", "a/b", "...", "..a/b..", ".hidden/.x", " ", "a b/ c", "a\\b", "a:b?c#d%2F", "~",
                                  "a\nb", "gr\xC3\xBC\xC3\x9F/\xF0\x9F\x94\xA5", longest}) {
        CAPTURE(text);
        CHECK(object_key(text).str() == text);
        CHECK(object_key::is_key(text));
        const auto parsed = object_key::parse(text);
        REQUIRE(parsed);
        CHECK(*parsed == object_key(text));
    }
}

TEST_CASE("texts that are no key, and why") {
    struct row {
        std::string text;
        errc kind;
    };
    for (const auto& [text, kind] : std::vector<row>{
             {"", errc::invalid_argument},
             {"/", errc::unsafe_path},
             {"/a", errc::unsafe_path},
             {"//a", errc::unsafe_path},
             {"a/", errc::invalid_argument},
             {"a//b", errc::invalid_argument},
             {".", errc::unsafe_path},
             {"..", errc::unsafe_path},
             {"./a", errc::unsafe_path},
             {"../a", errc::unsafe_path},
             {"a/./b", errc::unsafe_path},
             {"a/../b", errc::unsafe_path},
             {"a/.", errc::unsafe_path},
             {"a/..", errc::unsafe_path},
             {std::string("a\0b", 3), errc::unsafe_path},
             {std::string("\0", 1), errc::unsafe_path},
             {"a\xFF", errc::invalid_argument},
             {"a\xC3", errc::invalid_argument},
             {"\xED\xA0\x80", errc::invalid_argument},
             {"a\xC0\xAF"
              "b",
              errc::invalid_argument},
             {std::string(1025, 'a'), errc::too_large},
             {std::string(1023, 'a') + "\xC3\xA9", errc::too_large},
         }) {
        CAPTURE(text);
        CHECK(refusal(text) == kind);
        CHECK_FALSE(object_key::parse(text));
    }
}

TEST_CASE("a refusal shows the text only where it can be printed") {
    try {
        object_key("a//b");
        FAIL("accepted");
    } catch (const error& failure) {
        CHECK(failure.key() == "a//b");
    }
    try {
        object_key("a\xFF");
        FAIL("accepted");
    } catch (const error& failure) {
        CHECK(failure.key().empty());
    }
}

TEST_CASE("the parts of a key") {
    CHECK(object_key("a/b/c").name() == "c");
    CHECK(object_key("a/b/c").parent() == "a/b");
    CHECK(object_key("c").name() == "c");
    CHECK(object_key("c").parent().empty());
}

TEST_CASE("a key lies below a prefix of whole parts") {
    const object_key key("a/b10/c");
    CHECK(key.is_below(""));
    CHECK(key.is_below("a"));
    CHECK(key.is_below("a/b10"));
    CHECK_FALSE(key.is_below("a/b1"));
    CHECK_FALSE(key.is_below("a/b10/c"));
    CHECK_FALSE(key.is_below("a/b10/c/d"));
    CHECK_FALSE(key.is_below("b"));
    CHECK_FALSE(object_key("a").is_below("a"));
    CHECK_FALSE(object_key("ab/c").is_below("a"));
    CHECK_FALSE(object_key("x/c").is_below("a"));
}

TEST_CASE("further parts obey the same rules") {
    const object_key base("a");
    CHECK((base / "b/c").str() == "a/b/c");
    CHECK((base / "b" / "c").str() == "a/b/c");
    const auto refusal_of = [&](std::string_view parts) {
        try {
            base / parts;
        } catch (const error& failure) {
            return failure.kind();
        }
        return errc{};
    };
    CHECK(refusal_of("") == errc::invalid_argument);
    CHECK(refusal_of("/b") == errc::invalid_argument);
    CHECK(refusal_of("..") == errc::unsafe_path);
    CHECK(refusal_of(std::string(1023, 'b')) == errc::too_large);
    CHECK(refusal_of(std::string(1022, 'b')) == errc{});
}

TEST_CASE("keys are ordered by their bytes") {
    const std::set<object_key> keys{object_key("b"), object_key("a/b"), object_key("a"), object_key("a-b")};
    std::string order;
    for (const auto& key : keys) order += key.str() + " ";
    CHECK(order == "a a-b a/b b ");
}
