#ifndef HOLDFAST_STORAGE_S3_DIGITS_HPP
#define HOLDFAST_STORAGE_S3_DIGITS_HPP

#include <cstdint>
#include <optional>
#include <string_view>

#include <holdfast/detail/ascii.hpp>

namespace holdfast::s3 {

/// A number below 2^63 that is written in decimal digits and nothing else.
inline std::optional<std::uint64_t> parse_digits(std::string_view text) noexcept {
    const auto number = detail::parse_decimal<std::uint64_t>(text);
    return number && *number <= INT64_MAX ? number : std::nullopt;
}

}  // namespace holdfast::s3

#endif
