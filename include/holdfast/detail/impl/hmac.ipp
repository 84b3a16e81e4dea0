#ifndef HOLDFAST_DETAIL_IMPL_HMAC_IPP
#define HOLDFAST_DETAIL_IMPL_HMAC_IPP

#include <holdfast/detail/hmac.hpp>

#include <algorithm>

#include <holdfast/detail/digest.hpp>

namespace holdfast::detail {

// By hand over the digest: OpenSSL's own HMAC looks up two algorithms by their names for each message, under locks.
HOLDFAST_DECL hmac_sha256_code hmac_sha256(std::span<const std::byte> key, std::string_view message) {
    constexpr std::byte inner{0x36};
    constexpr std::byte outer{0x5c};
    std::array<std::byte, 64> block{};
    digest sum(digest_algorithm::sha256);
    if (key.size() > block.size()) {
        sum.update(key);
        std::ranges::copy(sum.finish(), block.begin());
    } else {
        std::ranges::copy(key, block.begin());
    }
    for (std::byte& byte : block) byte ^= inner;
    sum.update(block);
    sum.update(std::as_bytes(std::span(message)));
    const auto of_message = sum.finish();
    for (std::byte& byte : block) byte ^= inner ^ outer;
    sum.update(block);
    sum.update(of_message);
    hmac_sha256_code code;
    std::ranges::copy(sum.finish(), code.begin());
    return code;
}

}  // namespace holdfast::detail

#endif
