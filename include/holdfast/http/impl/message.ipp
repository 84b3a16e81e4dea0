#ifndef HOLDFAST_HTTP_IMPL_MESSAGE_IPP
#define HOLDFAST_HTTP_IMPL_MESSAGE_IPP

#include <holdfast/http/message.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/ascii.hpp>
#include <holdfast/detail/ip_address.hpp>

namespace holdfast::detail {

// The text is never part of the error: it may hold a password or a signature.
[[noreturn]] inline void throw_bad_url(std::string_view message) {
    throw error(errc::invalid_argument, "parse URL", "", message);
}

inline bool take_url_scheme(std::string_view& text) {
    const std::size_t end = text.find("://");
    const std::string_view scheme = text.substr(0, end);
    const bool tls = equals_ignoring_ascii_case(scheme, "https");
    if (end == std::string_view::npos || !(tls || equals_ignoring_ascii_case(scheme, "http"))) {
        throw_bad_url("it starts with neither http:// nor https://; write the scheme");
    }
    text.remove_prefix(end + 3);
    return tls;
}

inline std::uint16_t parse_url_port(std::string_view digits) {
    const auto port = digits.size() <= 5 ? parse_decimal<std::uint16_t>(digits) : std::nullopt;
    if (!port || *port == 0) throw_bad_url("what follows the host's ':' is no port from 1 to 65535");
    return *port;
}

inline bool is_url_host_name(std::string_view host) noexcept {
    return !host.starts_with('.') && !host.starts_with('-') && host.find("..") == std::string_view::npos &&
           std::ranges::all_of(host,
                               [](char c) { return is_ascii_alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

// "[v6]", "[v6]:port", "host" or "host:port".
inline http::origin parse_url_authority(std::string_view text, bool tls) {
    if (text.find('@') != std::string_view::npos) {
        throw_bad_url("a URL holds no credentials here; remove what stands before the '@'");
    }
    http::origin server{.tls = tls, .host = {}, .port = static_cast<std::uint16_t>(tls ? 443 : 80)};
    const bool bracketed = text.starts_with('[');
    const std::size_t end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
    if (end == std::string_view::npos) throw_bad_url("the ']' after the IPv6 address is missing");
    const std::string_view host = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
    const std::string_view rest = text.substr(bracketed ? end + 1 : end);
    if (host.empty()) throw_bad_url("the host is missing");
    if (bracketed && (host.find(':') == std::string_view::npos || !ip_address::parse(host))) {
        throw_bad_url("what stands in brackets is no IPv6 address");
    }
    if (!bracketed && !is_url_host_name(host)) {
        throw_bad_url(
            "the host is no name and no address; an IPv6 address stands in brackets, any other name is ASCII");
    }
    if (!rest.empty() && rest.front() != ':') throw_bad_url("a port or '/' has to follow the ']'");
    if (!rest.empty()) server.port = parse_url_port(rest.substr(1));
    server.host = to_ascii_lower(host);
    return server;
}

// By character, as names are checked in every answer.
inline constexpr std::array<bool, 256> is_http_token_character = [] {
    std::array<bool, 256> table{};
    for (const char mark : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(mark)] = true;
    for (char c = '0'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] |= is_ascii_alphanumeric(c);
    return table;
}();

inline bool is_http_field_name(std::string_view name) noexcept {
    return !name.empty() &&
           std::ranges::all_of(name, [](char c) { return is_http_token_character[static_cast<unsigned char>(c)]; });
}

inline void check_http_field(std::string_view name, std::string_view value) {
    if (!is_http_field_name(name)) {
        throw error(errc::invalid_argument, "set header", "", "the name of a header field is one token of ASCII");
    }
    if (std::ranges::any_of(value, [](char c) { return c != '\t' && is_ascii_control(c); })) {
        throw error(errc::invalid_argument, "set header", name, "the value holds a control character; remove it");
    }
}

inline auto http_field_named(std::string_view name) {
    return [name](const http::fields::field& each) { return equals_ignoring_ascii_case(each.first, name); };
}

}  // namespace holdfast::detail

namespace holdfast::http {

HOLDFAST_DECL std::string origin::host_header() const {
    const std::string name = host.find(':') != std::string::npos ? "[" + host + "]" : host;
    return port == (tls ? 443 : 80) ? name : name + ":" + std::to_string(port);
}

HOLDFAST_DECL url url::parse(std::string_view text) {
    if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; })) {
        detail::throw_bad_url("it holds a space, a control character or one that isn't ASCII; percent-encode it");
    }
    const bool tls = detail::take_url_scheme(text);
    if (text.find('#') != std::string_view::npos) {
        detail::throw_bad_url("it has a fragment, which no server sees; remove it, or write '#' as %23");
    }
    const std::size_t end = std::min(text.find_first_of("/?"), text.size());
    const std::string_view target = text.substr(end);
    return {.server = detail::parse_url_authority(text.substr(0, end), tls),
            .target = (target.starts_with('/') ? "" : "/") + std::string(target)};
}

HOLDFAST_DECL void fields::add(std::string name, std::string value) {
    detail::check_http_field(name, value);
    append({std::move(name), std::move(value)});
}

HOLDFAST_DECL void fields::set(std::string name, std::string value) {
    detail::check_http_field(name, value);
    const auto first = std::ranges::find_if(fields_, detail::http_field_named(name));
    if (first == fields_.end()) return append({std::move(name), std::move(value)});
    fields_.erase(std::remove_if(std::next(first), fields_.end(), detail::http_field_named(name)), fields_.end());
    *first = {std::move(name), std::move(value)};
}

HOLDFAST_DECL void fields::append(field added) {
    constexpr std::size_t usual_count = 16;
    if (fields_.empty()) fields_.reserve(usual_count);
    fields_.push_back(std::move(added));
}

HOLDFAST_DECL void fields::erase(std::string_view name) {
    std::erase_if(fields_, detail::http_field_named(name));
}

HOLDFAST_DECL const std::string* fields::find(std::string_view name) const noexcept {
    const auto found = std::ranges::find_if(fields_, detail::http_field_named(name));
    return found != fields_.end() ? &found->second : nullptr;
}

}  // namespace holdfast::http

#endif
