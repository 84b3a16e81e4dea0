#ifndef HOLDFAST_AUTH_AWS_CREDENTIAL_CHAIN_HPP
#define HOLDFAST_AUTH_AWS_CREDENTIAL_CHAIN_HPP

#include <map>
#include <string>

#include <holdfast/auth/aws/endpoint.hpp>
#include <holdfast/auth/aws/exchange.hpp>
#include <holdfast/auth/aws/refreshing.hpp>
#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/core/clock.hpp>
#include <holdfast/core/environment.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/http/transport.hpp>

namespace holdfast::auth {

struct aws_chain_options {
    environment surroundings = environment::of_process();
    std::string profile = {};   ///< empty: AWS_DEFAULT_PROFILE, AWS_PROFILE, "default"; when given, the keys and the
                                ///< web identity of the environment are passed over, as in boto3
    std::string role_arn = {};  ///< when given: a role assumed with what the chain finds (Metaflow's `role_arn`)
    std::map<std::string, std::string> session_vars = {};  ///< RoleSessionName, ExternalId, DurationSeconds, Policy
                                                           ///< for that assumption
    std::string region = {};        ///< for STS; empty: AWS_REGION, AWS_DEFAULT_REGION, the profile, us-east-1
    std::string sts_endpoint = {};  ///< URL; empty: `aws_settings::endpoint_url`, else AWS's for the region
    aws_host_choice hosts = {};     ///< of STS and SSO, where AWS's own are asked
    http::any_transport transport;  ///< for STS, SSO, container and instance metadata
    clock_function clock = system_clock();
    sleep_function sleep = {};  ///< between attempts; empty: the system's
};

/// AWS credentials from where every AWS tool looks for them, in botocore's order: environment, assumed role, web
/// identity, SSO, shared credentials file, `credential_process`, configuration file, container endpoint, instance
/// metadata (version 2, version 1 never). A profile with `login_session` (`aws login`) is `unsupported`.
///
/// Effects: nothing is read before the first call. The first source that has credentials, or is set up and fails, is
/// the one: a failure is not passed over. A source that was found is kept. Credentials are refreshed ahead of their end
/// (15 minutes; mandatory from 10 minutes on) by one thread while others go on with the old ones. The files are read
/// once, and again where the source failed or its credentials were refused.
/// Errors: `access_denied` naming the sources that were looked at where none has any; `not_configured` for what is
/// wrong or missing in files and variables; `unsupported` for `mfa_serial`; those of `aws_credentials_provider`.
HOLDFAST_DECL refreshing_credentials aws_credential_chain(aws_chain_options options);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/impl/aws_credential_chain.ipp>
#endif

#endif
