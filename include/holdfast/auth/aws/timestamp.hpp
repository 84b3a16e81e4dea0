#ifndef HOLDFAST_AUTH_AWS_TIMESTAMP_HPP
#define HOLDFAST_AUTH_AWS_TIMESTAMP_HPP

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

/// "2030-01-02T03:04:05Z" and what else services and tools write: a fraction of a second, "+01:00", "UTC", a blank
/// for the T; without a zone it is UTC; clamped as by `clamp_to_clock`. Nothing for any other text.
HOLDFAST_DECL std::optional<std::chrono::system_clock::time_point> parse_timestamp(std::string_view text);

/// "2030-01-02T03:04:05Z"; fractions of a second are dropped.
HOLDFAST_DECL std::string format_timestamp(std::chrono::system_clock::time_point time);

/// The nearest time from 1970 on that the clock can hold: for credentials without an end services write the year 9999.
HOLDFAST_DECL std::chrono::system_clock::time_point clamp_to_clock(
    std::chrono::sys_time<std::chrono::milliseconds> time);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/timestamp.ipp>
#endif

#endif
