#ifndef HOLDFAST_HTTP_IMPL_PROXY_IPP
#define HOLDFAST_HTTP_IMPL_PROXY_IPP

#include <holdfast/http/proxy.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/ascii.hpp>
#include <holdfast/detail/base64.hpp>
#include <holdfast/detail/ip_address.hpp>
#include <holdfast/detail/percent_encoding.hpp>

namespace holdfast::detail {

struct proxy_variable {
    std::string name;
    std::string value;
};

[[noreturn]] inline void throw_bad_proxy(const proxy_variable& from, std::string_view message) {
    throw error(errc::not_configured, "read proxy settings", from.name, message);
}

// A variable in lower case hides the one in upper case, also where it is empty; an empty one says nothing.
inline std::optional<proxy_variable> find_proxy_variable(const environment& surroundings, const std::string& lower,
                                                         const std::string& upper) {
    for (const auto& name : {lower, upper}) {
        auto value = name.empty() ? std::nullopt : surroundings.get(name);
        if (!value) continue;
        return value->empty() ? std::nullopt : std::optional(proxy_variable{name, *std::move(value)});
    }
    return std::nullopt;
}

// The Proxy-Authorization of "user", "user:" and "user:password", percent-encoded as they stand in the URL.
inline secret proxy_authorization(std::string_view user_info, const proxy_variable& from) {
    const std::size_t colon = std::min(user_info.find(':'), user_info.size());
    const auto user = percent_decode(user_info.substr(0, colon));
    const auto password = percent_decode(user_info.substr(std::min(colon + 1, user_info.size())));
    if (!user || !password) throw_bad_proxy(from, "a '%' of the user or the password is written as %25");
    if (user->find(':') != std::string::npos) throw_bad_proxy(from, "a proxy's user can't have a ':' in its name");
    const std::string pair = *user + ":" + *password;
    return secret("Basic " + to_base64(std::as_bytes(std::span(pair))));
}

inline http::proxy parse_proxy(const proxy_variable& from) {
    const std::size_t scheme_end = from.value.find("://");
    const bool has_scheme = scheme_end != std::string::npos;
    const std::string scheme = has_scheme ? from.value.substr(0, scheme_end + 3) : "http://";
    const std::string_view rest = std::string_view(from.value).substr(has_scheme ? scheme_end + 3 : 0);
    const std::size_t at = rest.substr(0, rest.find_first_of("/?#")).rfind('@');
    const bool has_user = at != std::string_view::npos;
    try {
        auto parsed = http::url::parse(scheme + std::string(rest.substr(has_user ? at + 1 : 0)));
        if (parsed.target != "/") throw_bad_proxy(from, "nothing follows a proxy's port but '/'");
        const bool named = has_user && at > 0;
        return {std::move(parsed.server), named ? proxy_authorization(rest.substr(0, at), from) : secret()};
    } catch (const error& failure) {
        if (failure.kind() == errc::not_configured) throw;
        throw_bad_proxy(from, "this is no proxy's URL, as http://user:password@host:port: " + failure.message());
    }
}

// The proxy of one scheme; neither where there is none.
struct proxy_reading {
    std::optional<http::proxy> found = {};
    std::optional<error> failure = {};
};

inline proxy_reading read_proxy(const environment& surroundings, const std::string& lower, const std::string& upper) {
    auto from = find_proxy_variable(surroundings, lower, upper);
    if (!from) from = find_proxy_variable(surroundings, "all_proxy", "ALL_PROXY");
    if (!from) return {};
    try {
        return {.found = parse_proxy(*from)};
    } catch (const error& failure) {
        return {.failure = failure};
    }
}

inline std::vector<std::string> split_no_proxy(std::string_view text) {
    std::vector<std::string> entries;
    const auto is_between = [](char c) { return c == ',' || is_ascii_space(c); };
    for (auto from = text.begin(); from != text.end();) {
        const auto to = std::find_if(from, text.end(), is_between);
        if (from != to) entries.emplace_back(from, to);
        from = std::find_if_not(to, text.end(), is_between);
    }
    return entries;
}

// Takes ":port" off "host:port" and the brackets off an IPv6 address; nothing where the port is another one or none.
inline std::optional<std::string_view> direct_host_at_port(std::string_view entry, std::uint16_t port) {
    const bool bracketed = entry.starts_with('[');
    const std::size_t end = entry.find(bracketed ? ']' : ':');
    if (end == std::string_view::npos) return bracketed ? std::nullopt : std::optional(entry);
    if (!bracketed && entry.find(':', end + 1) != std::string_view::npos) return entry;  // a bare IPv6 address
    const std::string_view host = bracketed ? entry.substr(1, end - 1) : entry.substr(0, end);
    const std::string_view rest = entry.substr(bracketed ? end + 1 : end);
    const bool same_port = rest.starts_with(':') && parse_decimal<std::uint16_t>(rest.substr(1)) == port;
    return rest.empty() || same_port ? std::optional(host) : std::nullopt;
}

// Both in lower case.
inline bool is_in_domain(std::string_view host, std::string_view domain) noexcept {
    if (domain.starts_with("*.")) domain.remove_prefix(1);
    if (domain.starts_with('.')) domain.remove_prefix(1);
    host = without_dot_at_end(host);
    domain = without_dot_at_end(domain);
    if (domain.empty() || !host.ends_with(domain)) return false;
    return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

inline bool is_direct_by(std::string_view entry, const http::origin& server) {
    if (entry == "*") return true;
    const std::string lower = to_ascii_lower(entry);
    const auto address = ip_address::parse(server.host);
    if (const auto network = ip_network::parse(lower)) return address && network->contains(*address);
    const auto host = direct_host_at_port(lower, server.port);
    if (!host) return false;
    return address ? ip_address::parse(*host) == address : is_in_domain(server.host, *host);
}

// Where a cloud answers with the credentials of this machine: no proxy can reach that, and none may see it.
inline constexpr std::array<std::string_view, 2> link_local_networks{"169.254.0.0/16", "fd00:ec2::/32"};

}  // namespace holdfast::detail

namespace holdfast::http {

HOLDFAST_DECL proxy_settings proxy_settings::from_environment(const environment& surroundings) {
    const bool in_cgi = surroundings.get("REQUEST_METHOD").has_value();
    auto plain = detail::read_proxy(surroundings, "http_proxy", in_cgi ? "" : "HTTP_PROXY");
    auto tls = detail::read_proxy(surroundings, "https_proxy", "HTTPS_PROXY");
    const auto direct = detail::find_proxy_variable(surroundings, "no_proxy", "NO_PROXY");
    return {.for_http = std::move(plain.found),
            .for_https = std::move(tls.found),
            .direct = direct ? detail::split_no_proxy(direct->value) : std::vector<std::string>(),
            .http_failure = std::move(plain.failure),
            .https_failure = std::move(tls.failure)};
}

HOLDFAST_DECL const proxy* proxy_settings::find(const origin& server) const {
    const auto& chosen = server.tls ? for_https : for_http;
    const auto& failure = server.tls ? https_failure : http_failure;
    if (!chosen && !failure) return nullptr;
    const auto is_direct = [&](std::string_view entry) { return detail::is_direct_by(entry, server); };
    if (std::ranges::any_of(detail::link_local_networks, is_direct) || std::ranges::any_of(direct, is_direct)) {
        return nullptr;
    }
    if (!chosen) throw *failure;
    return &*chosen;
}

}  // namespace holdfast::http

#endif
