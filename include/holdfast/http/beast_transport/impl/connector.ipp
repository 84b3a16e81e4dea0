#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_CONNECTOR_IPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_CONNECTOR_IPP

#include <holdfast/http/beast_transport/connector.hpp>

#include <stop_token>
#include <string>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/http/beast_transport/answer_reader.hpp>
#include <holdfast/http/beast_transport/request_head.hpp>

namespace holdfast::detail {

inline void check_tunnel_answer(unsigned status, const http::proxy& by) {
    if (status / 100 == 2) return;
    const std::string host = by.server.host_header();
    const std::string text = "the proxy " + host + " answers " + std::to_string(status) + " to CONNECT";
    if (status == 407) throw error(errc::access_denied, "connect", host, text + "; check the user in the proxy's URL");
    if (status == 403) throw error(errc::access_denied, "connect", host, text + "; it does not lead to this server");
    throw error(errc::unavailable, "connect", host, text);
}

// As certificates, SNI and sessions name a server (RFC 6066, section 3).
inline http::origin named_in_tls(http::origin server) {
    server.host = std::string(without_dot_at_end(server.host));
    return server;
}

}  // namespace holdfast::detail

namespace holdfast::http {

HOLDFAST_DECL connector::connector(connector_options options) : options_(std::move(options)) {
    // files that were named are read now, so that a wrong name shows; the system's only when TLS is spoken
    if (!options_.tls.ca_bundle.empty() || !options_.tls.client_certificate.empty()) tls();
}

HOLDFAST_DECL const tls_context& connector::tls() {
    std::call_once(tls_once_, [this] { tls_.emplace(options_.tls); });
    return *tls_;
}

HOLDFAST_DECL std::unique_ptr<connection> connector::connect(const route& way, const proxy* by, const patience& waits) {
    const auto limits = waits.until(detail::after(options_.connect_timeout)).limits();
    const auto addresses = detail::look_up(way.first.host, way.first.port, limits);
    auto result = std::make_unique<connection>(way, detail::connect_to_any(addresses, way.first.host_header(), limits));
    const std::stop_callback on_stop(limits.stop, [wire = &result->wire()] { wire->shut_down(); });
    if (way.first.tls) open_tls(*result, way.first, waits);
    if (!way.tunnel) return result;
    open_tunnel(*result, *way.tunnel, *by, waits);
    open_tls(*result, *way.tunnel, waits);
    return result;
}

HOLDFAST_DECL void connector::open_tls(connection& to, const origin& server, const patience& waits) {
    const patience limited = waits.until(detail::after(options_.tls_timeout));
    const origin named = detail::named_in_tls(server);
    auto& stream = to.wrap([&](std::unique_ptr<http::stream> lower) {
        return std::make_unique<tls_stream>(tls(), std::move(lower), named.host, named.host_header());
    });
    for (;;) {
        const detail::io_step step = stream.handshake();
        if (step.status == detail::io_status::done) {
            if (stream.holds_input()) to.receive();
            return;
        }
        if (step.status != detail::io_status::blocked) {
            to.throw_lost(step, "connect", "during the TLS handshake; check that the port speaks TLS", limited);
        }
        const bool has_more = stream.flush().status == detail::io_status::blocked;
        limited.wait(to.wire(), {.readable = true, .writable = has_more}, "connect");
    }
}

HOLDFAST_DECL void connector::open_tunnel(connection& to, const origin& server, const proxy& by,
                                          const patience& waits) const {
    const patience limited = waits.until(detail::after(options_.tls_timeout));
    const std::string head = render_connect_head(server, options_.user_agent, by);
    to.send_all(std::as_bytes(std::span(head)), limited);
    answer_reader answer(to, limited, false);
    answer.await();
    detail::check_tunnel_answer(answer.parser().status(), by);
    if (!to.input().unread().empty()) {
        throw error(errc::unavailable, "connect", by.server.host_header(), "the proxy speaks before the server does");
    }
}

}  // namespace holdfast::http

#endif
