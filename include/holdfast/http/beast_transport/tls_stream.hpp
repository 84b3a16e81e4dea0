#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_TLS_STREAM_HPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_TLS_STREAM_HPP

#include <memory>
#include <string>

#include <holdfast/detail/config.hpp>
#include <holdfast/http/beast_transport/stream.hpp>

namespace holdfast::detail {

/// Whether the processor does AES by itself; where it does not, ChaCha20 costs less.
HOLDFAST_DECL bool has_aes_instructions() noexcept;

}  // namespace holdfast::detail

namespace holdfast::http {

struct tls_options {
    std::string ca_bundle = {};  ///< PEM file or directory; empty: the system's
    bool verify_certificate = true;
    std::string client_certificate = {};  ///< PEM file; empty: none
    std::string client_key = {};          ///< PEM file; empty: in the certificate's file
};

/// Certificates and settings, and what is needed to resume sessions.
/// Thread safety: copies share them; any number of threads.
class tls_context {
public:
    class state;

    /// Errors: `not_configured` for a file that can't be read or used.
    HOLDFAST_DECL explicit tls_context(const tls_options& options);

    const std::shared_ptr<state>& shared() const noexcept { return state_; }

private:
    std::shared_ptr<state> state_;
};

/// TLS 1.2 or 1.3 over another stream. Records gather to 256 KiB before they are sent.
/// Memory: 256 KiB for each direction in use.
class tls_stream final : public stream {
public:
    /// @param host what the certificate has to name, without a dot at its end; the server's name for SNI where it is
    ///        no address
    /// @param session under which name sessions are kept for resumption
    HOLDFAST_DECL tls_stream(const tls_context& context, std::unique_ptr<stream> lower, std::string host,
                             std::string session);
    HOLDFAST_DECL ~tls_stream() override;

    /// One step of the handshake: `done`, or `blocked` until `flush` gets on or bytes arrive.
    /// Errors: `untrusted`, `access_denied` (the server refuses the client's certificate), `unavailable`.
    HOLDFAST_DECL detail::io_step handshake();

    HOLDFAST_DECL detail::io_step receive(std::span<std::byte> buffer) override;
    HOLDFAST_DECL detail::io_step send(std::span<const bytes> pieces, bool more) override;
    HOLDFAST_DECL detail::io_step flush() override;

    HOLDFAST_DECL bool is_resumed() const noexcept;

    /// Whether bytes wait in here that came with the handshake: the wire does not show them.
    HOLDFAST_DECL bool holds_input() const noexcept;

private:
    HOLDFAST_DECL detail::io_step flush_then(detail::io_status status);

    class state;
    std::unique_ptr<state> state_;
};

}  // namespace holdfast::http

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/http/beast_transport/impl/tls_bio.ipp>
#include <holdfast/http/beast_transport/impl/tls_context.ipp>
#include <holdfast/http/beast_transport/impl/tls_stream.ipp>
#endif

#endif
