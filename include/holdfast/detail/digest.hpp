#ifndef HOLDFAST_DETAIL_DIGEST_HPP
#define HOLDFAST_DETAIL_DIGEST_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/detail/config.hpp>

struct evp_md_ctx_st;

namespace holdfast::detail {

enum class digest_algorithm : std::uint8_t { sha256, sha1, md5 };

/// The digest of a message that is seen piece by piece.
///
/// Errors of every call: `unsupported` where OpenSSL refuses the algorithm, as a FIPS provider does with MD5.
class digest {
public:
    HOLDFAST_DECL explicit digest(digest_algorithm algorithm);

    HOLDFAST_DECL void update(std::span<const std::byte> bytes);

    /// The digest of all bytes since the construction or the last `finish`.
    HOLDFAST_DECL std::vector<std::byte> finish();

private:
    struct release {
        HOLDFAST_DECL void operator()(evp_md_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_md_ctx_st, release> context_;
};

/// SHA-256 of a text, as 64 lower-case digits.
HOLDFAST_DECL std::string sha256_hex(std::string_view text);

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/digest.ipp>
#endif

#endif
