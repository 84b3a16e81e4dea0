#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_STREAM_HPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_STREAM_HPP

#include <cstddef>
#include <span>
#include <utility>

#include <holdfast/detail/socket.hpp>

namespace holdfast::http {

using bytes = std::span<const std::byte>;

/// Bytes to and from a server, without waiting.
class stream {
public:
    stream() = default;
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    virtual ~stream() = default;

    virtual detail::io_step receive(std::span<std::byte> buffer) = 0;

    /// Takes from the pieces in order; what it took may stay here until `flush`.
    virtual detail::io_step send(std::span<const bytes> pieces, bool more) = 0;

    /// Sends what `send` kept back.
    virtual detail::io_step flush() = 0;

    /// The socket itself, where its bytes are the stream's; otherwise null.
    virtual const detail::socket* plain() const noexcept { return nullptr; }
};

class plain_stream final : public stream {
public:
    explicit plain_stream(detail::socket socket) : socket_(std::move(socket)) {}

    detail::io_step receive(std::span<std::byte> buffer) override { return socket_.receive(buffer); }
    detail::io_step send(std::span<const bytes> pieces, bool more) override { return socket_.send(pieces, more); }
    detail::io_step flush() override { return {}; }
    const detail::socket* plain() const noexcept override { return &socket_; }

private:
    detail::socket socket_;
};

}  // namespace holdfast::http

#endif
