#ifndef HOLDFAST_DETAIL_ASCII_HPP
#define HOLDFAST_DETAIL_ASCII_HPP

#include <algorithm>
#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

// What <cctype> does, whatever the locale, and for any char.
namespace holdfast::detail {

constexpr char to_ascii_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_ascii_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

constexpr bool is_ascii_alphanumeric(char c) noexcept {
    const char lower = to_ascii_lower(c);
    return is_ascii_digit(c) || (lower >= 'a' && lower <= 'z');
}

constexpr bool is_ascii_control(char c) noexcept {
    return (c >= 0 && c < ' ') || c == '\x7F';
}

constexpr bool is_ascii_space(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

inline std::string to_ascii_lower(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) c = to_ascii_lower(c);
    return lower;
}

constexpr bool equals_ignoring_ascii_case(std::string_view left, std::string_view right) noexcept {
    return std::ranges::equal(
        left, right, {}, [](char c) { return to_ascii_lower(c); }, [](char c) { return to_ascii_lower(c); });
}

/// A number of digits only; nothing for any other text, a sign included, and where it doesn't fit.
template <std::unsigned_integral Number>
std::optional<Number> parse_decimal(std::string_view digits) noexcept {
    Number value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, failure] = std::from_chars(digits.data(), end, value);
    return failure == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

}  // namespace holdfast::detail

#endif
