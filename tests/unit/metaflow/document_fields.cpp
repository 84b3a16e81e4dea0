#include <holdfast/metaflow/document_fields.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/python_json.hpp>
#include <holdfast/metaflow/artifact_document.hpp>
#include <tests/support/failures.hpp>

using namespace holdfast;
using detail::document_fields;
using testing_support::error_of;
using testing_support::failure_of;

namespace json = boost::json;

namespace {

const std::string digest(64, 'a');

constexpr std::int64_t largest_count = std::numeric_limits<std::int64_t>::max();

/// How each value of the field "f" is read by a member of `document_fields`, which takes the field's name.
template <class Result>
std::optional<errc> failure_at(const json::value& value, Result (document_fields::*read)(std::string_view) const) {
    const json::object fields{{"f", value}};
    return failure_of([&] { (document_fields(fields, "origin").*read)("f"); });
}

json::value nested(int levels) {
    json::value nest = 1;
    for (int level = 0; level < levels; ++level) nest = json::array{std::move(nest)};
    return nest;
}

json::object common_fields() {
    return {{"key", "a/b"}, {"url", "/store/a/b"}, {"created_on", "2026-11-24T10:00:00"}};
}

artifact_document read_common(const document_fields& read, std::string_view origin) {
    artifact_document document;
    detail::read_common_fields(read, origin, document);
    return document;
}

}  // namespace

TEST_CASE("a field that is null counts as missing") {
    const json::object fields{{"null", nullptr}};
    const document_fields read{fields, "origin"};
    for (const std::string name : {"null", "absent"}) {
        CAPTURE(name);
        CHECK_FALSE(read.optional_text(name));
        CHECK_FALSE(read.optional_count(name));
        CHECK_FALSE(read.optional_digits(name));
        CHECK(failure_of([&] { read.required_text(name); }) == errc::corrupt);
        CHECK(failure_of([&] { read.required_digits(name); }) == errc::corrupt);
    }
}

TEST_CASE("an error names the document and the field") {
    const json::object fields{{"url", 3}};
    const auto failure = error_of([&] { document_fields(fields, "a/document").required_text("url"); });
    REQUIRE(failure);
    CHECK(failure->kind() == errc::corrupt);
    CHECK(failure->key() == "a/document");
    CHECK(failure->message().find("'url'") != std::string::npos);
}

TEST_CASE("a text is taken as it is, and nothing else is made one") {
    const json::object fields{{"empty", ""}, {"text", "\u00fc\n"}};
    const document_fields read{fields, "origin"};
    CHECK(read.required_text("empty").empty());
    CHECK(read.required_text("text") == "\u00fc\n");
    CHECK(read.optional_text("text") == "\u00fc\n");
    for (const json::value& value : {json::value(3), json::value(true), json::value(json::array{"x"})}) {
        CAPTURE(json::serialize(value));
        CHECK(failure_at(value, &document_fields::optional_text) == errc::corrupt);
        CHECK(failure_at(value, &document_fields::required_text) == errc::corrupt);
    }
}

TEST_CASE("a count is a whole number from 0 to 2^63 - 1") {
    const json::object fields{{"least", 0}, {"largest", largest_count}, {"unsigned", std::uint64_t{7}}};
    const document_fields read{fields, "origin"};
    CHECK(read.optional_count("least") == 0);
    CHECK(read.optional_count("unsigned") == 7);
    CHECK(read.optional_count("largest") == static_cast<std::uint64_t>(largest_count));
    for (const json::value& value :
         {json::value(-1), json::value(static_cast<std::uint64_t>(largest_count) + 1), json::value(1.0),
          json::value("1"), json::value(true), json::value(json::array{})}) {
        CAPTURE(json::serialize(value));
        CHECK(failure_at(value, &document_fields::optional_count) == errc::corrupt);
    }
}

TEST_CASE("digits are read from a text and from a number, in one spelling") {
    const std::string largest = std::to_string(largest_count);
    const json::object fields{{"number", 7}, {"text", "7"}, {"zero", "0"}, {"largest", largest}};
    const document_fields read{fields, "origin"};
    CHECK(read.required_digits("number") == "7");
    CHECK(read.required_digits("text") == "7");
    CHECK(read.optional_digits("zero") == "0");
    CHECK(read.optional_digits("largest") == largest);
    for (const json::value& value : {json::value(""), json::value("07"), json::value("-1"), json::value("+1"),
                                     json::value(" 1"), json::value("1x"), json::value("9223372036854775808"),
                                     json::value(-1), json::value(7.0), json::value(json::object{})}) {
        CAPTURE(json::serialize(value));
        CHECK(failure_at(value, &document_fields::optional_digits) == errc::corrupt);
        CHECK(failure_at(value, &document_fields::required_digits) == errc::corrupt);
    }
}

