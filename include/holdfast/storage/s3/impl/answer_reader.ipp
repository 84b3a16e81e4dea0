#ifndef HOLDFAST_STORAGE_S3_IMPL_ANSWER_READER_IPP
#define HOLDFAST_STORAGE_S3_IMPL_ANSWER_READER_IPP

#include <holdfast/storage/s3/answer_reader.hpp>

#include <algorithm>

#include <holdfast/core/error.hpp>
#include <holdfast/storage/s3/dates.hpp>
#include <holdfast/storage/s3/digits.hpp>

namespace holdfast::s3 {

HOLDFAST_DECL answer_reader::answer_reader(std::string_view xml, std::initializer_list<std::string_view> roots)
    : xml_(xml), root_(*roots.begin()) {
    advance();
    if (std::find(roots.begin(), roots.end(), xml_.name()) != roots.end()) return;
    refuse(xml_.name(), "is another document");
}

HOLDFAST_DECL std::string answer_reader::text() {
    const std::string_view element = xml_.name();
    std::string text;
    for (auto event = advance(); event != detail::xml_reader::event::end; event = advance()) {
        if (event == detail::xml_reader::event::start) refuse(element, "is no text");
        text = xml_.text();
    }
    return text;
}

HOLDFAST_DECL std::uint64_t answer_reader::number(std::uint64_t limit) {
    const std::string_view element = xml_.name();
    const auto number = parse_digits(text());
    if (!number || *number > limit) refuse(element, "is no number, or beyond its range");
    return *number;
}

HOLDFAST_DECL bool answer_reader::flag() {
    const std::string_view element = xml_.name();
    const std::string word = text();
    if (word != "true" && word != "false") refuse(element, "is neither true nor false");
    return word == "true";
}

HOLDFAST_DECL std::chrono::system_clock::time_point answer_reader::date() {
    const std::string_view element = xml_.name();
    const auto date = parse_iso_date(text());
    if (!date) refuse(element, "is no date");
    return *date;
}

HOLDFAST_DECL void answer_reader::require(bool is_there, std::string_view element) const {
    if (!is_there) refuse(element, "is missing");
}

HOLDFAST_DECL void answer_reader::refuse(std::string_view element, std::string_view flaw) const {
    throw error(errc::corrupt, "read answer", root_,
                "'" + std::string(element.substr(0, 100)) + "' " + std::string(flaw) +
                    "; check that the endpoint speaks S3, and that nothing between changes its answers");
}

HOLDFAST_DECL detail::xml_reader::event answer_reader::advance() {
    const auto event = xml_.next();
    if (event == detail::xml_reader::event::start) ++level_;
    if (event == detail::xml_reader::event::end) --level_;
    return event;
}

}  // namespace holdfast::s3

#endif
