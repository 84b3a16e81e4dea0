#include <holdfast/detail/python_json.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <doctest/doctest.h>

#include <holdfast/core/error.hpp>

namespace {

using namespace holdfast;
using namespace holdfast::detail;

struct golden {
    std::string_view text;
    std::string_view dumped;
    std::string_view sorted;
};

// Made by Python 3.11: for each text, v = json.loads(text), json.dumps(v), json.dumps(v, sort_keys=True).
constexpr golden golden_documents[] = {
    // clang-format off
    {R"~(null)~", R"~(null)~", R"~(null)~"},
    {R"~( true )~", R"~(true)~", R"~(true)~"},
    {"\tfalse\r\n", R"~(false)~", R"~(false)~"},
    {R"~([])~", R"~([])~", R"~([])~"},
    {R"~({})~", R"~({})~", R"~({})~"},
    {R"~([ ])~", R"~([])~", R"~([])~"},
    {R"~({ })~", R"~({})~", R"~({})~"},
    {R"~([1,2 , 3])~", R"~([1, 2, 3])~", R"~([1, 2, 3])~"},
    {R"~({"b":1,"a":{"d":2,"c":[]}})~",
     R"~({"b": 1, "a": {"d": 2, "c": []}})~",
     R"~({"a": {"c": [], "d": 2}, "b": 1})~"},
    {R"~({"a":1,"b":2,"a":3})~", R"~({"a": 3, "b": 2})~", R"~({"a": 3, "b": 2})~"},
    {R"~({"z":1,"\u00e9":2,"\ud83d\ude00":3,"\uffff":4,"Z":5,"":6})~",
     R"~({"z": 1, "\u00e9": 2, "\ud83d\ude00": 3, "\uffff": 4, "Z": 5, "": 6})~",
     R"~({"": 6, "Z": 5, "z": 1, "\u00e9": 2, "\uffff": 4, "\ud83d\ude00": 3})~"},
    {R"~("\u0000\u001f\u007f\u0080 \"\\\/\b\f\n\r\t")~",
     R"~("\u0000\u001f\u007f\u0080 \"\\/\b\f\n\r\t")~",
     R"~("\u0000\u001f\u007f\u0080 \"\\/\b\f\n\r\t")~"},
    {R"~("\u00E9\u20ac\uD83D\uDE00")~", R"~("\u00e9\u20ac\ud83d\ude00")~", R"~("\u00e9\u20ac\ud83d\ude00")~"},
    {R"~(NaN)~", R"~(NaN)~", R"~(NaN)~"},
    {R"~(Infinity)~", R"~(Infinity)~", R"~(Infinity)~"},
    {R"~(-Infinity)~", R"~(-Infinity)~", R"~(-Infinity)~"},
    {R"~([NaN,Infinity,-Infinity])~", R"~([NaN, Infinity, -Infinity])~", R"~([NaN, Infinity, -Infinity])~"},
    {R"~(0)~", R"~(0)~", R"~(0)~"},
    {R"~(-0)~", R"~(0)~", R"~(0)~"},
    {R"~(-1)~", R"~(-1)~", R"~(-1)~"},
    {R"~(9223372036854775807)~", R"~(9223372036854775807)~", R"~(9223372036854775807)~"},
    {R"~(-9223372036854775808)~", R"~(-9223372036854775808)~", R"~(-9223372036854775808)~"},
    {R"~(9223372036854775808)~", R"~(9223372036854775808)~", R"~(9223372036854775808)~"},
    {R"~(18446744073709551615)~", R"~(18446744073709551615)~", R"~(18446744073709551615)~"},
    {R"~(0.0)~", R"~(0.0)~", R"~(0.0)~"},
    {R"~(-0.0)~", R"~(-0.0)~", R"~(-0.0)~"},
    {R"~(1.0)~", R"~(1.0)~", R"~(1.0)~"},
    {R"~(100000.0)~", R"~(100000.0)~", R"~(100000.0)~"},
    {R"~(0.0001)~", R"~(0.0001)~", R"~(0.0001)~"},
    {R"~(0.00001)~", R"~(1e-05)~", R"~(1e-05)~"},
    {R"~(0.00012345)~", R"~(0.00012345)~", R"~(0.00012345)~"},
    {R"~(1e5)~", R"~(100000.0)~", R"~(100000.0)~"},
    {R"~(1E+5)~", R"~(100000.0)~", R"~(100000.0)~"},
    {R"~(1e-5)~", R"~(1e-05)~", R"~(1e-05)~"},
    {R"~(123456789.125)~", R"~(123456789.125)~", R"~(123456789.125)~"},
    {R"~(1e15)~", R"~(1000000000000000.0)~", R"~(1000000000000000.0)~"},
    {R"~(1e16)~", R"~(1e+16)~", R"~(1e+16)~"},
    {R"~(9999999999999998.0)~", R"~(9999999999999998.0)~", R"~(9999999999999998.0)~"},
    {R"~(12345678901234567.0)~", R"~(1.2345678901234568e+16)~", R"~(1.2345678901234568e+16)~"},
    {R"~(1e22)~", R"~(1e+22)~", R"~(1e+22)~"},
    {R"~(1e23)~", R"~(1e+23)~", R"~(1e+23)~"},
    {R"~(1.5e300)~", R"~(1.5e+300)~", R"~(1.5e+300)~"},
    {R"~(5e-324)~", R"~(5e-324)~", R"~(5e-324)~"},
    {R"~(2.2250738585072014e-308)~", R"~(2.2250738585072014e-308)~", R"~(2.2250738585072014e-308)~"},
    {R"~(1.7976931348623157e308)~", R"~(1.7976931348623157e+308)~", R"~(1.7976931348623157e+308)~"},
    {R"~(1e309)~", R"~(Infinity)~", R"~(Infinity)~"},
    {R"~(-1e309)~", R"~(-Infinity)~", R"~(-Infinity)~"},
    {R"~(1e-400)~", R"~(0.0)~", R"~(0.0)~"},
    {R"~(-1e-400)~", R"~(-0.0)~", R"~(-0.0)~"},
    {R"~(0e99999999999999999999)~", R"~(0.0)~", R"~(0.0)~"},
    {R"~(1e99999999999999999999)~", R"~(Infinity)~", R"~(Infinity)~"},
    {R"~(1e-99999999999999999999)~", R"~(0.0)~", R"~(0.0)~"},
    {R"~(0.1)~", R"~(0.1)~", R"~(0.1)~"},
    {R"~(0.30000000000000004)~", R"~(0.30000000000000004)~", R"~(0.30000000000000004)~"},
    {R"~(-2.5e-7)~", R"~(-2.5e-07)~", R"~(-2.5e-07)~"},
    {R"~(3.141592653589793)~", R"~(3.141592653589793)~", R"~(3.141592653589793)~"},
    {R"~(1e2)~", R"~(100.0)~", R"~(100.0)~"},
    {R"~(4.35)~", R"~(4.35)~", R"~(4.35)~"},
    {R"~(9007199254740993.0)~", R"~(9007199254740992.0)~", R"~(9007199254740992.0)~"},
    {R"~(2.5e+0)~", R"~(2.5)~", R"~(2.5)~"},
    {"{\"über\":\"日本 😀\",\"x\":\"\x7F\"}",
     R"~({"\u00fcber": "\u65e5\u672c \ud83d\ude00", "x": "\u007f"})~",
     R"~({"x": "\u007f", "\u00fcber": "\u65e5\u672c \ud83d\ude00"})~"},
    // clang-format on
};

