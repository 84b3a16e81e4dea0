#ifndef HOLDFAST_STORAGE_S3_IMPL_DATES_IPP
#define HOLDFAST_STORAGE_S3_IMPL_DATES_IPP

#include <holdfast/storage/s3/dates.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include <holdfast/storage/s3/digits.hpp>

namespace holdfast::s3 {

inline std::chrono::system_clock::time_point cut_to_clock_range(std::chrono::sys_seconds time) {
    using clock = std::chrono::system_clock;
    constexpr std::chrono::seconds margin{1};  // for a fraction
    const auto last = std::chrono::floor<std::chrono::seconds>(clock::time_point::max()) - margin;
    const auto first = std::chrono::ceil<std::chrono::seconds>(clock::time_point::min());
    return clock::time_point(std::clamp(time, first, last));
}

// "17:50:30"; the 60th second is a leap second.
inline std::optional<std::chrono::seconds> parse_time_of_day(std::string_view text) {
    if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
    const auto hour = parse_digits(text.substr(0, 2));
    const auto minute = parse_digits(text.substr(3, 2));
    const auto second = parse_digits(text.substr(6, 2));
    if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return std::chrono::seconds(static_cast<std::int64_t>(*hour * 3600 + *minute * 60 + *second));
}

inline std::optional<std::chrono::sys_days> parse_calendar_day(std::string_view year, std::uint64_t month,
                                                               std::string_view day) {
    const auto year_number = parse_digits(year);
    const auto day_number = parse_digits(day);
    if (!year_number || !day_number) return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year_number)),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(*day_number)));
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

// ".5" and the like, or nothing at all.
inline std::optional<std::chrono::nanoseconds> parse_second_fraction(std::string_view text) {
    if (text.empty()) return std::chrono::nanoseconds(0);
    constexpr std::size_t known = 9;
    std::string_view digits = text.substr(1);
    const bool are_digits = digits.find_first_not_of("0123456789") == std::string_view::npos;
    if (text[0] != '.' || digits.empty() || !are_digits) return std::nullopt;
    digits = digits.substr(0, known);
    std::int64_t number = static_cast<std::int64_t>(*parse_digits(digits));
    for (std::size_t i = digits.size(); i < known; ++i) number *= 10;
    return std::chrono::nanoseconds(number);
}

HOLDFAST_DECL std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text) {
    constexpr std::string_view weekdays = "Mon,Tue,Wed,Thu,Fri,Sat,Sun,";
    constexpr std::string_view months = "Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec,";
    constexpr std::string_view shape = "Sun, 06 Nov 1994 08:49:37 GMT";
    if (text.size() != shape.size() || text.substr(25) != shape.substr(25)) return std::nullopt;
    for (const std::size_t blank : {4U, 7U, 11U, 16U}) {
        if (text[blank] != ' ') return std::nullopt;
    }
    const std::size_t weekday = weekdays.find(text.substr(0, 4));
    const std::size_t month = months.find(std::string(text.substr(8, 3)) + ',');
    if (weekday == std::string_view::npos || month == std::string_view::npos) return std::nullopt;
    const auto day = parse_calendar_day(text.substr(12, 4), month / 4 + 1, text.substr(5, 2));
    const auto time = parse_time_of_day(text.substr(17, 8));
    if (!day || !time) return std::nullopt;
    return cut_to_clock_range(*day + *time);
}

HOLDFAST_DECL std::optional<std::chrono::system_clock::time_point> parse_iso_date(std::string_view text) {
    constexpr std::string_view shape = "2009-10-12T17:50:30";
    if (text.size() <= shape.size() || !text.ends_with('Z')) return std::nullopt;
    if (text[4] != '-' || text[7] != '-' || text[10] != 'T') return std::nullopt;
    const auto month = parse_digits(text.substr(5, 2));
    if (!month) return std::nullopt;
    const auto day = parse_calendar_day(text.substr(0, 4), *month, text.substr(8, 2));
    const auto time = parse_time_of_day(text.substr(11, 8));
    const auto fraction = parse_second_fraction(text.substr(shape.size(), text.size() - shape.size() - 1));
    if (!day || !time || !fraction) return std::nullopt;
    return cut_to_clock_range(*day + *time) + std::chrono::floor<std::chrono::system_clock::duration>(*fraction);
}

}  // namespace holdfast::s3

#endif
