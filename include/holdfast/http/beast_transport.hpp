#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_HPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_HPP

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include <holdfast/detail/config.hpp>
#include <holdfast/http/proxy.hpp>
#include <holdfast/http/transport.hpp>
#include <holdfast/version.hpp>

namespace holdfast::http {

/// A timeout beyond a year is a year.
struct transport_options {
    std::chrono::milliseconds connect_timeout{10'000};  ///< name look-up and TCP, for all addresses together
    std::chrono::milliseconds tls_timeout{10'000};      ///< handshake
    std::chrono::milliseconds idle_timeout{60'000};     ///< without a byte sent or received
    std::chrono::milliseconds continue_timeout{1'000};  ///< for "100 Continue", after which the body is sent anyway
    std::chrono::seconds keep_alive{55};                ///< how long an idle connection is kept; older ones are closed,
                                                        ///< and their memory freed, by the next request to any server
    std::size_t idle_connections = 64;                  ///< how many are kept, all servers together

    std::string ca_bundle = {};           ///< PEM file or directory; empty: SSL_CERT_FILE, SSL_CERT_DIR, the system's
    bool verify_certificate = true;       ///< false accepts any server: for tests behind a certificate of one's own
    std::string client_certificate = {};  ///< PEM file; empty: none
    std::string client_key = {};          ///< PEM file; empty: in the certificate's file

    proxy_settings proxies = {};
    std::string user_agent = "holdfast/" + std::string(version);
};

/// HTTP/1.1 over TCP and TLS: headers by Boost.Beast's parser, bodies by hand.
///
/// Effects: connections are kept and the one used last is used next; one that the server closed meanwhile is
/// replaced without notice. Plain uploads from files go by sendfile, plain downloads to files by splice, where
/// the system has them. A response that arrives during an upload ends the upload; one that reports success by
/// then is a failure, `unavailable`.
/// Memory: at most 1.5 MiB a connection, 2 MiB through a proxy that is spoken to in TLS, whatever the body's size.
/// Thread safety: copies share the connections; calls from any number of threads.
/// Errors: as the concept `transport`; the constructor fails with `not_configured` where a certificate file can't
/// be read, with `invalid_argument` for a user agent that would break a header.
class beast_transport {
public:
    HOLDFAST_DECL explicit beast_transport(transport_options options = {});

    HOLDFAST_DECL response operator()(const request& message, const exchange_options& options = {}) const;

private:
    class state;
    std::shared_ptr<state> state_;
};

}  // namespace holdfast::http

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/http/impl/beast_transport.ipp>
#endif

#endif
