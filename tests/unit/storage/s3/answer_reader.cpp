#include <holdfast/storage/s3/answer_reader.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/core/error.hpp>
#include <tests/support/failures.hpp>

namespace {

using namespace holdfast;
using holdfast::s3::answer_reader;
using testing_support::error_of;
using testing_support::failure_of;

using names = std::vector<std::string>;

/// Reads the one child of "<A>…</A>" by a function of the reader.
template <class Read>
auto read_child(const std::string& child, Read read) {
    const std::string xml = "<A>" + child + "</A>";
    answer_reader reader(xml, {"A"});
    decltype(read(reader)) value{};
    reader.each_child([&](std::string_view) { value = read(reader); });
    return value;
}

std::string text_of(const std::string& child) {
    return read_child(child, [](answer_reader& reader) { return reader.text(); });
}

std::uint64_t number_of(const std::string& digits, std::uint64_t limit = INT64_MAX) {
    return read_child("<N>" + digits + "</N>", [=](answer_reader& reader) { return reader.number(limit); });
}

bool flag_of(const std::string& word) {
    return read_child("<F>" + word + "</F>", [](answer_reader& reader) { return reader.flag(); });
}

std::chrono::system_clock::time_point date_of(const std::string& text) {
    return read_child("<D>" + text + "</D>", [](answer_reader& reader) { return reader.date(); });
}

/// The names of the children of "A", none of which is read.
names children_of(std::string_view xml) {
    answer_reader reader(xml, {"A"});
    names seen;
    reader.each_child([&](std::string_view name) { seen.emplace_back(name); });
    return seen;
}

TEST_CASE("answer_reader: a document of any of the names is entered, another one is refused") {
    const auto failure = [](std::string_view xml) { return error_of([=] { answer_reader(xml, {"A", "B"}); }); };
    CHECK_FALSE(failure("<A/>"));
    CHECK_FALSE(failure("<?xml version=\"1.0\"?>\n<x:B xmlns:x=\"http://s3\"></x:B>"));
    for (const std::string xml : {"<C/>", "<a/>", "<html><A/></html>", "<AB/>", "<Error><Code>A</Code></Error>"}) {
        CAPTURE(xml);
        REQUIRE(failure(xml));
        CHECK(failure(xml)->kind() == errc::corrupt);
        CHECK(failure(xml)->key() == "A");
    }
    for (const std::string xml : {"", "  ", "A", "{\"A\": 1}", "<A", "<!DOCTYPE A><A/>"}) {
        CAPTURE(xml);
        CHECK(failure_of([&] { answer_reader(xml, {"A"}); }) == errc::corrupt);
    }
}

TEST_CASE("answer_reader: children are visited in order, and nothing that lies deeper or between them") {
    CHECK(children_of("<A> text <B>1</B><C><B><D/></B></C> <!-- none --> <B/>more</A>\n") == names{"B", "C", "B"});
    CHECK(children_of("<A/>").empty());
    CHECK(children_of("<A>text alone</A>").empty());
}

TEST_CASE("answer_reader: a visit may read a child, its children, or nothing of it") {
    const std::string_view xml =
        "<A><Skip><Key>none</Key></Skip><Item><Key>first</Key><Other><Key>no</Key></Other></Item>"
        "<Item><Key>second</Key></Item><Last>text</Last></A>";
    answer_reader reader(xml, {"A"});
    names seen;
    reader.each_child([&](std::string_view child) {
        if (child == "Last") seen.push_back(reader.text());
        if (child != "Item") return;
        reader.each_child([&](std::string_view field) {
            if (field == "Key") seen.push_back(reader.text());
        });
    });
    CHECK(seen == names{"first", "second", "text"});
}

TEST_CASE("answer_reader: a document that is cut, or followed by more, is refused when its children were read") {
    for (const std::string xml :
         {"<A>", "<A><B>", "<A><B></B>", "<A><B></A>", "<A></B>", "<A></A><A></A>", "<A/>text"}) {
        CAPTURE(xml);
        CHECK(failure_of([&] { children_of(xml); }) == errc::corrupt);
    }
    std::string deep = "<A>";
    for (int level = 0; level < 100; ++level) deep += "<B>";
    CHECK(failure_of([&] { children_of(deep); }) == errc::corrupt);
}

TEST_CASE("answer_reader: a text is decoded, and an empty element is an empty one") {
    CHECK(text_of("<T>a &amp; b &#252;</T>") == "a & b \u00fc");
    CHECK(text_of("<T><![CDATA[<x>]]></T>") == "<x>");
    CHECK(text_of("<T> spaced </T>") == " spaced ");
    CHECK(text_of("<T></T>").empty());
    CHECK(text_of("<T/>").empty());
    CHECK(failure_of([] { text_of("<T>a<U>b</U></T>"); }) == errc::corrupt);
    CHECK(failure_of([] { text_of("<T>&undeclared;</T>"); }) == errc::corrupt);
}

TEST_CASE("answer_reader: a number is one of decimal digits, up to its limit") {
    CHECK(number_of("0") == 0);
    CHECK(number_of("10000", 10'000) == 10'000);
    CHECK(number_of("9223372036854775807") == INT64_MAX);
    CHECK(failure_of([] { number_of("10001", 10'000); }) == errc::corrupt);
    for (const std::string digits :
         {"", " 1", "1 ", "-1", "+1", "1.0", "0x1", "1e3", "9223372036854775808", "18446744073709551616", "<N>1</N>"}) {
        CAPTURE(digits);
        CHECK(failure_of([&] { number_of(digits); }) == errc::corrupt);
    }
}

TEST_CASE("answer_reader: a flag is one of two words") {
    CHECK(flag_of("true"));
    CHECK_FALSE(flag_of("false"));
    for (const std::string word : {"", "True", "FALSE", "1", "0", "yes", " true"}) {
        CAPTURE(word);
        CHECK(failure_of([&] { flag_of(word); }) == errc::corrupt);
    }
}

TEST_CASE("answer_reader: a date is that of ISO 8601, in UTC") {
    using namespace std::chrono;
    CHECK(date_of("2009-10-12T17:50:30.000Z") == sys_days{2009y / 10 / 12} + 17h + 50min + 30s);
    for (const std::string text :
         {"", "2009-10-12", "2009-10-12T17:50:30", "Sun, 06 Nov 1994 08:49:37 GMT", "2009-02-30T00:00:00Z", "now"}) {
        CAPTURE(text);
        CHECK(failure_of([&] { date_of(text); }) == errc::corrupt);
    }
}

TEST_CASE("answer_reader: what is refused is named, and a long name is cut") {
    const answer_reader reader("<A/>", {"A"});
    CHECK_FALSE(failure_of([&] { reader.require(true, "ETag"); }));
    const auto missing = error_of([&] { reader.require(false, "ETag"); });
    REQUIRE(missing);
    CHECK(missing->kind() == errc::corrupt);
    CHECK(missing->key() == "A");
    CHECK(missing->message().find("'ETag' is missing") != std::string::npos);
    const auto hostile = error_of([] { answer_reader("<" + std::string(100'000, 'x') + "/>", {"A"}); });
    REQUIRE(hostile);
    CHECK(hostile->message().size() < 400);
}

}  // namespace
