#include <holdfast/detail/xml_reader.hpp>

#include <cstddef>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <holdfast/core/error.hpp>

namespace {

using namespace holdfast;
using namespace holdfast::detail;

// "<a>" for a start, "</a>" for an end, "'text'" for a text.
std::string walk(std::string_view document) {
    xml_reader reader(document);
    std::string events;
    for (auto event = reader.next(); event != xml_reader::event::done; event = reader.next()) {
        if (event == xml_reader::event::start) events.append("<").append(reader.name()).append(">");
        if (event == xml_reader::event::end) events.append("</").append(reader.name()).append(">");
        if (event == xml_reader::event::text) events.append("'").append(reader.text()).append("'");
    }
    return events;
}

std::string refusal_of(std::string_view document) {
    try {
        walk(document);
    } catch (const error& failure) {
        REQUIRE(failure.kind() == errc::corrupt);
        return failure.message();
    }
    return "taken";
}

std::string nested(std::size_t levels) {
    std::string document;
    for (std::size_t i = 0; i < levels; ++i) document += "<a>";
    for (std::size_t i = 0; i < levels; ++i) document += "</a>";
    return document;
}

TEST_CASE("xml_reader: elements and text come in the document's order") {
    CHECK(walk("<a><b>one</b><b/>two<c x='1'></c> </a>") == "<a><b>'one'</b><b></b>'two'<c></c>' '</a>");
    CHECK(walk("<a/>") == "<a></a>");
    CHECK(walk("<a ></a >") == "<a></a>");
}

TEST_CASE("xml_reader: the end is told again and again") {
    xml_reader reader("<a/>");
    CHECK(reader.next() == xml_reader::event::start);
    CHECK(reader.next() == xml_reader::event::end);
    CHECK(reader.next() == xml_reader::event::done);
    CHECK(reader.next() == xml_reader::event::done);
}

TEST_CASE("xml_reader: the five entities and character references") {
    CHECK(walk("<a>&amp;&lt;&gt;&quot;&apos;</a>") == "<a>'&<>\"''</a>");
    CHECK(walk("<a>&#65;&#x42;&#x63;&#13;&#xD;&#10;</a>") == "<a>'ABc\r\r\n'</a>");
    CHECK(walk("<a>&#xE9;&#x20AC;&#x1F600;&#1114111;</a>") ==
          "<a>'\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF'</a>");
    CHECK(walk("<a>&amp;lt;</a>") == "<a>'&lt;'</a>");
    CHECK(walk("<a>&#0000000065;</a>") == "<a>'A'</a>");
}

TEST_CASE("xml_reader: a reference may be to a control character, as S3 writes it") {
    CHECK(walk("<a>&#x1;&#31;</a>") == "<a>'\x01\x1F'</a>");
}

TEST_CASE("xml_reader: comments, instructions and CDATA leave one run of text") {
    CHECK(walk("<a>one<!-- <b> & -->two<?go on?> <![CDATA[<b>&amp;]]]>&lt;</a>") == "<a>'onetwo <b>&amp;]<'</a>");
    CHECK(walk("<a><![CDATA[]]><!----></a>") == "<a></a>");
    CHECK(walk("<a><![CDATA[]]]]><![CDATA[>]]></a>") == "<a>']]>'</a>");
}

TEST_CASE("xml_reader: every line end is a line feed, a referenced one is what it is") {
    CHECK(walk("<a>1\r\n2\r3\n4&#13;\n<![CDATA[\r\n]]>\r\r</a>") == "<a>'1\n2\n3\n4\r\n\n\n\n'</a>");
}

TEST_CASE("xml_reader: what stands around the element") {
    CHECK(walk("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- c --><a/>\n<!-- d --><?e?>\r\n") == "<a></a>");
    CHECK(walk("\xEF\xBB\xBF<a/>") == "<a></a>");
    CHECK(walk(" \n\t <?xml version=\"1.0\"?> <a/>") == "<a></a>");
}

TEST_CASE("xml_reader: prefixes and attributes are passed over") {
    CHECK(walk("<s3:a xmlns:s3=\"urn:x\"><s3:b t = '>\"' u=\"'\"/></s3:a>") == "<a><b></b></a>");
    CHECK(walk("<\xC3\xA4-1.x/>") == "<\xC3\xA4-1.x></\xC3\xA4-1.x>");
}

TEST_CASE("xml_reader: 64 levels and no more") {
    CHECK(walk(nested(64)).size() == 64 * 7);
    CHECK(refusal_of(nested(65)).starts_with("more than 64 levels at byte 194"));
}

TEST_CASE("xml_reader: a document type is refused, and with it every entity of its own") {
    CHECK(refusal_of("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>").starts_with("a document type"));
    CHECK(refusal_of("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>").starts_with("a document type"));
    CHECK(refusal_of("<a><!DOCTYPE a></a>").starts_with("a document type"));
    CHECK(refusal_of("<a>&b;</a>") == "a reference to no character at byte 3; ask for the document again");
}

TEST_CASE("xml_reader: what is not well-formed is refused") {
    for (const std::string_view document : {
             "",
             " ",
             "x",
             "x<a/>",
             "<a/>x",
             "<a/>&amp;",
             "&#32;<a/>",
             "<![CDATA[ ]]><a/>",
             "<a/><b/>",
             "<a/></a>",
             "</a>",
             "<a>",
             "<a",
             "<a ",
             "<a/",
             "<",
             "< a/>",
             "<a></b>",
             "<a></a",
             "<a><b></a></b>",
             "<x:a></a>",
             "<1/>",
             "<a:/>",
             "<a / >",
             "<a b/>",
             "<a b=c/>",
             "<a b='c\"/>",
             "<a b='<'/>",
             "<a b='1'c='2'/>",
             "<a =''/>",
             "<a>&</a>",
             "<a>&amp</a>",
             "<a>& amp;</a>",
             "<a>&AMP;</a>",
             "<a>&;</a>",
             "<a>&#;</a>",
             "<a>&#x;</a>",
             "<a>&#X41;</a>",
             "<a>&#6A;</a>",
             "<a>&#0;</a>",
             "<a>&#xD800;</a>",
             "<a>&#xDFFF;</a>",
             "<a>&#xFFFE;</a>",
             "<a>&#xFFFF;</a>",
             "<a>&#x110000;</a>",
             "<a>&#4294967361;</a>",
             "<a>&#-65;</a>",
             "<a>&a<b/>;</a>",
             "<a>]]></a>",
             "<a><!-- -- --></a>",
             "<a><!--></a>",
             "<a><!-- </a>",
             "<a><![CDATA[</a>",
             "<a><![cdata[]]></a>",
             "<a><? ?></a>",
             "<a><?go</a>",
             "<a/><?xml version='1.0'?>",
             "<a><?xml version='1.0'?></a>",
             "<a>\x01</a>",
             "<a>\x1B</a>",
             "<a>\xFF</a>",
             "<a>\xC0\x80</a>",
             "<a>\xED\xA0\x80</a>",
             "<a>\xEF\xBF\xBE</a>",
             "<a>\xEF\xBF\xBF</a>",
             "<a>\xC3</a>",
             "<a b='\xC3'/>",
             "<!-- \xFF --><a/>",
             "\xFE\xFF<a/>",
         }) {
        CAPTURE(document);
        CHECK(refusal_of(document) != "taken");
    }
    CHECK(refusal_of(std::string_view("<a>\0</a>", 8)) != "taken");
}

TEST_CASE("is_xml_text: what a document can hold") {
    CHECK(is_xml_text(""));
    CHECK(is_xml_text("a\t\n\r<&>\"' \x7F \xC2\x80 \xE2\x98\x83 \xF0\x9F\x98\x80"));
    for (const std::string_view text : {"\x01", "a\x1F", "\xFF", "\xED\xA0\x80", "\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
        CAPTURE(text);
        CHECK_FALSE(is_xml_text(text));
    }
    CHECK_FALSE(is_xml_text(std::string_view("\0", 1)));
}

TEST_CASE("is_xml_text: every byte, wherever it stands") {
    for (std::size_t size = 1; size <= 20; ++size) {
        for (unsigned byte = 0; byte < 256; ++byte) {
            for (std::size_t place = 0; place < size; ++place) {
                std::string text(size, 'x');
                text[place] = static_cast<char>(byte);
                const bool is_space = byte == '\t' || byte == '\n' || byte == '\r';
                if (is_xml_text(text) != (is_space || (byte >= 0x20 && byte < 0x80))) FAIL(size, " ", byte, " ", place);
            }
        }
    }
}

}  // namespace
