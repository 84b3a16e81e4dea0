#ifndef HOLDFAST_AUTH_AWS_IMPL_PROFILE_KEYS_IPP
#define HOLDFAST_AUTH_AWS_IMPL_PROFILE_KEYS_IPP

#include <holdfast/auth/aws/profile_keys.hpp>

#include <string>
#include <utility>

#include <holdfast/core/error.hpp>

namespace holdfast::auth {

HOLDFAST_DECL std::optional<aws_credentials> profile_keys(const aws_section& section, std::string_view name) {
    auto key_id = section.get("aws_access_key_id");
    if (!key_id) return std::nullopt;
    auto key = section.get("aws_secret_access_key");
    if (!key) {
        throw error(errc::not_configured, "read credentials", name,
                    "the profile has aws_access_key_id without aws_secret_access_key; add the second");
    }
    auto token = section.get("aws_security_token");
    if (!token) token = section.get("aws_session_token");
    return aws_credentials{.access_key_id = *std::move(key_id),
                           .secret_access_key = secret(*std::move(key)),
                           .session_token = secret(std::move(token).value_or(""))};
}

}  // namespace holdfast::auth

#endif
