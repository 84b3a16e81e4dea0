#ifndef HOLDFAST_DETAIL_IP_ADDRESS_HPP
#define HOLDFAST_DETAIL_IP_ADDRESS_HPP

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

/// An IPv4 or IPv6 address; 10.0.0.1 is kept as ::ffff:10.0.0.1 and equals it.
struct ip_address {
    std::array<std::uint8_t, 16> bytes{};

    /// Nothing for any other text: "a.b.c.d" has four decimal parts without leading zeros; a zone ("%eth0") is none.
    HOLDFAST_DECL static std::optional<ip_address> parse(std::string_view text) noexcept;

    HOLDFAST_DECL bool is_v4() const noexcept;

    friend bool operator==(const ip_address&, const ip_address&) = default;
};

/// The addresses that share their first bits, as "10.0.0.0/8" or "fd00::/8" names them.
struct ip_network {
    ip_address address;
    unsigned bits = 0;  ///< of the 128

    HOLDFAST_DECL static std::optional<ip_network> parse(std::string_view text) noexcept;

    HOLDFAST_DECL bool contains(const ip_address& other) const noexcept;
};

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/ip_address.ipp>
#endif

#endif
