#ifndef HOLDFAST_DETAIL_XML_READER_HPP
#define HOLDFAST_DETAIL_XML_READER_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

/// Whether an XML 1.0 document in UTF-8 can hold the text: well-formed UTF-8 without control characters other than
/// tab, line feed and carriage return, and without U+FFFE and U+FFFF.
HOLDFAST_DECL bool is_xml_text(std::string_view text) noexcept;

/// Walks through an XML 1.0 document in UTF-8, event by event, without building a tree.
///
/// Knows elements, the five entities, character references, CDATA, comments, processing instructions and an
/// XML declaration; passes over attributes and namespace prefixes; refuses a document type (no entity expansion,
/// no external reference), more than 64 levels, and whatever is not well-formed. Two things that servers do are
/// taken: white space before the XML declaration, and references to control characters other than NUL.
class xml_reader {
public:
    enum class event : std::uint8_t { start, end, text, done };

    /// @param document outlives the reader
    explicit xml_reader(std::string_view document) : document_(document) {}

    /// The next event; `text` comes once for each run between two tags, decoded, and never empty.
    /// Errors: `corrupt`, with the byte offset.
    HOLDFAST_DECL event next();

    /// The local name of the element of the last `start` or `end`; a part of the document.
    std::string_view name() const noexcept { return name_; }

    /// The decoded text of the last `text`.
    const std::string& text() const noexcept { return text_; }

private:
    static constexpr std::size_t max_depth = 64;

    void begin();
    event finish();
    event read_tag();
    event read_end_tag();
    void read_attributes();
    void read_attribute();
    std::string_view read_name();
    void read_characters();
    void read_reference();
    void read_markup();
    void enter(std::string_view name);
    event leave();
    void skip_space() noexcept;
    bool take(std::string_view text) noexcept;
    std::string_view take_until(std::string_view end);
    std::string_view rest() const noexcept { return document_.substr(position_); }
    [[noreturn]] void fail(std::string_view what) const;

    std::string_view document_;
    std::size_t position_ = 0;
    std::string_view name_;
    std::string text_;
    std::array<std::string_view, max_depth> open_;  // names with their prefixes
    std::size_t depth_ = 0;
    bool began_ = false;
    bool had_root_ = false;
    bool is_empty_element_ = false;  // its start was told, its end was not
};

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/xml_reader.ipp>
#endif

#endif
