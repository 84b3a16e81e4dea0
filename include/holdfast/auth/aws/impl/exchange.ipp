#ifndef HOLDFAST_AUTH_AWS_IMPL_EXCHANGE_IPP
#define HOLDFAST_AUTH_AWS_IMPL_EXCHANGE_IPP

#include <holdfast/auth/aws/exchange.hpp>

#include <utility>

#include <holdfast/core/error.hpp>

namespace holdfast::auth {

HOLDFAST_DECL http::response ask(const aws_caller& caller, http::request message, unsigned attempts,
                                 std::chrono::milliseconds limit, const http::retry::judge& decide,
                                 const std::function<void(http::request&)>& prepare) {
    const http::retry repeat(http::retry_options{.attempts = attempts}, {}, caller.sleep);
    const auto attempt = [&](unsigned, http::exchange_state& state) {
        if (prepare) prepare(message);
        http::exchange_options options{.text_limit = 1U << 20, .state = &state};
        options.deadline = std::chrono::steady_clock::now() + limit;
        return caller.transport(message, options);
    };
    return repeat(attempt, decide, {});
}

HOLDFAST_DECL http::response ask_once(const aws_caller& caller, const http::request& message,
                                      std::chrono::milliseconds limit) {
    http::exchange_options options{.text_limit = 1U << 20};
    options.deadline = std::chrono::steady_clock::now() + limit;
    return caller.transport(message, options);
}

[[noreturn]] HOLDFAST_DECL void throw_refused(unsigned status, std::string_view operation, std::string_view key,
                                              std::string_view detail, std::string_view advice) {
    const bool passing = status == 408 || (status >= 500 && status <= 599);
    const errc kind = status == 429 ? errc::throttled : passing ? errc::unavailable : errc::access_denied;
    std::string message = "the service answers " + std::to_string(status);
    if (!detail.empty()) message += " " + std::string(detail);
    throw error(kind, operation, key, message + "; " + std::string(advice));
}

HOLDFAST_DECL http::request request_to(std::string method, const http::url& server, std::string_view path) {
    http::request message;
    message.method = std::move(method);
    message.server = server.server;
    message.target = server.target;
    if (!path.empty() && !message.target.ends_with('/')) message.target += '/';
    message.target += path;
    return message;
}

HOLDFAST_DECL http::url parse_setting_url(std::string_view text, std::string_view setting) {
    try {
        return http::url::parse(text);
    } catch (const error& flaw) {
        throw error(errc::not_configured, "read AWS's configuration", setting, "the URL is wrong: " + flaw.message());
    }
}

}  // namespace holdfast::auth

#endif
