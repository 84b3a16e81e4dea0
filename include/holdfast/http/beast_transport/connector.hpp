#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_CONNECTOR_HPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_CONNECTOR_HPP

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <holdfast/detail/config.hpp>
#include <holdfast/http/beast_transport/connection.hpp>
#include <holdfast/http/beast_transport/patience.hpp>
#include <holdfast/http/beast_transport/tls_stream.hpp>
#include <holdfast/http/proxy.hpp>

namespace holdfast::http {

struct connector_options {
    std::chrono::milliseconds connect_timeout{};
    std::chrono::milliseconds tls_timeout{};  ///< a handshake, or a tunnel's opening
    tls_options tls = {};
    std::string user_agent = {};
};

/// Makes connections: name look-up, TCP, TLS to a proxy, tunnel, TLS to the server.
/// Thread safety: any number of threads.
class connector {
public:
    /// Errors: as `tls_context`.
    HOLDFAST_DECL explicit connector(connector_options options);

    /// @param way where to
    /// @param by the proxy at `way.first`; null where that is the server itself
    /// Errors: `unavailable`, `timed_out`, `untrusted`, `cancelled`; `access_denied` from a proxy.
    HOLDFAST_DECL std::unique_ptr<connection> connect(const route& way, const proxy* by, const patience& waits);

private:
    HOLDFAST_DECL void open_tls(connection& to, const origin& server, const patience& waits);
    HOLDFAST_DECL void open_tunnel(connection& to, const origin& server, const proxy& by, const patience& waits) const;
    HOLDFAST_DECL const tls_context& tls();

    connector_options options_;
    std::once_flag tls_once_;
    std::optional<tls_context> tls_;
};

}  // namespace holdfast::http

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/http/beast_transport/impl/connector.ipp>
#endif

#endif
