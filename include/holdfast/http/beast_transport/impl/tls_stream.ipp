#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_TLS_STREAM_IPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_TLS_STREAM_IPP

#include <holdfast/http/beast_transport/tls_stream.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <climits>

#include <holdfast/core/error.hpp>
#include <holdfast/http/beast_transport/impl/tls_bio.ipp>
#include <holdfast/http/beast_transport/impl/tls_context.ipp>

namespace holdfast::detail {

using ssl_ptr = std::unique_ptr<::SSL, openssl_free<&::SSL_free>>;

inline bool is_client_certificate_alert(int reason) noexcept {
    constexpr std::array reasons{SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED,
                                 SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
                                 SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN,
                                 SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
                                 SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED,
                                 SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE,
                                 SSL_R_TLSV1_ALERT_UNKNOWN_CA,
                                 SSL_R_TLSV1_ALERT_ACCESS_DENIED};
    return std::ranges::find(reasons, reason) != reasons.end();
}

[[noreturn]] inline void throw_tls_failure(const std::string& host, std::string_view operation) {
    const std::string reason = openssl_reason();
    if (is_client_certificate_alert(ERR_GET_REASON(::ERR_peek_error()))) {
        throw error(errc::access_denied, operation, host,
                    "the server refuses the client certificate (" + reason + "); set one that it accepts");
    }
    throw error(errc::unavailable, operation, host, "TLS failed: " + reason);
}

[[noreturn]] inline void throw_untrusted(const std::string& host, long result) {
    throw error(errc::untrusted, "connect", host,
                "the certificate of " + host + " is not trusted: " + ::X509_verify_cert_error_string(result) +
                    "; check the endpoint, or set a CA bundle (AWS_CA_BUNDLE) that holds its issuer");
}

}  // namespace holdfast::detail

namespace holdfast::http {

class tls_stream::state {
public:
    state(std::shared_ptr<tls_context::state> context_, std::unique_ptr<stream> lower, std::string name,
          std::string session)
        : context(std::move(context_)),
          host(std::move(name)),
          shelf{&context->sessions, std::move(session)},
          below(std::move(lower)),
          method(detail::make_tls_bio_method()),
          ssl(::SSL_new(context->context.get())) {}

    const std::shared_ptr<tls_context::state> context;
    const std::string host;
    const detail::tls_session_shelf shelf;
    detail::tls_bio below;
    const detail::bio_method_ptr method;
    const detail::ssl_ptr ssl;
};

HOLDFAST_DECL tls_stream::tls_stream(const tls_context& context, std::unique_ptr<stream> lower, std::string host,
                                     std::string session)
    : state_(std::make_unique<state>(context.shared(), std::move(lower), std::move(host), std::move(session))) {
    ::ERR_clear_error();
    ::SSL* const ssl = state_->ssl.get();
    ::BIO* const bio = ::BIO_new(state_->method.get());
    if (ssl == nullptr || bio == nullptr) {
        ::BIO_free(bio);
        detail::throw_tls_failure(state_->host, "connect");
    }
    ::BIO_set_data(bio, &state_->below);
    ::BIO_set_init(bio, 1);
    ::SSL_set_bio(ssl, bio, bio);
    SSL_set_app_data(ssl, const_cast<detail::tls_session_shelf*>(&state_->shelf));
    ::SSL_set_connect_state(ssl);
    ::SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl), state_->host.c_str()) != 1) {
        ::SSL_set1_host(ssl, state_->host.c_str());
        SSL_set_tlsext_host_name(ssl, state_->host.c_str());
    }
    const auto earlier = state_->context->sessions.find(state_->shelf.name);
    if (earlier) ::SSL_set_session(ssl, earlier.get());
}

HOLDFAST_DECL tls_stream::~tls_stream() {
    // without the mark of an orderly end OpenSSL makes the session unfit for resumption
    if (state_->ssl) ::SSL_set_shutdown(state_->ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

HOLDFAST_DECL detail::io_step tls_stream::flush_then(detail::io_status status) {
    const detail::io_step sent = state_->below.flush();
    return sent.status == detail::io_status::lost ? sent : detail::io_step{.status = status};
}

HOLDFAST_DECL detail::io_step tls_stream::handshake() {
    ::ERR_clear_error();
    ::SSL* const ssl = state_->ssl.get();
    state_->below.set_hands_out(false);
    state_->below.forget_last_read();
    const int result = ::SSL_do_handshake(ssl);
    if (result == 1) return {};  // its last message goes with the first request
    state_->below.rethrow_failure();
    if (::SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ) return flush_then(detail::io_status::blocked);
    if (!state_->below.may_try_again()) return state_->below.last_read();
    const long verdict = ::SSL_get_verify_result(ssl);
    if (state_->context->is_verifying && verdict != X509_V_OK) {
        flush();  // the alert, as far as it goes
        detail::throw_untrusted(state_->host, verdict);
    }
    detail::throw_tls_failure(state_->host, "connect");
}

HOLDFAST_DECL detail::io_step tls_stream::receive(std::span<std::byte> buffer) {
    ::ERR_clear_error();
    ::SSL* const ssl = state_->ssl.get();
    state_->below.forget_last_read();
    std::size_t count = 0;
    int result = 1;
    while (count < buffer.size() && result > 0) {
        state_->below.set_hands_out(count > 0);
        const auto wanted = static_cast<int>(std::min<std::size_t>(buffer.size() - count, INT_MAX));
        result = ::SSL_read(ssl, buffer.data() + count, wanted);
        if (result > 0) count += static_cast<std::size_t>(result);
    }
    state_->below.rethrow_failure();
    if (count > 0 || buffer.empty()) return {.count = count};
    const int why = ::SSL_get_error(ssl, result);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return flush_then(detail::io_status::blocked);
    if (why == SSL_ERROR_ZERO_RETURN) return {.status = detail::io_status::ended};
    // an end without TLS's own "close notify" may be the work of another
    if (!state_->below.may_try_again())
        return {.status = detail::io_status::lost, .number = state_->below.last_read().number};
    detail::throw_tls_failure(state_->host, "receive");
}

HOLDFAST_DECL detail::io_step tls_stream::send(std::span<const bytes> pieces, bool) {
    ::ERR_clear_error();
    std::size_t count = 0;
    for (bytes piece : pieces) {
        while (!piece.empty() && state_->below.has_room_for_record()) {
            const std::size_t part = std::min(piece.size(), detail::tls_bio::payload);
            const int result = ::SSL_write(state_->ssl.get(), piece.data(), static_cast<int>(part));
            state_->below.rethrow_failure();
            if (result <= 0) detail::throw_tls_failure(state_->host, "send");
            piece = piece.subspan(static_cast<std::size_t>(result));
            count += static_cast<std::size_t>(result);
        }
        if (!piece.empty()) break;
    }
    const detail::io_step sent = state_->below.flush();
    if (sent.status == detail::io_status::lost) return sent;
    return count > 0 ? detail::io_step{.count = count} : sent;
}

HOLDFAST_DECL detail::io_step tls_stream::flush() {
    return state_->below.flush();
}

HOLDFAST_DECL bool tls_stream::is_resumed() const noexcept {
    return ::SSL_session_reused(state_->ssl.get()) == 1;
}

HOLDFAST_DECL bool tls_stream::holds_input() const noexcept {
    return ::SSL_has_pending(state_->ssl.get()) == 1;
}

}  // namespace holdfast::http

#endif
