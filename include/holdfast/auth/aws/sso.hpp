#ifndef HOLDFAST_AUTH_AWS_SSO_HPP
#define HOLDFAST_AUTH_AWS_SSO_HPP

#include <optional>
#include <string>

#include <holdfast/auth/aws/endpoint.hpp>
#include <holdfast/auth/aws/exchange.hpp>
#include <holdfast/auth/aws/profile.hpp>
#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/core/environment.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

struct sso_options {
    std::string session = {};  ///< name of the sso-session section; empty: a profile of the old kind
    std::string start_url;
    std::string region;
    std::string account_id;
    std::string role_name;
    std::string portal_url;  ///< of the service that gives the credentials
    std::string oidc_url;    ///< of the service that renews the token

    /// Nothing where the profile has neither `sso_account_id` nor `sso_role_name`.
    /// Errors: `not_configured`, naming what is missing, or differs between the profile and its session.
    HOLDFAST_DECL static std::optional<sso_options> from_profile(const aws_profiles& profiles,
                                                                 const aws_section& profile,
                                                                 const aws_settings& settings);
};

/// A role of IAM Identity Center, with the token that `aws sso login` left in ~/.aws/sso/cache.
///
/// Effects: a token of a session that ends within 15 minutes is renewed where the file says how, and written back.
/// Errors: `access_denied` that says `aws sso login` where there is no token, or it has ended and can't be renewed;
/// `throttled`, `unavailable`; those of the transport.
HOLDFAST_DECL aws_credentials_provider sso_credentials(sso_options options, const environment& surroundings,
                                                       aws_caller caller);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/sso.ipp>
#endif

#endif
