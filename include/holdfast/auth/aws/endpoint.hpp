#ifndef HOLDFAST_AUTH_AWS_ENDPOINT_HPP
#define HOLDFAST_AUTH_AWS_ENDPOINT_HPP

#include <optional>
#include <string>
#include <string_view>

#include <holdfast/auth/aws/profile.hpp>
#include <holdfast/core/environment.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

/// true, 1, yes, on; false, 0, no, off, in any case of the letters; nothing for any other text.
HOLDFAST_DECL std::optional<bool> to_flag(std::string_view text);

/// Which of AWS's own hosts of a service are wanted.
struct aws_host_choice {
    std::optional<bool> dual_stack = {};  ///< none: AWS_USE_DUALSTACK_ENDPOINT, `use_dualstack_endpoint`, false
    std::optional<bool> fips = {};        ///< none: AWS_USE_FIPS_ENDPOINT, `use_fips_endpoint`, false
};

/// The settings of one profile under the variables of the environment.
class aws_settings {
public:
    /// @param profiles kept by reference, as is `profile`, one of its sections
    /// @param hosts what wins over the settings
    aws_settings(const environment& surroundings, const aws_profiles& profiles, const aws_section& profile,
                 aws_host_choice hosts = {})
        : surroundings_(&surroundings), profiles_(&profiles), profile_(&profile), hosts_(hosts) {}

    /// A variable, else an option of the profile; nothing where both are missing or empty.
    HOLDFAST_DECL std::optional<std::string> get(const std::string& variable, std::string_view option) const;

    /// What that says as `to_flag`. Errors: `not_configured`, naming the variable, for what is neither true nor false.
    HOLDFAST_DECL std::optional<bool> get_bool(const std::string& variable, std::string_view option) const;

    /// AWS_REGION, AWS_DEFAULT_REGION, `region`.
    HOLDFAST_DECL std::optional<std::string> region() const;

    /// The URL that someone chose for a service: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, `endpoint_url` in
    /// the service's block of the profile's `services` section, `endpoint_url`; nothing where
    /// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or `ignore_configured_endpoint_urls` is true.
    /// @param service "s3", "sts", "sso", "sso_oidc"
    /// Errors: `not_configured` where the `services` section that the profile names is missing.
    HOLDFAST_DECL std::optional<std::string> endpoint_url(std::string_view service) const;

    /// AWS's own URL for a service in a region, dual stack and FIPS as chosen or set here.
    /// @param host the first part of the host's name: "sts", "portal.sso", "oidc"
    HOLDFAST_DECL std::string service_url(std::string_view host, std::string_view region) const;

private:
    const environment* surroundings_;
    const aws_profiles* profiles_;
    const aws_section* profile_;
    aws_host_choice hosts_;
};

/// The end of the host names of AWS in a region's partition: "amazonaws.com", "amazonaws.com.cn", …
/// @param dual_stack for hosts with IPv4 and IPv6 addresses: "api.aws", …
HOLDFAST_DECL std::string_view aws_dns_suffix(std::string_view region, bool dual_stack = false);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/endpoint.ipp>
#endif

#endif
