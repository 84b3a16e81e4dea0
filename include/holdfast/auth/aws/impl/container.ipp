#ifndef HOLDFAST_AUTH_AWS_IMPL_CONTAINER_IPP
#define HOLDFAST_AUTH_AWS_IMPL_CONTAINER_IPP

#include <holdfast/auth/aws/container.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <holdfast/auth/aws/json_credentials.hpp>
#include <holdfast/auth/aws/text_file.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/ascii.hpp>

namespace holdfast::detail {

inline constexpr const char* container_full_uri = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
inline constexpr const char* container_relative_uri = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
inline constexpr const char* container_token = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
inline constexpr const char* container_token_file = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

inline bool is_loopback(const ip_address& address) noexcept {
    return address.is_v4() ? address.bytes[12] == 127 : address == ip_address::parse("::1");
}

// Whoever can set the variable must not make this process send its token to a stranger.
inline bool may_be_asked_without_tls(const std::string& host) {
    constexpr std::array<std::string_view, 4> known{"localhost", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"};
    if (std::ranges::find(known, host) != known.end()) return true;
    const auto address = ip_address::parse(host);
    return address && (is_loopback(*address) || address == ip_address::parse("fd00:ec2::23"));
}

inline std::optional<http::url> container_url(const environment& surroundings) {
    if (const auto path = surroundings.get(container_relative_uri); path && !path->empty()) {
        if (!path->starts_with('/')) {  // it would go on with the host's name
            throw error(errc::not_configured, "get credentials from the container's endpoint", container_relative_uri,
                        "the path does not begin with '/'; correct it");
        }
        return auth::parse_setting_url("http://169.254.170.2" + *path, container_relative_uri);
    }
    const auto text = surroundings.get(container_full_uri);
    if (!text || text->empty()) return std::nullopt;
    http::url url = auth::parse_setting_url(*text, container_full_uri);
    if (url.server.tls || may_be_asked_without_tls(url.server.host)) return url;
    throw error(errc::not_configured, "get credentials from the container's endpoint", container_full_uri,
                "the URL is not https and its host is neither this machine nor 169.254.170.2, 169.254.170.23 or "
                "fd00:ec2::23; correct it");
}

inline std::optional<std::string> container_authorization(const environment& surroundings) {
    const auto path = surroundings.get(container_token_file);
    auto token = path ? auth::read_text_file(*path) : surroundings.get(container_token);
    if (path && !token) {
        throw error(errc::not_configured, "get credentials from the container's endpoint", container_token_file,
                    "the file that the variable names is not there; correct it");
    }
    const auto is_control = [](char c) { return is_ascii_control(c); };
    if (token && std::ranges::any_of(*token, is_control)) {
        throw error(errc::not_configured, "get credentials from the container's endpoint",
                    path ? container_token_file : container_token,
                    "the token has a line break or another control character, which no header can carry; remove it");
    }
    return token;
}

inline http::verdict judge_container(const http::response& answer) {
    boost::system::error_code failure;
    boost::json::parse(answer.text, failure);
    return answer.status == 200 && !failure ? http::verdict::final : http::verdict::transient;
}

inline std::optional<auth::aws_credentials> ask_container(const environment& surroundings,
                                                          const auth::aws_caller& caller) {
    const auto url = container_url(surroundings);
    if (!url) return std::nullopt;
    http::request message = auth::request_to("GET", *url);
    message.direct = true;
    message.headers.set("Accept", "application/json");
    if (auto token = container_authorization(surroundings)) message.headers.set("Authorization", *std::move(token));
    const auto answer = auth::ask(caller, std::move(message), 3, std::chrono::seconds(2), judge_container);
    const std::string host = url->server.host_header();
    if (answer.status != 200) {
        auth::throw_refused(answer.status, "get credentials from the container's endpoint", host, "",
                            "check the task's or pod's role");
    }
    const auto document = auth::parse_json_object(answer.text, "the container's endpoint", host);
    return auth::read_credentials(document, "Token", "the container's endpoint", host);
}

}  // namespace holdfast::detail

namespace holdfast::auth {

HOLDFAST_DECL aws_credentials_provider container_credentials(environment surroundings, aws_caller caller) {
    return [surroundings = std::move(surroundings), caller = std::move(caller)] {
        return detail::ask_container(surroundings, caller);
    };
}

}  // namespace holdfast::auth

#endif
