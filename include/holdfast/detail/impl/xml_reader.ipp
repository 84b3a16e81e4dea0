#ifndef HOLDFAST_DETAIL_IMPL_XML_READER_IPP
#define HOLDFAST_DETAIL_IMPL_XML_READER_IPP

#include <holdfast/detail/xml_reader.hpp>

#include <cstring>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/hex.hpp>
#include <holdfast/detail/utf8.hpp>

namespace holdfast::detail {

constexpr bool is_xml_space(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

constexpr bool starts_xml_name(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           static_cast<unsigned char>(c) >= 0x80;
}

constexpr bool continues_xml_name(char c) noexcept {
    return starts_xml_name(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

constexpr bool is_xml_code_point(std::uint32_t code) noexcept {
    return code != 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF) && code != 0xFFFE && code != 0xFFFF;
}

inline void append_utf8(std::string& text, std::uint32_t code) {
    const auto tail = [&](unsigned shift) { text += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xC0 | code >> 6);
        tail(0);
    } else if (code < 0x10000) {
        text += static_cast<char>(0xE0 | code >> 12);
        tail(6);
        tail(0);
    } else {
        text += static_cast<char>(0xF0 | code >> 18);
        tail(12);
        tail(6);
        tail(0);
    }
}

// The code point of "#65" or "#x41"; 0, which no document can hold, for anything else.
inline std::uint32_t parse_xml_character(std::string_view reference) noexcept {
    const bool is_hexadecimal = reference.starts_with("#x");
    const std::string_view digits = reference.substr(is_hexadecimal ? 2 : 1);
    std::uint32_t code = 0;
    for (const char c : digits) {
        const auto digit = hex_digit(c);
        if (!digit || (!is_hexadecimal && *digit > 9)) return 0;
        code = code * (is_hexadecimal ? 16 : 10) + *digit;
        if (code > 0x10FFFF) return 0;
    }
    return code;
}

// Every line end becomes a line feed.
inline void append_xml_lines(std::string& text, std::string_view run) {
    for (std::size_t at = 0; at < run.size();) {
        const std::size_t end = run.find('\r', at);
        text += run.substr(at, end - at);
        if (end == std::string_view::npos) return;
        text += '\n';
        at = end + 1;
        if (at < run.size() && run[at] == '\n') ++at;
    }
}

// Eight bytes at a time: whether each is ASCII and none a control character (DEL is as good as a letter in XML).
inline bool is_plain_xml_block(const char* block) noexcept {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, block, sizeof bytes);
    return ((bytes | (bytes - 0x2020202020202020U)) & 0x8080808080808080U) == 0;
}

HOLDFAST_DECL bool is_xml_text(std::string_view text) noexcept {
    constexpr std::size_t block = 8;
    bool is_ascii = true;
    for (std::size_t at = 0; at < text.size(); at += block) {
        const std::string_view bytes = text.substr(at, block);
        if (bytes.size() == block && is_plain_xml_block(bytes.data())) continue;
        for (const char c : bytes) {
            if (static_cast<unsigned char>(c) < 0x20 && !is_xml_space(c)) return false;
            is_ascii = is_ascii && static_cast<unsigned char>(c) < 0x80;
        }
    }
    if (is_ascii) return true;
    const auto has = [&](std::string_view sequence) { return text.find(sequence) != std::string_view::npos; };
    return !has("\xEF\xBF\xBE") && !has("\xEF\xBF\xBF") && is_utf8(text);
}

HOLDFAST_DECL xml_reader::event xml_reader::next() {
    if (!began_) begin();
    if (is_empty_element_) return leave();
    text_.clear();
    while (position_ < document_.size()) {
        if (document_[position_] != '<') {
            read_characters();
        } else if (rest().starts_with("<!") || rest().starts_with("<?")) {
            read_markup();
        } else {
            return text_.empty() ? read_tag() : event::text;
        }
    }
    return finish();
}

HOLDFAST_DECL void xml_reader::begin() {
    began_ = true;
    if (!is_xml_text(document_)) fail("bytes that are no XML text in UTF-8");
    take("\xEF\xBB\xBF");
}

HOLDFAST_DECL xml_reader::event xml_reader::finish() {
    if (depth_ > 0) fail("the document's end inside the element '" + std::string(open_[depth_ - 1]) + "'");
    if (!had_root_) fail("no element");
    return event::done;
}

HOLDFAST_DECL xml_reader::event xml_reader::read_tag() {
    if (take("</")) return read_end_tag();
    take("<");
    enter(read_name());
    read_attributes();
    is_empty_element_ = take("/");
    if (!take(">")) fail("a tag without its '>'");
    return event::start;
}

HOLDFAST_DECL xml_reader::event xml_reader::read_end_tag() {
    const std::string_view name = read_name();
    skip_space();
    if (!take(">")) fail("a tag without its '>'");
    if (depth_ == 0 || open_[depth_ - 1] != name) fail("an end without its start, '" + std::string(name) + "'");
    return leave();
}

HOLDFAST_DECL void xml_reader::read_attributes() {
    while (position_ < document_.size() && is_xml_space(document_[position_])) {
        skip_space();
        if (position_ < document_.size() && starts_xml_name(document_[position_])) read_attribute();
    }
}

HOLDFAST_DECL void xml_reader::read_attribute() {
    read_name();
    skip_space();
    if (!take("=")) fail("an attribute without a value");
    skip_space();
    const bool is_double = take("\"");
    if (!is_double && !take("'")) fail("an attribute's value without quotes");
    const std::string_view value = take_until(is_double ? "\"" : "'");
    if (value.find('<') != std::string_view::npos) fail("a '<' in an attribute");
}

HOLDFAST_DECL std::string_view xml_reader::read_name() {
    const std::size_t begin = position_;
    if (begin == document_.size() || !starts_xml_name(document_[begin])) fail("a tag or an attribute without a name");
    while (position_ < document_.size() && continues_xml_name(document_[position_])) ++position_;
    return document_.substr(begin, position_ - begin);
}

HOLDFAST_DECL void xml_reader::read_characters() {
    const std::string_view run = rest().substr(0, rest().find('<'));
    const std::string_view plain = run.substr(0, run.find('&'));
    if (plain.empty()) return read_reference();
    if (depth_ == 0 && plain.find_first_not_of(" \t\n\r") != std::string_view::npos) fail("text outside the element");
    if (plain.find("]]>") != std::string_view::npos) fail("a ']]>' in text");
    position_ += plain.size();
    if (depth_ > 0) append_xml_lines(text_, plain);
}

HOLDFAST_DECL void xml_reader::read_reference() {
    constexpr std::size_t longest = 32;
    const std::size_t end = rest().substr(0, longest).find(';');
    if (depth_ == 0 || end == std::string_view::npos) fail("an '&' that is no reference");
    const std::string_view reference = rest().substr(1, end - 1);
    std::uint32_t code = 0;
    if (reference == "amp") code = '&';
    if (reference == "lt") code = '<';
    if (reference == "gt") code = '>';
    if (reference == "quot") code = '"';
    if (reference == "apos") code = '\'';
    if (reference.starts_with('#')) code = parse_xml_character(reference);
    if (!is_xml_code_point(code)) fail("a reference to no character");
    position_ += end + 1;
    append_utf8(text_, code);
}

HOLDFAST_DECL void xml_reader::read_markup() {
    if (take("<!--")) {
        take_until("--");
        if (!take(">")) fail("a '--' in a comment");
    } else if (depth_ > 0 && take("<![CDATA[")) {
        append_xml_lines(text_, take_until("]]>"));
    } else if (take("<?")) {
        const bool is_declaration = read_name() == "xml";
        if (is_declaration && (had_root_ || depth_ > 0)) fail("an XML declaration inside the document");
        take_until("?>");
    } else {
        fail("a document type, or markup where none may be");
    }
}

HOLDFAST_DECL void xml_reader::enter(std::string_view name) {
    if (depth_ == 0 && had_root_) fail("a second element");
    if (depth_ == max_depth) fail("more than 64 levels");
    had_root_ = true;
    open_[depth_++] = name;
    name_ = name.substr(name.find(':') + 1);
    if (name_.empty()) fail("a tag without a name");
}

HOLDFAST_DECL xml_reader::event xml_reader::leave() {
    is_empty_element_ = false;
    const std::string_view name = open_[--depth_];
    name_ = name.substr(name.find(':') + 1);
    return event::end;
}

HOLDFAST_DECL void xml_reader::skip_space() noexcept {
    while (position_ < document_.size() && is_xml_space(document_[position_])) ++position_;
}

HOLDFAST_DECL bool xml_reader::take(std::string_view text) noexcept {
    if (!rest().starts_with(text)) return false;
    position_ += text.size();
    return true;
}

HOLDFAST_DECL std::string_view xml_reader::take_until(std::string_view end) {
    const std::size_t size = rest().find(end);
    if (size == std::string_view::npos) fail("markup without its '" + std::string(end) + "'");
    const std::string_view taken = rest().substr(0, size);
    position_ += size + end.size();
    return taken;
}

HOLDFAST_DECL void xml_reader::fail(std::string_view what) const {
    throw error(errc::corrupt, "read XML", "",
                std::string(what) + " at byte " + std::to_string(position_) + "; ask for the document again");
}

}  // namespace holdfast::detail

#endif
