#ifndef HOLDFAST_AUTH_AWS_ASSUMED_ROLE_HPP
#define HOLDFAST_AUTH_AWS_ASSUMED_ROLE_HPP

#include <map>
#include <string>

#include <holdfast/auth/aws/sts.hpp>
#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

struct assumed_role_options {
    std::string role_arn;
    std::string session_name = {};      ///< empty: one with the time in it
    std::string external_id = {};       ///< empty: none
    std::string duration_seconds = {};  ///< empty: STS's default, one hour
    std::string policy = {};            ///< JSON that narrows the role; empty: none
};

/// A role taken on by STS's AssumeRole.
/// @param source signs the call and is asked before each
/// Errors: those of `source` and of `sts_client::call`; `access_denied` where `source` has none.
HOLDFAST_DECL aws_credentials_provider assumed_role_credentials(assumed_role_options options, sts_client service,
                                                                aws_credentials_provider source);

/// The role and the parameters of AssumeRole by their names in the protocol: RoleSessionName, ExternalId,
/// DurationSeconds, Policy.
/// Errors: `unsupported` for SerialNumber and TokenCode; `not_configured` for any other name.
HOLDFAST_DECL assumed_role_options role_from_parameters(std::string role_arn,
                                                        const std::map<std::string, std::string>& parameters);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/assumed_role.ipp>
#endif

#endif
