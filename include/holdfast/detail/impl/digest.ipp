#ifndef HOLDFAST_DETAIL_IMPL_DIGEST_IPP
#define HOLDFAST_DETAIL_IMPL_DIGEST_IPP

#include <holdfast/detail/digest.hpp>

#include <array>

#include <openssl/evp.h>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/hex.hpp>

namespace holdfast::detail {

// Null where OpenSSL refuses it. SHA-256 is fetched once, for the life of the program: given EVP_sha256(), OpenSSL
// looks it up by its name for each message, under locks.
inline const EVP_MD* evp_of(digest_algorithm algorithm) noexcept {
    static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
    switch (algorithm) {
        case digest_algorithm::sha1:
            return EVP_sha1();
        case digest_algorithm::md5:
            return EVP_md5();
        case digest_algorithm::sha256:
            break;
    }
    return sha256;
}

inline void require_evp_success(int result) {
    if (result != 1)
        throw error(errc::unsupported, "digest", "",
                    "OpenSSL refuses the algorithm; its provider (FIPS mode?) must allow it");
}

HOLDFAST_DECL void digest::release::operator()(evp_md_ctx_st* context) const noexcept {
    EVP_MD_CTX_free(context);
}

HOLDFAST_DECL digest::digest(digest_algorithm algorithm) : context_(EVP_MD_CTX_new()) {
    require_evp_success(context_ ? EVP_DigestInit_ex(context_.get(), evp_of(algorithm), nullptr) : 0);
}

HOLDFAST_DECL void digest::update(std::span<const std::byte> bytes) {
    require_evp_success(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

HOLDFAST_DECL std::vector<std::byte> digest::finish() {
    std::vector<std::byte> result(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    require_evp_success(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(result.data()), &size));
    result.resize(size);
    require_evp_success(EVP_DigestInit_ex(context_.get(), nullptr, nullptr));
    return result;
}

HOLDFAST_DECL std::string sha256_hex(std::string_view text) {
    std::array<std::byte, 32> sum;
    auto* const out = reinterpret_cast<unsigned char*>(sum.data());
    require_evp_success(EVP_Digest(text.data(), text.size(), out, nullptr, evp_of(digest_algorithm::sha256), nullptr));
    return to_hex(sum);
}

}  // namespace holdfast::detail

#endif
