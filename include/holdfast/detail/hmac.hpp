#ifndef HOLDFAST_DETAIL_HMAC_HPP
#define HOLDFAST_DETAIL_HMAC_HPP

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

using hmac_sha256_code = std::array<std::byte, 32>;

/// Errors: `unsupported` where OpenSSL refuses the algorithm.
/// Wire: RFC 2104 with SHA-256, as in RFC 4231.
HOLDFAST_DECL hmac_sha256_code hmac_sha256(std::span<const std::byte> key, std::string_view message);

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/hmac.ipp>
#endif

#endif
