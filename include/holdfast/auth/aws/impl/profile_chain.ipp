#ifndef HOLDFAST_AUTH_AWS_IMPL_PROFILE_CHAIN_IPP
#define HOLDFAST_AUTH_AWS_IMPL_PROFILE_CHAIN_IPP

#include <holdfast/auth/aws/profile_chain.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

#include <holdfast/auth/aws/assumed_role.hpp>
#include <holdfast/auth/aws/container.hpp>
#include <holdfast/auth/aws/environment.hpp>
#include <holdfast/auth/aws/instance_metadata.hpp>
#include <holdfast/auth/aws/process.hpp>
#include <holdfast/auth/aws/profile_keys.hpp>
#include <holdfast/auth/aws/sso.hpp>
#include <holdfast/auth/aws/web_identity.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/ascii.hpp>

namespace holdfast::detail {

using aws_context = std::shared_ptr<const auth::aws_chain_context>;

[[noreturn]] inline void throw_bad_profile(std::string_view profile, std::string_view flaw) {
    throw error(errc::not_configured, "read AWS's configuration", profile, flaw);
}

inline std::optional<auth::aws_credentials> ask_web_identity(const auth::aws_chain_context& context,
                                                             const std::string& profile_name, bool with_environment) {
    const auth::aws_section* const profile = context.profiles.find(profile_name);
    const auto option = [&](const char* variable, std::string_view name) {
        auto value = with_environment ? context.surroundings.get(variable) : std::nullopt;
        if (!value && profile != nullptr) value = profile->get(name);
        return std::move(value).value_or("");
    };
    auth::web_identity_options options{.token_file = option("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file"),
                                       .role_arn = option("AWS_ROLE_ARN", "role_arn"),
                                       .session_name = option("AWS_ROLE_SESSION_NAME", "role_session_name")};
    if (options.token_file.empty()) return std::nullopt;
    if (options.role_arn.empty()) {
        throw_bad_profile("AWS_ROLE_ARN",
                          "there is a web identity token and no role for it; set AWS_ROLE_ARN, or "
                          "role_arn in the profile");
    }
    options.token_file = auth::expand_user_path(context.surroundings, options.token_file);
    return auth::web_identity_credentials(std::move(options), context.sts())();
}

inline std::optional<auth::aws_credentials> ask_sso(const auth::aws_chain_context& context, const std::string& name) {
    const auth::aws_section* const profile = context.profiles.find(name);
    if (profile == nullptr) return std::nullopt;
    auto options = auth::sso_options::from_profile(context.profiles, *profile, context.settings());
    if (!options) return std::nullopt;
    return auth::sso_credentials(*std::move(options), context.surroundings, context.caller)();
}

inline std::optional<auth::aws_credentials> refuse_login(const auth::aws_chain_context& context,
                                                         const std::string& name) {
    const auth::aws_section* const profile = context.profiles.find(name);
    if (profile == nullptr || !profile->contains("login_session")) return std::nullopt;
    throw error(errc::unsupported, "read credentials", name,
                "the profile is one of `aws login`, which is not known here; give it the line credential_process = "
                "aws configure export-credentials --profile <that profile> in a profile of its own");
}

inline std::optional<auth::aws_credentials> ask_process(const auth::aws_chain_context& context,
                                                        const std::string& name) {
    const auth::aws_section* const profile = context.profiles.find(name);
    auto command = profile != nullptr ? profile->get("credential_process") : std::nullopt;
    return command ? auth::process_credentials(*std::move(command), name)() : std::nullopt;
}

inline std::optional<auth::aws_credentials> ask_keys(const auth::aws_section* profile, const std::string& name) {
    return profile != nullptr ? auth::profile_keys(*profile, name) : std::nullopt;
}

// Follows the roles from one profile to the next, down to the one whose credentials sign the first call.
class role_chain {
public:
    role_chain(aws_context context, std::string profile) : context_(std::move(context)), visited_{std::move(profile)} {}

    std::optional<auth::aws_credentials> ask() {
        const std::string first = visited_.front();
        return has_role(context_->profiles.find(first)) ? provider(first)() : std::nullopt;
    }

private:
    static bool has_role(const auth::aws_section* profile) {
        return profile != nullptr && profile->contains("role_arn") && !profile->contains("web_identity_token_file");
    }

    static bool has_keys(const auth::aws_section& profile) {
        return profile.contains("aws_access_key_id") || profile.contains("aws_secret_access_key");
    }

