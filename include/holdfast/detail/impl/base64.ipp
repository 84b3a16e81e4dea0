#ifndef HOLDFAST_DETAIL_IMPL_BASE64_IPP
#define HOLDFAST_DETAIL_IMPL_BASE64_IPP

#include <holdfast/detail/base64.hpp>

#include <array>

namespace holdfast::detail {

constexpr std::optional<unsigned> base64_digit(char digit) noexcept {
    if (digit >= 'A' && digit <= 'Z') return static_cast<unsigned>(digit - 'A');
    if (digit >= 'a' && digit <= 'z') return static_cast<unsigned>(digit - 'a') + 26;
    if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0') + 52;
    if (digit == '+') return 62;
    if (digit == '/') return 63;
    return std::nullopt;
}

HOLDFAST_DECL std::string to_base64(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    unsigned waiting = 0;
    unsigned bits = 0;
    for (const std::byte byte : bytes) {
        waiting = (waiting << 8 | std::to_integer<unsigned>(byte)) & 0xFFFF;
        for (bits += 8; bits >= 6; bits -= 6) text += digits[waiting >> (bits - 6) & 63];
    }
    if (bits > 0) text += digits[waiting << (6 - bits) & 63];
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

HOLDFAST_DECL std::string to_base64(std::uint32_t number) {
    const std::array<std::byte, 4> bytes{static_cast<std::byte>(number >> 24), static_cast<std::byte>(number >> 16),
                                         static_cast<std::byte>(number >> 8), static_cast<std::byte>(number)};
    return to_base64(bytes);
}

HOLDFAST_DECL std::optional<std::vector<std::byte>> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    for (; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
    std::vector<std::byte> bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    unsigned waiting = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto digit = base64_digit(c);
        if (!digit) return std::nullopt;
        waiting = (waiting << 6 | *digit) & 0xFFFF;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes.push_back(static_cast<std::byte>(waiting >> bits & 0xFF));
    }
    const bool is_rest_zero = (waiting & ((1U << bits) - 1)) == 0;
    if (!is_rest_zero) return std::nullopt;
    return bytes;
}

}  // namespace holdfast::detail

#endif
