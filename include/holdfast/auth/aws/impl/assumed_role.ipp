#ifndef HOLDFAST_AUTH_AWS_IMPL_ASSUMED_ROLE_IPP
#define HOLDFAST_AUTH_AWS_IMPL_ASSUMED_ROLE_IPP

#include <holdfast/auth/aws/assumed_role.hpp>

#include <optional>
#include <utility>

#include <holdfast/core/error.hpp>

namespace holdfast::auth {

HOLDFAST_DECL aws_credentials_provider assumed_role_credentials(assumed_role_options options, sts_client service,
                                                                aws_credentials_provider source) {
    return [options = std::move(options), service = std::move(service),
            source = std::move(source)]() -> std::optional<aws_credentials> {
        const auto signer = source();
        if (!signer) {
            throw error(errc::access_denied, "call AssumeRole", options.role_arn,
                        "the source that the role is to be assumed with has no credentials; check source_profile or "
                        "credential_source");
        }
        sts_client::parameters fields{
            {"RoleArn", options.role_arn},
            {"RoleSessionName",
             options.session_name.empty() ? default_session_name(service.now()) : options.session_name}};
        if (!options.external_id.empty()) fields.emplace_back("ExternalId", options.external_id);
        if (!options.duration_seconds.empty()) fields.emplace_back("DurationSeconds", options.duration_seconds);
        if (!options.policy.empty()) fields.emplace_back("Policy", options.policy);
        return service.call("AssumeRole", fields, signer, options.role_arn);
    };
}

HOLDFAST_DECL assumed_role_options role_from_parameters(std::string role_arn,
                                                        const std::map<std::string, std::string>& parameters) {
    assumed_role_options options{.role_arn = std::move(role_arn)};
    const std::map<std::string, std::string*> places{{"RoleSessionName", &options.session_name},
                                                     {"ExternalId", &options.external_id},
                                                     {"DurationSeconds", &options.duration_seconds},
                                                     {"Policy", &options.policy}};
    for (const auto& [name, value] : parameters) {
        if (name == "SerialNumber" || name == "TokenCode") {
            throw error(errc::unsupported, "assume role", options.role_arn,
                        "nobody can be asked for an MFA code here; sign in with another tool and give its credentials");
        }
        const auto place = places.find(name);
        if (place == places.end()) {
            throw error(errc::not_configured, "assume role", name,
                        "this is no parameter of AssumeRole that is known here; use RoleSessionName, ExternalId, "
                        "DurationSeconds or Policy");
        }
        *place->second = value;
    }
    return options;
}

}  // namespace holdfast::auth

#endif