std::string failure_of(std::string_view text) {
    try {
        parse_python_json(text, "the/key");
    } catch (const error& failure) {
        CHECK(failure.kind() == errc::corrupt);
        CHECK(failure.operation() == "parse");
        CHECK(failure.key() == "the/key");
        return failure.message();
    }
    return "no error";
}

std::string nested(int levels, std::string_view inner) {
    const auto count = static_cast<std::size_t>(levels);
    return std::string(count, '[').append(inner) + std::string(count, ']');
}

std::string dump_of(std::string_view text) {
    return dump_python_json(parse_python_json(text, "test"));
}

TEST_CASE("python json: Python's documents are read and written as Python does") {
    for (const auto& document : golden_documents) {
        CAPTURE(document.text);
        const auto value = parse_python_json(document.text, "golden");
        CHECK(dump_python_json(value) == document.dumped);
        CHECK(dump_python_json(value, {.sort_keys = true}) == document.sorted);
    }
}

TEST_CASE("python json: numbers keep their kind") {
    CHECK(parse_python_json("-0", "test").is_int64());
    CHECK(parse_python_json("9223372036854775807", "test").is_int64());
    CHECK(parse_python_json("9223372036854775808", "test").as_uint64() == 9223372036854775808u);
    CHECK(parse_python_json("1.0", "test").is_double());
    CHECK(std::isnan(parse_python_json("NaN", "test").as_double()));
    CHECK(std::signbit(parse_python_json("-0.0", "test").as_double()));
}