    auth::aws_credentials_provider provider(const std::string& name) {
        const auth::aws_section& profile = *context_->profiles.find(name);
        if (profile.contains("mfa_serial")) {
            throw error(errc::unsupported, "assume role", name,
                        "the profile has mfa_serial, and nobody can be asked for a code here; sign in with another "
                        "tool and name it in credential_process, or use a role without MFA");
        }
        auth::assumed_role_options options{.role_arn = profile.get("role_arn").value_or(""),
                                           .session_name = profile.get("role_session_name").value_or(""),
                                           .external_id = profile.get("external_id").value_or("")};
        const std::string duration = profile.get("duration_seconds").value_or("");
        if (parse_decimal<unsigned>(duration)) options.duration_seconds = duration;
        return auth::assumed_role_credentials(std::move(options), context_->sts(), source_of(name, profile));
    }

    auth::aws_credentials_provider source_of(const std::string& name, const auth::aws_section& profile) {
        const auto source_profile = profile.get("source_profile");
        const auto source = profile.get("credential_source");
        if (source && source_profile) {
            throw_bad_profile(name, "the profile has both source_profile and credential_source; remove one");
        }
        if (!source && !source_profile) {
            throw_bad_profile(name, "the profile has role_arn without source_profile or credential_source; add one");
        }
        return source ? named_source(*source, name) : next_profile(*source_profile, name);
    }

    auth::aws_credentials_provider named_source(const std::string& source, const std::string& profile) const {
        if (source == "Environment") return auth::environment_source(context_).ask;
        if (source == "EcsContainer") return auth::container_source(context_).ask;
        if (source == "Ec2InstanceMetadata") return auth::instance_source(context_).ask;
        throw_bad_profile(profile,
                          "its credential_source is none of Environment, EcsContainer and "
                          "Ec2InstanceMetadata; correct it");
    }

    auth::aws_credentials_provider next_profile(const std::string& name, const std::string& parent) {
        const auth::aws_section* const profile = context_->profiles.find(name);
        if (profile == nullptr) throw_bad_profile(parent, "its source_profile does not exist; correct it");
        const bool was_visited = std::ranges::find(visited_, name) != visited_.end();
        if (was_visited && (name != parent || !has_keys(*profile))) {
            throw_bad_profile(parent, "its source_profile leads in a circle; correct it");
        }
        visited_.push_back(name);
        if (has_role(profile) && !has_keys(*profile)) return provider(name);
        return [context = context_, name] { return auth::ask_first(auth::profile_sources(context, name, false)); };
    }

    aws_context context_;
    std::vector<std::string> visited_;
};

}  // namespace holdfast::detail

namespace holdfast::auth {

HOLDFAST_DECL std::optional<aws_credentials> ask_first(const std::vector<aws_source>& sources, std::size_t* found) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
        auto credentials = sources[i].ask();
        if (!credentials) continue;
        if (found != nullptr) *found = i;
        return credentials;
    }
    return std::nullopt;
}

HOLDFAST_DECL std::vector<aws_source> profile_sources(const std::shared_ptr<const aws_chain_context>& context,
                                                      const std::string& profile, bool with_environment) {
    return {
        {"web identity", [=] { return detail::ask_web_identity(*context, profile, with_environment); }},
        {"SSO", [=] { return detail::ask_sso(*context, profile); }},
        {"credentials file", [=] { return detail::ask_keys(context->profiles.find_in_credentials(profile), profile); }},
        {"aws login", [=] { return detail::refuse_login(*context, profile); }},
        {"credential_process", [=] { return detail::ask_process(*context, profile); }},
        {"configuration file", [=] { return detail::ask_keys(context->profiles.find_in_config(profile), profile); }},
    };
}

HOLDFAST_DECL aws_source role_source(const std::shared_ptr<const aws_chain_context>& context,
                                     const std::string& profile) {
    return {"assumed role", [=] { return detail::role_chain(context, profile).ask(); }};
}

HOLDFAST_DECL aws_source environment_source(const std::shared_ptr<const aws_chain_context>& context) {
    return {"environment", environment_credentials(context->surroundings)};
}

HOLDFAST_DECL aws_source container_source(const std::shared_ptr<const aws_chain_context>& context) {
    return {"container endpoint", container_credentials(context->surroundings, context->caller)};
}

HOLDFAST_DECL aws_source instance_source(const std::shared_ptr<const aws_chain_context>& context) {
    return {"instance metadata", [=] {
                auto options = instance_metadata_options::from_settings(context->surroundings, context->settings());
                return instance_metadata_credentials(std::move(options), context->caller)();
            }};
}

}  // namespace holdfast::auth

#endif
