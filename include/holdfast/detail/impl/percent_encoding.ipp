#ifndef HOLDFAST_DETAIL_IMPL_PERCENT_ENCODING_IPP
#define HOLDFAST_DETAIL_IMPL_PERCENT_ENCODING_IPP

#include <holdfast/detail/percent_encoding.hpp>

#include <algorithm>

#include <holdfast/detail/hex.hpp>

namespace holdfast::detail {

constexpr bool is_unreserved_in_url(char c) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

HOLDFAST_DECL std::string percent_encode(std::string_view text, bool keep_slash) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    const auto stays = [&](char c) { return is_unreserved_in_url(c) || (keep_slash && c == '/'); };
    for (auto next = text.begin();;) {
        const auto changed = std::find_if_not(next, text.end(), stays);
        encoded.append(next, changed);
        if (changed == text.end()) return encoded;
        const auto value = static_cast<unsigned char>(*changed);
        encoded += '%';
        encoded += digits[value >> 4];
        encoded += digits[value & 15];
        next = changed + 1;
    }
}

HOLDFAST_DECL std::optional<std::string> percent_decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            decoded += text[at];
            continue;
        }
        const auto pair = text.substr(at + 1, 2);
        const auto high = pair.size() == 2 ? hex_digit(pair[0]) : std::nullopt;
        const auto low = pair.size() == 2 ? hex_digit(pair[1]) : std::nullopt;
        if (!high || !low) return std::nullopt;
        decoded += static_cast<char>(*high << 4 | *low);
        at += 2;
    }
    return decoded;
}

}  // namespace holdfast::detail

#endif
