#ifndef HOLDFAST_DETAIL_IMPL_IP_ADDRESS_IPP
#define HOLDFAST_DETAIL_IMPL_IP_ADDRESS_IPP

#include <holdfast/detail/ip_address.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

#include <holdfast/detail/ascii.hpp>
#include <holdfast/detail/hex.hpp>

namespace holdfast::detail {

constexpr std::array<std::uint8_t, 12> ip_v4_mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

inline bool parse_ip_v4(std::string_view text, std::span<std::uint8_t, 4> out) noexcept {
    for (std::size_t part = 0; part < out.size(); ++part) {
        const std::size_t dot = text.find('.');
        if ((dot == std::string_view::npos) != (part == 3)) return false;
        const std::string_view digits = text.substr(0, dot);
        const auto value = parse_decimal<std::uint8_t>(digits);
        if (!value || (digits.size() > 1 && digits.front() == '0')) return false;
        out[part] = *value;
        text.remove_prefix(part == 3 ? text.size() : dot + 1);
    }
    return true;
}

// Groups of up to four hexadecimal digits between colons, the last two perhaps as "a.b.c.d"; returns how many bytes
// they are, or nothing.
inline std::optional<std::size_t> parse_ip_v6_groups(std::string_view text, std::span<std::uint8_t, 16> out) noexcept {
    std::size_t used = 0;
    for (bool more = !text.empty(); more;) {
        const std::size_t colon = text.find(':');
        more = colon != std::string_view::npos;
        const std::string_view group = text.substr(0, colon);
        text.remove_prefix(more ? colon + 1 : text.size());
        if (!more && group.find('.') != std::string_view::npos) {
            if (used > 12 || !parse_ip_v4(group, out.subspan(used).first<4>())) return std::nullopt;
            return used + 4;
        }
        if (used == out.size() || group.empty() || group.size() > 4) return std::nullopt;
        unsigned value = 0;
        for (const char c : group) {
            const auto digit = hex_digit(c);
            if (!digit) return std::nullopt;
            value = value << 4 | *digit;
        }
        out[used++] = static_cast<std::uint8_t>(value >> 8);
        out[used++] = static_cast<std::uint8_t>(value & 0xFF);
    }
    return used;
}

inline std::optional<ip_address> parse_ip_v6(std::string_view text) noexcept {
    ip_address address;
    const std::size_t gap = text.find("::");
    const std::string_view before = text.substr(0, gap);
    const auto head = parse_ip_v6_groups(before, address.bytes);
    if (gap == std::string_view::npos) return head == 16 ? std::optional(address) : std::nullopt;
    std::array<std::uint8_t, 16> end{};
    const auto tail = parse_ip_v6_groups(text.substr(gap + 2), end);
    if (!head || !tail || *head + *tail > 14 || before.find('.') != std::string_view::npos) return std::nullopt;
    std::copy_n(end.begin(), *tail, address.bytes.end() - static_cast<std::ptrdiff_t>(*tail));
    return address;
}

HOLDFAST_DECL std::optional<ip_address> ip_address::parse(std::string_view text) noexcept {
    if (text.find(':') != std::string_view::npos) return parse_ip_v6(text);
    ip_address address;
    std::ranges::copy(ip_v4_mapped_prefix, address.bytes.begin());
    return parse_ip_v4(text, std::span(address.bytes).last<4>()) ? std::optional(address) : std::nullopt;
}

HOLDFAST_DECL bool ip_address::is_v4() const noexcept {
    return std::ranges::equal(std::span(bytes).first<12>(), ip_v4_mapped_prefix);
}

HOLDFAST_DECL std::optional<ip_network> ip_network::parse(std::string_view text) noexcept {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = ip_address::parse(text.substr(0, slash));
    const auto bits = parse_decimal<unsigned>(text.substr(slash + 1));
    if (!address || !bits) return std::nullopt;
    const bool v4 = text.substr(0, slash).find(':') == std::string_view::npos;
    if (*bits > (v4 ? 32U : 128U)) return std::nullopt;
    return ip_network{*address, *bits + (v4 ? 96U : 0U)};
}

HOLDFAST_DECL bool ip_network::contains(const ip_address& other) const noexcept {
    if (bits < 96 && other.is_v4()) return false;  // "::/0" is every IPv6 address
    const std::size_t whole = bits / 8;
    if (!std::equal(address.bytes.begin(), address.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                    other.bytes.begin())) {
        return false;
    }
    return bits % 8 == 0 || ((address.bytes[whole] ^ other.bytes[whole]) >> (8 - bits % 8)) == 0;
}

}  // namespace holdfast::detail

#endif
