#ifndef HOLDFAST_DETAIL_HEX_HPP
#define HOLDFAST_DETAIL_HEX_HPP

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

/// The value of one hexadecimal digit of either case; nothing for any other character.
constexpr std::optional<unsigned> hex_digit(char digit) noexcept {
    if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
    if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a') + 10;
    if (digit >= 'A' && digit <= 'F') return static_cast<unsigned>(digit - 'A') + 10;
    return std::nullopt;
}

/// Two lower-case digits for each byte.
HOLDFAST_DECL std::string to_hex(std::span<const std::byte> bytes);

/// The bytes that pairs of digits of either case stand for; nothing where the text is anything else.
HOLDFAST_DECL std::optional<std::vector<std::byte>> from_hex(std::string_view text);

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/hex.ipp>
#endif

#endif
