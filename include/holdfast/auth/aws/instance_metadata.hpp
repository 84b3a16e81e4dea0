#ifndef HOLDFAST_AUTH_AWS_INSTANCE_METADATA_HPP
#define HOLDFAST_AUTH_AWS_INSTANCE_METADATA_HPP

#include <chrono>
#include <string>

#include <holdfast/auth/aws/endpoint.hpp>
#include <holdfast/auth/aws/exchange.hpp>
#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/core/environment.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

struct instance_metadata_options {
    bool disabled = false;                     ///< AWS_EC2_METADATA_DISABLED
    std::string endpoint = {};                 ///< URL; AWS_EC2_METADATA_SERVICE_ENDPOINT; empty: by `ipv6`
    bool ipv6 = false;                         ///< AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is "IPv6"
    std::chrono::milliseconds timeout{1'000};  ///< of one request; AWS_METADATA_SERVICE_TIMEOUT, in seconds
    unsigned attempts = 1;                     ///< of each request; AWS_METADATA_SERVICE_NUM_ATTEMPTS

    /// Errors: `not_configured`, naming the variable.
    HOLDFAST_DECL static instance_metadata_options from_settings(const environment& surroundings,
                                                                 const aws_settings& settings);
};

/// The role of the EC2 instance, by version 2 of its metadata service only, and never through a proxy.
///
/// Nothing where the service can't be reached, refuses, or knows no role. Credentials that end within a quarter of
/// an hour are taken to last twenty minutes more, as AWS asks for: the service hands out old ones while it can't
/// make new ones, and these go on being accepted.
/// Errors: `not_configured` where the endpoint is no URL.
HOLDFAST_DECL aws_credentials_provider instance_metadata_credentials(instance_metadata_options options,
                                                                     aws_caller caller);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/instance_metadata.ipp>
#endif

#endif
