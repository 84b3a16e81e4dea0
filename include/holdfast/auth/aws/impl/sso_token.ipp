#ifndef HOLDFAST_AUTH_AWS_IMPL_SSO_TOKEN_IPP
#define HOLDFAST_AUTH_AWS_IMPL_SSO_TOKEN_IPP

#include <holdfast/auth/aws/sso_token.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>

#include <holdfast/auth/aws/json_credentials.hpp>
#include <holdfast/auth/aws/text_file.hpp>
#include <holdfast/auth/aws/timestamp.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/digest.hpp>
#include <holdfast/detail/hex.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/detail/temp_directory.hpp>

namespace holdfast::detail {

[[noreturn]] inline void throw_sso_login(std::string_view path, std::string_view why) {
    throw error(errc::access_denied, "read SSO token", path, std::string(why) + "; run `aws sso login`");
}

inline std::string sso_cache_path(const environment& surroundings, std::string_view name) {
    digest sha1(digest_algorithm::sha1);
    sha1.update(std::as_bytes(std::span(name)));
    return (surroundings.home() / ".aws" / "sso" / "cache" / (to_hex(sha1.finish()) + ".json")).string();
}

inline boost::json::object read_sso_cache(const std::string& path) {
    const auto text = auth::read_text_file(path);
    if (!text) throw_sso_login(path, "there is no token");
    try {
        return auth::parse_json_object(*text, "the SSO cache", path);
    } catch (const error&) {
        throw_sso_login(path, "the file is no JSON object");
    }
}

inline std::chrono::system_clock::time_point sso_token_end(const boost::json::object& cache, const std::string& path) {
    const auto end = auth::text_member(cache, "expiresAt");
    const auto time = end ? auth::parse_timestamp(*end) : std::nullopt;
    if (!time || auth::text_member(cache, "accessToken").value_or("").empty()) {
        throw_sso_login(path, "the file holds no complete token");
    }
    return *time;
}

inline bool can_renew_sso_token(const boost::json::object& cache, std::chrono::system_clock::time_point now) {
    for (const char* const name : {"refreshToken", "clientId", "clientSecret", "registrationExpiresAt"}) {
        if (!auth::text_member(cache, name)) return false;
    }
    const auto end = auth::parse_timestamp(*auth::text_member(cache, "registrationExpiresAt"));
    return end && *end > now;
}

inline http::response ask_for_sso_token(const boost::json::object& cache, const auth::aws_caller& caller,
                                        std::string_view oidc_url) {
    const http::url server = auth::parse_setting_url(oidc_url, "the endpoint of SSO OIDC");
    const boost::json::object wish{{"grantType", "refresh_token"},
                                   {"clientId", cache.at("clientId")},
                                   {"clientSecret", cache.at("clientSecret")},
                                   {"refreshToken", cache.at("refreshToken")}};
    http::request message = auth::request_to("POST", server, "token");
    message.headers.set("Content-Type", "application/json");
    message.body = byte_source::from_text(boost::json::serialize(wish));
    return auth::ask(caller, std::move(message), 3, std::chrono::seconds(30), http::judge_status);
}

// Changes `cache` to what the answer says.
inline void take_sso_token(boost::json::object& cache, const http::response& answer,
                           std::chrono::system_clock::time_point now, const std::string& path) {
    if (answer.status != 200) {
        auth::throw_refused(answer.status, "renew SSO token", path, "", "run `aws sso login`");
    }
    const auto fresh = auth::parse_json_object(answer.text, "SSO OIDC", path);
    const auto token = auth::text_member(fresh, "accessToken");
    const boost::json::value* const seconds = fresh.if_contains("expiresIn");
    if (!token || token->empty() || seconds == nullptr || !seconds->is_int64() || seconds->get_int64() < 0 ||
        seconds->get_int64() > 366LL * 24 * 3600) {
        throw_sso_login(path, "the service's answer holds no token");
    }
    cache["accessToken"] = *token;
    cache["expiresAt"] = auth::format_timestamp(now + std::chrono::seconds(seconds->get_int64()));
    if (const auto next = auth::text_member(fresh, "refreshToken")) cache["refreshToken"] = *next;
}

// A token that can't be kept is good all the same.
inline void try_write_sso_cache(const boost::json::object& cache, const std::string& path) {
    try {
        const temp_directory staging(std::filesystem::path(path).parent_path());
        const std::string text = boost::json::serialize(cache);
        file out = file::create_new((staging.path() / "token").string(), 0600);
        out.write_at(0, std::as_bytes(std::span(text)));
        out.close_checked();
        rename_path(out.path(), path, true);
    } catch (const error&) {
        return;
    }
}

}  // namespace holdfast::detail

namespace holdfast::auth {

HOLDFAST_DECL sso_token_file::sso_token_file(const environment& surroundings, std::string_view name)
    : path_(detail::sso_cache_path(surroundings, name)) {}

HOLDFAST_DECL secret sso_token_file::token(const aws_caller& caller, std::string_view oidc_url) const {
    boost::json::object cache = detail::read_sso_cache(path_);
    const auto now = caller.clock();
    const auto left = detail::sso_token_end(cache, path_) - now;
    const bool is_good = left > std::chrono::seconds(0);
    const bool can_renew = !oidc_url.empty() && detail::can_renew_sso_token(cache, now);
    if (!is_good && !can_renew) detail::throw_sso_login(path_, "the token has ended");
    if (can_renew && left < std::chrono::minutes(15)) {
        try {
            detail::take_sso_token(cache, detail::ask_for_sso_token(cache, caller, oidc_url), now, path_);
            detail::try_write_sso_cache(cache, path_);
        } catch (const error&) {
            if (!is_good) throw;
        }
    }
    return secret(*text_member(cache, "accessToken"));
}

}  // namespace holdfast::auth

#endif
