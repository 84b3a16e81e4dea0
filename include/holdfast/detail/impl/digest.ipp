#ifndef HOLDFAST_DETAIL_IMPL_DIGEST_IPP
#define HOLDFAST_DETAIL_IMPL_DIGEST_IPP

#include <holdfast/detail/digest.hpp>

#include <openssl/evp.h>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/hex.hpp>

namespace holdfast::detail {

inline const EVP_MD* evp_of(digest_algorithm algorithm) noexcept {
    switch (algorithm) {
        case digest_algorithm::sha1:
            return EVP_sha1();
        case digest_algorithm::md5:
            return EVP_md5();
        case digest_algorithm::sha256:
            break;
    }
    return EVP_sha256();
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
    digest sum(digest_algorithm::sha256);
    sum.update(std::as_bytes(std::span(text)));
    return to_hex(sum.finish());
}

}  // namespace holdfast::detail

#endif
