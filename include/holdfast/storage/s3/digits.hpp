#ifndef HOLDFAST_STORAGE_S3_DIGITS_HPP
#define HOLDFAST_STORAGE_S3_DIGITS_HPP

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::s3 {

/// A number below 2^63 that is written in decimal digits and nothing else.
constexpr std::optional<std::uint64_t> parse_digits(std::string_view text) noexcept {
    constexpr std::uint64_t limit = INT64_MAX;
    if (text.empty()) return std::nullopt;
    std::uint64_t number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (number > (limit - digit) / 10) return std::nullopt;
        number = number * 10 + digit;
    }
    return number;
}

}  // namespace holdfast::s3

#endif
