#ifndef HOLDFAST_STORAGE_S3_DATES_HPP
#define HOLDFAST_STORAGE_S3_DATES_HPP

#include <chrono>
#include <optional>
#include <string_view>

#include <holdfast/detail/config.hpp>

namespace holdfast::s3 {

/// "Sun, 06 Nov 1994 08:49:37 GMT"; none for any other text. A time beyond the clock's range is cut to it.
HOLDFAST_DECL std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text);

/// "2009-10-12T17:50:30Z", with or without a fraction; none for any other text. A time beyond the clock's range is cut
/// to it.
HOLDFAST_DECL std::optional<std::chrono::system_clock::time_point> parse_iso_date(std::string_view text);

}  // namespace holdfast::s3

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/s3/impl/dates.ipp>
#endif

#endif
