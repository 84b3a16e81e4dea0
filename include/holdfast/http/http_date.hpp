#ifndef HOLDFAST_HTTP_HTTP_DATE_HPP
#define HOLDFAST_HTTP_HTTP_DATE_HPP

#include <chrono>
#include <optional>
#include <string_view>

#include <holdfast/detail/config.hpp>

namespace holdfast::http {

/// The time that a Date, Last-Modified or Retry-After header names; nothing for any other text. The weekday is not
/// compared with the day, and a leap second is the next minute's first.
///
/// Wire: RFC 9110, section 5.6.7, IMF-fixdate ("Sun, 06 Nov 1994 08:49:37 GMT"), the one form that is still sent.
HOLDFAST_DECL std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text);

}  // namespace holdfast::http

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/http/impl/http_date.ipp>
#endif

#endif
