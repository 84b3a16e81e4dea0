#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_REQUEST_HEAD_IPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_REQUEST_HEAD_IPP

#include <holdfast/http/beast_transport/request_head.hpp>

#include <algorithm>
#include <array>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/ascii.hpp>

namespace holdfast::detail {

inline bool is_header_safe(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
}

// Fields whose value follows from the rest of the request.
inline bool is_field_of_transport(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 5> names{"Host", "Content-Length", "Transfer-Encoding", "Connection",
                                                    "Expect"};
    return std::ranges::any_of(names, [&](std::string_view one) { return equals_ignoring_ascii_case(one, name); });
}

inline void append_field(std::string& text, std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
}

inline void append_body_fields(std::string& text, const http::request& message) {
    const std::uint64_t size = message.body.size();
    const bool says_empty = message.method == "PUT" || message.method == "POST" || message.method == "PATCH";
    if (message.stream) {
        append_field(text, "Transfer-Encoding", "chunked");
    } else if (size > 0 || says_empty) {
        append_field(text, "Content-Length", std::to_string(size));
    }
    if (message.expect_continue && (message.stream || size > 0)) append_field(text, "Expect", "100-continue");
}

// Never with the target in the error: it may be a presigned one.
inline void check_request_line(std::string_view method, const http::origin& server, std::string_view target) {
    if (is_header_safe(method) && is_header_safe(server.host) && is_header_safe(target) && target.starts_with('/'))
        return;
    throw error(errc::invalid_argument, "send", "",
                "method, host and target are printable ASCII without a space, and a target starts with '/'; "
                "percent-encode it");
}

}  // namespace holdfast::detail

namespace holdfast::http {

HOLDFAST_DECL std::string render_request_head(const request& message, std::string_view user_agent,
                                              const proxy* plain_proxy) {
    detail::check_request_line(message.method, message.server, message.target);
    const std::string host = message.server.host_header();
    std::string text;
    text.reserve(1024);
    text.append(message.method).append(" ");
    if (plain_proxy != nullptr) text.append("http://").append(host);
    text.append(message.target).append(" HTTP/1.1\r\n");
    detail::append_field(text, "Host", host);
    for (const auto& [name, value] : message.headers) {
        if (!detail::is_field_of_transport(name)) detail::append_field(text, name, value);
    }
    if (message.headers.find("User-Agent") == nullptr) detail::append_field(text, "User-Agent", user_agent);
    detail::append_body_fields(text, message);
    if (plain_proxy != nullptr && !plain_proxy->authorization.empty()) {
        detail::append_field(text, "Proxy-Authorization", plain_proxy->authorization.reveal());
    }
    return text.append("\r\n");
}

HOLDFAST_DECL std::string render_connect_head(const origin& server, std::string_view user_agent, const proxy& by) {
    detail::check_request_line("CONNECT", server, "/");
    const std::string name = server.host.find(':') != std::string::npos ? "[" + server.host + "]" : server.host;
    const std::string authority = name + ":" + std::to_string(server.port);
    std::string text = "CONNECT " + authority + " HTTP/1.1\r\n";
    detail::append_field(text, "Host", authority);
    detail::append_field(text, "User-Agent", user_agent);
    if (!by.authorization.empty()) detail::append_field(text, "Proxy-Authorization", by.authorization.reveal());
    return text.append("\r\n");
}

HOLDFAST_DECL std::string render_trailer(const fields& trailer) {
    std::string text;
    for (const auto& [name, value] : trailer) detail::append_field(text, name, value);
    return text.append("\r\n");
}

}  // namespace holdfast::http

#endif
