#ifndef HOLDFAST_DETAIL_IMPL_HEX_IPP
#define HOLDFAST_DETAIL_IMPL_HEX_IPP

#include <holdfast/detail/hex.hpp>

namespace holdfast::detail {

HOLDFAST_DECL std::string to_hex(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(bytes.size() * 2, '0');
    auto digit = text.begin();
    for (const std::byte byte : bytes) {
        const auto value = std::to_integer<unsigned>(byte);
        *digit++ = digits[value >> 4];
        *digit++ = digits[value & 15];
    }
    return text;
}

HOLDFAST_DECL std::optional<std::vector<std::byte>> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::vector<std::byte> bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t at = 0; at < text.size(); at += 2) {
        const auto high = hex_digit(text[at]);
        const auto low = hex_digit(text[at + 1]);
        if (!high || !low) return std::nullopt;
        bytes.push_back(static_cast<std::byte>(*high << 4 | *low));
    }
    return bytes;
}

}  // namespace holdfast::detail

#endif
