#ifndef HOLDFAST_DETAIL_BASE64_HPP
#define HOLDFAST_DETAIL_BASE64_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

/// Standard alphabet, padded. Wire: RFC 4648, section 4.
HOLDFAST_DECL std::string to_base64(std::span<const std::byte> bytes);

/// Of a number's four bytes, the most significant first: how headers carry a CRC-32C.
HOLDFAST_DECL std::string to_base64(std::uint32_t number);

/// The bytes of a padded text in the standard alphabet; nothing where it is anything else, unused bits that are not
/// zero included.
HOLDFAST_DECL std::optional<std::vector<std::byte>> from_base64(std::string_view text);

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/base64.ipp>
#endif

#endif
