#ifndef HOLDFAST_AUTH_AWS_PROFILE_CHAIN_HPP
#define HOLDFAST_AUTH_AWS_PROFILE_CHAIN_HPP

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <holdfast/auth/aws/endpoint.hpp>
#include <holdfast/auth/aws/exchange.hpp>
#include <holdfast/auth/aws/profile.hpp>
#include <holdfast/auth/aws/sts.hpp>
#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/core/environment.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

/// What the sources of one chain read from.
struct aws_chain_context {
    environment surroundings;
    aws_profiles profiles;
    aws_caller caller;
    aws_section chosen;               ///< the profile of the chain: its region and endpoints go for every role
    std::function<sts_client()> sts;  ///< made when it is needed
    aws_host_choice hosts = {};

    aws_settings settings() const { return {surroundings, profiles, chosen, hosts}; }
};

struct aws_source {
    std::string name;  ///< for messages
    aws_credentials_provider ask;
};

/// The answer of the first source that has one; its index goes to `found`.
HOLDFAST_DECL std::optional<aws_credentials> ask_first(const std::vector<aws_source>& sources,
                                                       std::size_t* found = nullptr);

/// What one profile can bring by itself: web identity, SSO, its keys in the credentials file, `credential_process`,
/// its keys in the configuration file. Nothing is looked at before a source is asked.
/// @param with_environment whether AWS_WEB_IDENTITY_TOKEN_FILE and its like go before the profile
HOLDFAST_DECL std::vector<aws_source> profile_sources(const std::shared_ptr<const aws_chain_context>& context,
                                                      const std::string& profile, bool with_environment);

/// The role of a profile, with `source_profile` or `credential_source`, over any number of profiles; nothing where
/// the profile has no `role_arn`, or has it for a web identity.
/// Errors: `not_configured` for a source that is missing, unknown, given twice or leads in a circle; `unsupported`
/// for `mfa_serial`; `access_denied` where the source has no credentials; those of the sources and of STS.
HOLDFAST_DECL aws_source role_source(const std::shared_ptr<const aws_chain_context>& context,
                                     const std::string& profile);

/// The sources that `credential_source` names: "Environment", "EcsContainer", "Ec2InstanceMetadata".
HOLDFAST_DECL aws_source environment_source(const std::shared_ptr<const aws_chain_context>& context);
HOLDFAST_DECL aws_source container_source(const std::shared_ptr<const aws_chain_context>& context);
HOLDFAST_DECL aws_source instance_source(const std::shared_ptr<const aws_chain_context>& context);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/profile_chain.ipp>
#endif

#endif
