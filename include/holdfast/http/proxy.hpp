#ifndef HOLDFAST_HTTP_PROXY_HPP
#define HOLDFAST_HTTP_PROXY_HPP

#include <optional>
#include <string>
#include <vector>

#include <holdfast/core/environment.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/secret.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/http/message.hpp>

namespace holdfast::http {

/// An HTTP proxy, spoken to in plain HTTP or TLS.
struct proxy {
    origin server;
    secret authorization;  ///< the value of Proxy-Authorization; empty where the URL had no user
};

/// Which proxy leads to which server.
struct proxy_settings {
    std::optional<proxy> for_http;
    std::optional<proxy> for_https;
    std::vector<std::string> direct;  ///< hosts without a proxy: "host" and ".domain" (each with what is below it),
                                      ///< "host:port", an address, "10.0.0.0/8", "*"; anything else names no host

    std::optional<error> http_failure = {};   ///< why `for_http` is not known, where one is set that can't be used
    std::optional<error> https_failure = {};  ///< the same of `for_https`

    /// HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY; the lower-case spelling wins, also where it is empty, and
    /// HTTP_PROXY in upper case is passed over where REQUEST_METHOD is set (a CGI program's client could set it). A
    /// URL without a scheme is "http://", one without a port has the scheme's; user and password are
    /// percent-encoded; entries of NO_PROXY stand between commas or spaces. A variable that can't be used is a failure
    /// for those who need it, `not_configured` with the variable's name, never its value.
    HOLDFAST_DECL static proxy_settings from_environment(const environment& surroundings);

    /// The proxy that leads to a server; null for a direct connection. This machine itself is a server like others; a
    /// link-local address, where a cloud answers with the credentials of a machine, is always direct.
    /// Errors: `http_failure` and `https_failure`, where the server is not direct.
    HOLDFAST_DECL const proxy* find(const origin& server) const;
};

}  // namespace holdfast::http

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/http/impl/proxy.ipp>
#endif

#endif
