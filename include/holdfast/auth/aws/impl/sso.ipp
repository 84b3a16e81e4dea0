#ifndef HOLDFAST_AUTH_AWS_IMPL_SSO_IPP
#define HOLDFAST_AUTH_AWS_IMPL_SSO_IPP

#include <holdfast/auth/aws/sso.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <string_view>
#include <utility>

#include <holdfast/auth/aws/json_credentials.hpp>
#include <holdfast/auth/aws/sso_token.hpp>
#include <holdfast/auth/aws/timestamp.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/percent_encoding.hpp>

namespace holdfast::detail {

[[noreturn]] inline void throw_bad_sso(std::string_view profile_or_session, std::string_view flaw) {
    throw error(errc::not_configured, "read AWS's configuration", profile_or_session, flaw);
}

// An option of the profile or of its session; both may have it, if they agree.
inline std::string sso_option(const auth::aws_section& profile, const auth::aws_section* session,
                              std::string_view name) {
    const auto own = profile.get(name);
    const auto shared = session != nullptr ? session->get(name) : std::nullopt;
    if (own && shared && *own != *shared) {
        throw_bad_sso(name, "the profile and its sso-session section differ in this option; remove it from one");
    }
    const auto value = shared ? shared : own;
    if (!value || value->empty()) {
        throw_bad_sso(name, "the profile is one of SSO and lacks this option; run `aws configure sso`");
    }
    return *value;
}

inline http::request sso_request(const auth::sso_options& options, const secret& token) {
    const http::url portal = auth::parse_setting_url(options.portal_url, "the endpoint of SSO");
    http::request message =
        auth::request_to("GET", portal,
                         "federation/credentials?role_name=" + percent_encode(options.role_name, false) +
                             "&account_id=" + percent_encode(options.account_id, false));
    message.headers.set("x-amz-sso_bearer_token", token.reveal());
    return message;
}

inline auth::aws_credentials read_sso_answer(std::string_view text, std::string_view role) {
    const auto answer = auth::parse_json_object(text, "SSO", role);
    const boost::json::value* const found = answer.if_contains("roleCredentials");
    const boost::json::object keys =
        found != nullptr && found->is_object() ? found->get_object() : boost::json::object();
    const auto key_id = auth::text_member(keys, "accessKeyId");
    const auto key = auth::text_member(keys, "secretAccessKey");
    const auto token = auth::text_member(keys, "sessionToken");
    const boost::json::value* const end = keys.if_contains("expiration");
    if (!key_id || !key || !token || end == nullptr || !end->is_int64()) {
        throw error(errc::access_denied, "get credentials from SSO", role,
                    "the answer holds no complete credentials; check the endpoint of SSO");
    }
    return {.access_key_id = *key_id,
            .secret_access_key = secret(*key),
            .session_token = secret(*token),
            .expires = auth::clamp_to_clock(
                std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(end->get_int64())))};
}

}  // namespace holdfast::detail

namespace holdfast::auth {

HOLDFAST_DECL std::optional<sso_options> sso_options::from_profile(const aws_profiles& profiles,
                                                                   const aws_section& profile,
                                                                   const aws_settings& settings) {
    if (!profile.contains("sso_account_id") && !profile.contains("sso_role_name")) return std::nullopt;
    sso_options options;
    options.session = profile.get("sso_session").value_or("");
    const aws_section* const session = options.session.empty() ? nullptr : profiles.find_sso_session(options.session);
    if (!options.session.empty() && session == nullptr) {
        detail::throw_bad_sso(options.session,
                              "the profile names this sso-session section, and there is none; run "
                              "`aws configure sso`");
    }
    options.role_name = detail::sso_option(profile, session, "sso_role_name");
    options.account_id = detail::sso_option(profile, session, "sso_account_id");
    options.start_url = detail::sso_option(profile, session, "sso_start_url");
    options.region = detail::sso_option(profile, session, "sso_region");
    options.portal_url = settings.endpoint_url("sso").value_or(settings.service_url("portal.sso", options.region));
    options.oidc_url = settings.endpoint_url("sso_oidc").value_or(settings.service_url("oidc", options.region));
    return options;
}

HOLDFAST_DECL aws_credentials_provider sso_credentials(sso_options options, const environment& surroundings,
                                                       aws_caller caller) {
    const bool has_session = !options.session.empty();
    sso_token_file file(surroundings, has_session ? options.session : options.start_url);
    if (!has_session) options.oidc_url.clear();
    return [options = std::move(options), file = std::move(file),
            caller = std::move(caller)]() -> std::optional<aws_credentials> {
        const secret token = file.token(caller, options.oidc_url);
        const auto answer =
            ask(caller, detail::sso_request(options, token), 5, std::chrono::seconds(30), http::judge_status);
        if (answer.status == 200) return detail::read_sso_answer(answer.text, options.role_name);
        throw_refused(answer.status, "get credentials from SSO", options.role_name, "",
                      answer.status == 401 ? "run `aws sso login`"
                                           : "check sso_account_id and sso_role_name, and who may use the role");
    };
}

}  // namespace holdfast::auth

#endif
