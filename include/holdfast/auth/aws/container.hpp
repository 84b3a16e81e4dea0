#ifndef HOLDFAST_AUTH_AWS_CONTAINER_HPP
#define HOLDFAST_AUTH_AWS_CONTAINER_HPP

#include <holdfast/auth/aws/exchange.hpp>
#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/core/environment.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

/// The endpoint that ECS, EKS Pod Identity and their like put into a container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
/// or AWS_CONTAINER_CREDENTIALS_FULL_URI, with AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE (read again each time) or
/// AWS_CONTAINER_AUTHORIZATION_TOKEN; nothing where neither of the first two is set.
///
/// Effects: up to three attempts of two seconds, never through a proxy.
/// Errors: `not_configured` for a URL that is neither https nor of this machine or a known address, for a relative one
/// without '/' at its front, and for a token that is no header's value; `access_denied`, `throttled`, `unavailable`;
/// those of the transport.
HOLDFAST_DECL aws_credentials_provider container_credentials(environment surroundings, aws_caller caller);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/container.ipp>
#endif

#endif
