#ifndef HOLDFAST_AUTH_AWS_SSO_TOKEN_HPP
#define HOLDFAST_AUTH_AWS_SSO_TOKEN_HPP

#include <string>
#include <string_view>

#include <holdfast/auth/aws/exchange.hpp>
#include <holdfast/core/environment.hpp>
#include <holdfast/core/secret.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

/// The file in which the tools of AWS's keep the token of one sso-session, or of one start URL.
class sso_token_file {
public:
    /// @param name of the session, or the start URL for a profile of the old kind
    HOLDFAST_DECL sso_token_file(const environment& surroundings, std::string_view name);

    /// A token that is good now; one that ends within 15 minutes is renewed first where `oidc_url` is not empty and
    /// the file holds a refresh token and a registration, and written back.
    /// Errors: `access_denied` that says `aws sso login`; `unavailable` and such where renewing a token that has
    /// ended fails in passing.
    HOLDFAST_DECL secret token(const aws_caller& caller, std::string_view oidc_url) const;

private:
    std::string path_;
};

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/sso_token.ipp>
#endif

#endif