TEST_CASE("the library's own field is absent or holds the digest of a manifest") {
    const auto check = [](const json::object& fields) {
        return failure_of([&] { document_fields(fields, "origin").check_own(); });
    };
    CHECK_FALSE(check({}));
    CHECK_FALSE(check({{"holdfast", json::object{{"manifest_sha256", digest}, {"parent", "a/key"}}}}));
    CHECK(check({{"holdfast", nullptr}}) == errc::corrupt);
    CHECK(check({{"holdfast", digest}}) == errc::corrupt);
    CHECK(check({{"holdfast", json::object{{"parent", "a/key"}}}}) == errc::corrupt);
    CHECK(check({{"holdfast", json::object{{"manifest_sha256", digest.substr(1)}}}}) == errc::corrupt);
}

TEST_CASE("the common fields go where they belong, and a size that is not told is 0") {
    json::object fields = common_fields();
    const artifact_document without_size = read_common({fields, "origin"}, "origin");
    CHECK(without_size.key == "a/b");
    CHECK(without_size.url == "/store/a/b");
    CHECK(without_size.created_on == "2026-11-24T10:00:00");
    CHECK(without_size.size == 0);
    fields["size"] = 7;
    CHECK(read_common({fields, "origin"}, "origin").size == 7);
}

TEST_CASE("a key that could name something outside the store is refused") {
    for (const std::string key : {"", "/a", "a/", "a//b", "..", "a/../../b", "./a"}) {
        CAPTURE(key);
        json::object fields = common_fields();
        fields["key"] = key;
        CHECK(failure_of([&] { read_common({fields, "origin"}, "origin"); }) == errc::corrupt);
    }
}

TEST_CASE("a document keeps the very text that it was read from, whatever its size") {
    const std::string small = R"( {"url": "u", "key":"a/b", "created_on": "\u0032026", "loss": NaN} )";
    const std::string large =
        R"({"note": ")" + std::string(100'000, 'n') + R"(", "key": "a/b", "url": "u", )" + R"("created_on": "2026"})";
    for (const std::string& text : {small, large}) {
        const auto read = detail::read_document_text<artifact_document>(text, "origin", read_common);
        CHECK(read.text == text);
        CHECK(read.key == "a/b");
        CHECK(read.created_on == "2026");
    }
}

TEST_CASE("a document made of an object has the text that Python would write") {
    json::object fields = common_fields();
    fields["loss"] = std::numeric_limits<double>::quiet_NaN();
    const auto read = detail::read_document_object<artifact_document>(fields, "origin", read_common);
    CHECK(read.text == R"({"key": "a/b", "url": "/store/a/b", "created_on": "2026-11-24T10:00:00", "loss": NaN})");
}

TEST_CASE("what is no JSON object is no document") {
    for (const std::string text : {"", "null", "[]", "7", R"("{}")", "{", "{} {}", "{'key': 1}"}) {
        CAPTURE(text);
        const auto read = [&] { detail::read_document_text<artifact_document>(text, "a/document", read_common); };
        const auto failure = error_of(read);
        REQUIRE(failure);
        CHECK(failure->kind() == errc::corrupt);
        CHECK(failure->key() == "a/document");
    }
}

TEST_CASE("an attempt is written as a number or as a text, and only if it is a number") {
    artifact_document document;
    document.key = "a/b";
    document.attempt = "12";
    CHECK(detail::attempt_value(document, false) == json::value(12));
    CHECK(detail::attempt_value(document, true) == json::value("12"));
    for (const std::string attempt : {"", "first", "012", "-1", "9223372036854775808"}) {
        CAPTURE(attempt);
        document.attempt = attempt;
        for (const bool is_text : {false, true}) {
            const auto failure = error_of([&] { detail::attempt_value(document, is_text); });
            REQUIRE(failure);
            CHECK(failure->kind() == errc::invalid_argument);
            CHECK(failure->key() == "a/b");
        }
    }
}

TEST_CASE("strict JSON has no bare NaN or infinity, and can be read back") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const json::object fields{{"a", std::numeric_limits<double>::quiet_NaN()}, {"b", json::array{infinity, -infinity}}};
    CHECK(detail::strict_json_text(fields, "a/b") == R"({"a": "NaN", "b": ["Infinity", "-Infinity"]})");
    const json::object deepest{{"nest", nested(511)}};
    CHECK(detail::parse_python_json(detail::strict_json_text(deepest, "a/b"), "origin") == json::value(deepest));
}

TEST_CASE("what could not be read back is refused before it is written") {
    const auto write = [](const json::object& fields) {
        return failure_of([&] { detail::strict_json_text(fields, "a/b"); });
    };
    CHECK(write({{"nest", nested(512)}}) == errc::invalid_argument);
    CHECK(write({{"note", "\xFC"}}) == errc::invalid_argument);
    CHECK(write({{"\xC3", 1}}) == errc::invalid_argument);
}

TEST_CASE("the library adds one field of its own, and none without a manifest") {
    json::object fields;
    detail::add_own(fields, "", "the/parent");
    CHECK(fields.empty());
    detail::add_own(fields, digest);
    CHECK(fields == json::object{{"holdfast", json::object{{"manifest_sha256", digest}}}});
    detail::add_own(fields, digest, "the/parent");
    CHECK(fields == json::object{{"holdfast", json::object{{"manifest_sha256", digest}, {"parent", "the/parent"}}}});
}
