#ifndef HOLDFAST_AUTH_AWS_PROFILE_KEYS_HPP
#define HOLDFAST_AUTH_AWS_PROFILE_KEYS_HPP

#include <optional>
#include <string_view>

#include <holdfast/auth/aws/profile.hpp>
#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

/// `aws_access_key_id`, `aws_secret_access_key`, `aws_security_token` or `aws_session_token` of a section; nothing
/// where the first is missing.
/// @param name of the profile, for messages
/// Errors: `not_configured` where the second is missing.
HOLDFAST_DECL std::optional<aws_credentials> profile_keys(const aws_section& section, std::string_view name);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/profile_keys.ipp>
#endif

#endif