TEST_CASE("python json: integers beyond 64 bits become the nearest double") {
    CHECK(parse_python_json("18446744073709551616", "test").as_double() == 0x1p64);
    CHECK(parse_python_json("-9223372036854775809", "test").as_double() == -0x1p63);
    CHECK(std::isinf(parse_python_json("1" + std::string(400, '0'), "test").as_double()));
    CHECK(std::isinf(parse_python_json("-1" + std::string(400, '0'), "test").as_double()));
}

TEST_CASE("python json: long digit strings are rounded, not refused") {
    const std::string zeros(400, '0');
    CHECK(dump_of("1" + zeros + "e-400") == "1.0");
    CHECK(dump_of("0." + zeros + "1e401") == "1.0");
    CHECK(dump_of("1" + zeros + ".5") == "Infinity");
    CHECK(dump_of("-0." + zeros + "1") == "-0.0");
    CHECK(dump_of("0." + zeros + "1e800") == "Infinity");
    CHECK(dump_of("1" + zeros + "e-800") == "0.0");
}

TEST_CASE("python json: a lone surrogate becomes U+FFFD") {
    CHECK(dump_of(R"("\ud800")") == R"("\ufffd")");
    CHECK(dump_of(R"("\udc00\ud800")") == R"("\ufffd\ufffd")");
    CHECK(dump_of(R"("\ud800A")") == R"("\ufffdA")");
    CHECK(dump_of(R"("\ud800\u0041")") == R"("\ufffdA")");
    CHECK(dump_of(R"("\ud800\ud83d\ude00")") == R"("\ufffd\ud83d\ude00")");
}

TEST_CASE("python json: keys and texts with escapes, alone and within one another") {
    const std::string text = R"({"a\tb": {"\"": "c\nd", "": ""}, "e\\": ["\u0041", "f\/"]})";
    CHECK(dump_of(text) == R"({"a\tb": {"\"": "c\nd", "": ""}, "e\\": ["A", "f/"]})");
}

TEST_CASE("python json: of equal keys the last value stays at the first one's place") {
    const auto value = parse_python_json(R"({"a": 1, "b": 2, "a": 3})", "test");
    REQUIRE(value.as_object().size() == 2);
    CHECK(value.as_object().begin()->key() == "a");
    CHECK(value.at("a").as_int64() == 3);
}

