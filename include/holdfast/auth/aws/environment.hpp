#ifndef HOLDFAST_AUTH_AWS_ENVIRONMENT_HPP
#define HOLDFAST_AUTH_AWS_ENVIRONMENT_HPP

#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/core/environment.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SECURITY_TOKEN or AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION;
/// nothing where AWS_ACCESS_KEY_ID is missing or empty.
/// Errors: `not_configured`, naming the variable that is missing or wrong.
HOLDFAST_DECL aws_credentials_provider environment_credentials(environment surroundings);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/environment.ipp>
#endif

#endif
