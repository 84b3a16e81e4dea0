#ifndef HOLDFAST_AUTH_AWS_WEB_IDENTITY_HPP
#define HOLDFAST_AUTH_AWS_WEB_IDENTITY_HPP

#include <string>

#include <holdfast/auth/aws/sts.hpp>
#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

struct web_identity_options {
    std::string token_file;  ///< read again before each call
    std::string role_arn;
    std::string session_name = {};  ///< empty: one with the time in it
};

/// A role taken on by STS's AssumeRoleWithWebIdentity, unsigned: how pods of EKS (IRSA) and CI jobs sign in.
/// Errors: `not_configured` where the token's file is missing; those of `sts_client::call`.
HOLDFAST_DECL aws_credentials_provider web_identity_credentials(web_identity_options options, sts_client service);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/web_identity.ipp>
#endif

#endif
