#ifndef HOLDFAST_AUTH_AWS_IMPL_ENVIRONMENT_IPP
#define HOLDFAST_AUTH_AWS_IMPL_ENVIRONMENT_IPP

#include <holdfast/auth/aws/environment.hpp>

#include <string>
#include <utility>

#include <holdfast/auth/aws/timestamp.hpp>
#include <holdfast/core/error.hpp>

namespace holdfast::detail {

inline std::string variable_or_empty(const environment& surroundings, const std::string& name) {
    return surroundings.get(name).value_or("");
}

inline std::optional<auth::aws_credentials> read_environment_credentials(const environment& surroundings) {
    auth::aws_credentials found{.access_key_id = variable_or_empty(surroundings, "AWS_ACCESS_KEY_ID"),
                                .secret_access_key = secret(variable_or_empty(surroundings, "AWS_SECRET_ACCESS_KEY"))};
    if (found.access_key_id.empty()) return std::nullopt;
    if (found.secret_access_key.empty()) {
        throw error(errc::not_configured, "read credentials", "AWS_SECRET_ACCESS_KEY",
                    "the variable is not set, and AWS_ACCESS_KEY_ID is; set both or none");
    }
    std::string token = variable_or_empty(surroundings, "AWS_SECURITY_TOKEN");
    if (token.empty()) token = variable_or_empty(surroundings, "AWS_SESSION_TOKEN");
    found.session_token = secret(std::move(token));
    const std::string end = variable_or_empty(surroundings, "AWS_CREDENTIAL_EXPIRATION");
    if (end.empty()) return found;
    found.expires = auth::parse_timestamp(end);
    if (found.expires) return found;
    throw error(errc::not_configured, "read credentials", "AWS_CREDENTIAL_EXPIRATION",
                "the variable holds no time of the form 2030-01-02T03:04:05Z; correct or unset it");
}

}  // namespace holdfast::detail

namespace holdfast::auth {

HOLDFAST_DECL aws_credentials_provider environment_credentials(environment surroundings) {
    return [surroundings = std::move(surroundings)] { return detail::read_environment_credentials(surroundings); };
}

}  // namespace holdfast::auth

#endif
