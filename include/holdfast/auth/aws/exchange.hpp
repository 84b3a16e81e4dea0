#ifndef HOLDFAST_AUTH_AWS_EXCHANGE_HPP
#define HOLDFAST_AUTH_AWS_EXCHANGE_HPP

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include <holdfast/core/clock.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/http/message.hpp>
#include <holdfast/http/retry.hpp>
#include <holdfast/http/transport.hpp>

namespace holdfast::auth {

/// Waits, or less where the token asks to stop; empty: the system's.
using sleep_function = std::function<void(std::chrono::milliseconds, std::stop_token)>;

/// How a service of AWS's is asked for credentials.
struct aws_caller {
    http::any_transport transport;
    clock_function clock = system_clock();
    sleep_function sleep = {};  ///< between attempts
};

/// Sends a request whose answer is small until it has a final one.
/// @param limit of each attempt
/// @param prepare called before each attempt: signs it
/// Errors: those of the transport.
HOLDFAST_DECL http::response ask(const aws_caller& caller, http::request message, unsigned attempts,
                                 std::chrono::milliseconds limit, const http::retry::judge& decide,
                                 const std::function<void(http::request&)>& prepare = {});

/// One attempt.
HOLDFAST_DECL http::response ask_once(const aws_caller& caller, const http::request& message,
                                      std::chrono::milliseconds limit);

/// Errors: always one: `throttled` for 429, `unavailable` for 408 and 500 to 599, else `access_denied`.
/// @param detail what the service calls it; empty, or a word that is safe to show
[[noreturn]] HOLDFAST_DECL void throw_refused(unsigned status, std::string_view operation, std::string_view key,
                                              std::string_view detail, std::string_view advice);

/// A request without a body. @param path what follows the server's own path, without a '/' before it
HOLDFAST_DECL http::request request_to(std::string method, const http::url& server, std::string_view path = {});

/// `http::url::parse` of a setting. Errors: `not_configured`, naming the setting, never its value.
HOLDFAST_DECL http::url parse_setting_url(std::string_view text, std::string_view setting);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/exchange.ipp>
#endif

#endif
