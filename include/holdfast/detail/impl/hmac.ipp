#ifndef HOLDFAST_DETAIL_IMPL_HMAC_IPP
#define HOLDFAST_DETAIL_IMPL_HMAC_IPP

#include <holdfast/detail/hmac.hpp>

#include <climits>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <holdfast/core/error.hpp>

namespace holdfast::detail {

HOLDFAST_DECL hmac_sha256_code hmac_sha256(std::span<const std::byte> key, std::string_view message) {
    if (key.size() > INT_MAX) throw error(errc::too_large, "sign", "", "a key of an HMAC has less than 2^31 bytes");
    hmac_sha256_code code;
    const auto* text = reinterpret_cast<const unsigned char*>(message.data());
    auto* out = reinterpret_cast<unsigned char*>(code.data());
    // OpenSSL takes a null key for "the key of the last call".
    const void* bytes = key.empty() ? static_cast<const void*>("") : key.data();
    if (HMAC(EVP_sha256(), bytes, static_cast<int>(key.size()), text, message.size(), out, nullptr) == nullptr) {
        throw error(errc::unsupported, "sign", "", "OpenSSL refuses HMAC-SHA256; its provider must allow it");
    }
    return code;
}

}  // namespace holdfast::detail

#endif
