#ifndef HOLDFAST_HTTP_IMPL_HTTP_DATE_IPP
#define HOLDFAST_HTTP_IMPL_HTTP_DATE_IPP

#include <holdfast/http/http_date.hpp>

#include <algorithm>
#include <cstddef>

#include <holdfast/detail/ascii.hpp>

namespace holdfast::detail {

// The place of a three-letter name in a list of such names without a space between.
inline std::optional<unsigned> http_date_name(std::string_view names, std::string_view name) noexcept {
    for (std::size_t at = 0; at < names.size(); at += 3) {
        if (names.substr(at, 3) == name) return static_cast<unsigned>(at / 3);
    }
    return std::nullopt;
}

// Whether `text` has the characters of `shape` wherever that has no '?'.
inline bool has_http_date_shape(std::string_view text, std::string_view shape) noexcept {
    return std::ranges::equal(text, shape, [](char c, char wanted) { return wanted == '?' || c == wanted; });
}

}  // namespace holdfast::detail

namespace holdfast::http {

HOLDFAST_DECL std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text) {
    if (!detail::has_http_date_shape(text, "???, ?? ??? ???? ??:??:?? GMT")) return std::nullopt;
    const auto number = [&](std::size_t at, std::size_t size) {
        return detail::parse_decimal<unsigned>(text.substr(at, size));
    };
    const auto weekday = detail::http_date_name("MonTueWedThuFriSatSun", text.substr(0, 3));
    const auto month = detail::http_date_name("JanFebMarAprMayJunJulAugSepOctNovDec", text.substr(8, 3));
    const auto day = number(5, 2), year = number(12, 4), hour = number(17, 2), minute = number(20, 2),
               second = number(23, 2);
    if (!weekday || !month || !day || !year || !hour || !minute || !second) return std::nullopt;
    if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month + 1),
                                           std::chrono::day(*day)};
    // beyond these years the clock's nanoseconds overflow
    if (!date.ok() || *year < 1700 || *year > 2200) return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second);
}

}  // namespace holdfast::http

#endif