// Python 3.11's json.loads refuses each of these texts.
TEST_CASE("python json: what Python refuses is corrupt") {
    for (const std::string_view text : {"",
                                        "  ",
                                        "nul",
                                        "True",
                                        "nan",
                                        "-NaN",
                                        "Infinit",
                                        "+1",
                                        "-",
                                        "01",
                                        "-01",
                                        "1.",
                                        ".5",
                                        "1.e5",
                                        "1e",
                                        "1e+",
                                        "0x10",
                                        "1_000",
                                        "[",
                                        "[1",
                                        "[1,",
                                        "[1,]",
                                        "[,1]",
                                        "[1 2]",
                                        "{",
                                        "{\"a\"",
                                        "{\"a\":",
                                        "{\"a\":1",
                                        "{\"a\":1,}",
                                        "{,}",
                                        "{1:2}",
                                        "{\"a\" 1}",
                                        "'a'",
                                        "\"",
                                        "\"a",
                                        "\"\\",
                                        "\"\\x41\"",
                                        "\"\\u12\"",
                                        "\"\\u12g4\"",
                                        "\"\\ud800\\u00\"",
                                        "\"\\ud800\\u",
                                        "\"a\nb\"",
                                        "\"\t\"",
                                        "1 2",
                                        "[]]",
                                        "\xEF\xBB\xBF"
                                        "1",
                                        "\xC2\xA0"
                                        "1",
                                        "1\v",
                                        "// c\n1"}) {
        CAPTURE(text);
        CHECK(failure_of(text).starts_with("not JSON at byte "));
    }
}

TEST_CASE("python json: an error says where") {
    CHECK(failure_of(R"({"a": 1,)") == "not JSON at byte 8: expected a key in quotes");
    CHECK(failure_of("[1, x]") == "not JSON at byte 4: expected a value");
    CHECK(failure_of("") == "not JSON at byte 0: expected a value");
    CHECK(failure_of("[] []") == "not JSON at byte 3: expected the end of the text");
}

TEST_CASE("python json: strings must be UTF-8") {
    for (const std::string_view text :
         {"\"\x80\"", "\"\xC0\x80\"", "\"\xE9\"", "\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\""}) {
        CAPTURE(text);
        CHECK(failure_of(text).find("not UTF-8") != std::string::npos);
    }
}

TEST_CASE("python json: a text by itself is what it is in a document") {
    const std::string text = "plain, \"quoted\", \n, \xC3\xBC and \xF0\x9F\x98\x80";
    CHECK(dump_python_text(text) == dump_python_json(boost::json::value(text)));
    CHECK_THROWS_AS(dump_python_text("\xFF"), error);
}

TEST_CASE("python json: a NUL byte does not end the text") {
    CHECK(failure_of(std::string_view("1\0", 2)) == "not JSON at byte 1: expected the end of the text");
    CHECK(failure_of(std::string_view("\"\0\"", 3)) == "not JSON at byte 1: a control character inside a string");
}

TEST_CASE("python json: 512 levels are read, one more is refused") {
    CHECK(dump_of(nested(512, "1")) == nested(512, "1"));
    CHECK(failure_of(nested(513, "1")) == "not JSON at byte 512: more than 512 levels");
    std::string objects;
    for (int level = 0; level < 100'000; ++level) objects += "{\"a\":";
    CHECK(failure_of(objects).find("more than 512 levels") != std::string::npos);
}

TEST_CASE("python json: non-finite numbers as text") {
    const boost::json::value numbers = parse_python_json("[NaN, Infinity, -Infinity, 1.5]", "test");
    CHECK(dump_python_json(numbers, {.non_finite = non_finite_style::text}) ==
          R"(["NaN", "Infinity", "-Infinity", 1.5])");
}

TEST_CASE("python json: keys are sorted at every level, and the value is left alone") {
    const auto value = parse_python_json(R"([{"b": {"d": 1, "c": 2}, "a": 0}])", "test");
    CHECK(dump_python_json(value, {.sort_keys = true}) == R"([{"a": 0, "b": {"c": 2, "d": 1}}])");
    CHECK(dump_python_json(value) == R"([{"b": {"d": 1, "c": 2}, "a": 0}])");
}

TEST_CASE("python json: a string that is not UTF-8 cannot be written") {
    for (const boost::json::value& document : {boost::json::value("\xFF"), boost::json::value({{"\xC3", 1}})}) {
        try {
            dump_python_json(document);
            FAIL("no error");
        } catch (const error& failure) {
            CHECK(failure.kind() == errc::invalid_argument);
        }
    }
}

}  // namespace
