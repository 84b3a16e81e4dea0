#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_CONNECTION_HPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_CONNECTION_HPP

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <holdfast/detail/config.hpp>
#include <holdfast/detail/io_block.hpp>
#include <holdfast/detail/socket.hpp>
#include <holdfast/http/beast_transport/input_buffer.hpp>
#include <holdfast/http/beast_transport/patience.hpp>
#include <holdfast/http/beast_transport/stream.hpp>
#include <holdfast/http/message.hpp>

namespace holdfast::http {

/// The way of a connection: to `first`, and from there, where it is a proxy, through a tunnel.
struct route {
    origin first;
    std::optional<origin> tunnel = {};

    friend auto operator<=>(const route&, const route&) = default;
};

/// One connection with its buffers, which it keeps from exchange to exchange.
class connection {
public:
    static constexpr std::size_t scratch_size = 256U << 10;

    connection(route way, detail::socket wire) : way_(std::move(way)) {
        auto plain = std::make_unique<plain_stream>(std::move(wire));
        wire_ = plain->plain();
        stream_ = std::move(plain);
    }

    const route& way() const noexcept { return way_; }
    const detail::socket& wire() const noexcept { return *wire_; }
    stream& bytes_of() const noexcept { return *stream_; }

    /// Puts another stream above the one there is.
    template <class Wrap>
    auto& wrap(Wrap make) {
        auto outer = make(std::move(stream_));
        auto& result = *outer;
        stream_ = std::move(outer);
        return result;
    }

    input_buffer& input() noexcept { return input_; }
    detail::socket_to_file& to_file() noexcept { return to_file_; }

    /// Memory for what is sent.
    std::span<std::byte> scratch() {
        if (!scratch_) scratch_ = detail::io_block(scratch_size);
        return scratch_.bytes();
    }

    /// Whether the server still listens and has said nothing unasked, as far as can be told without waiting.
    HOLDFAST_DECL bool is_quiet() noexcept;

    /// Starts to count for one exchange.
    void begin_exchange() noexcept { sent_ = received_ = 0; }
    std::uint64_t sent() const noexcept { return sent_; }
    std::uint64_t received() const noexcept { return received_; }
    void count_sent(std::uint64_t count) noexcept { sent_ += count; }
    bool is_lost() const noexcept { return is_lost_; }

    /// Receives into the input buffer without waiting. Errors: of TLS.
    HOLDFAST_DECL detail::io_step receive();

    /// Receives into the input buffer; anything but `done` is the end. Errors: as `patience::wait`; of TLS.
    HOLDFAST_DECL detail::io_step await_input(const patience& waits);

    /// Receives what more has arrived, without waiting, until `wanted` bytes are unread or the buffer is full: a few
    /// large writes cost less than many small ones. An end shows at the next call that receives. Errors: of TLS.
    HOLDFAST_DECL void receive_more(std::uint64_t wanted);

    /// Sends all of it, heedless of what arrives. Errors: as `patience::wait`; `unavailable`.
    HOLDFAST_DECL void send_all(bytes data, const patience& waits);

    /// Reports a connection that broke, or that was ended from here by a wish to stop.
    /// Errors: `cancelled`, `timed_out`, `unavailable`.
    [[noreturn]] HOLDFAST_DECL void throw_lost(const detail::io_step& how, std::string_view operation,
                                               std::string_view what, const patience& waits);

private:
    route way_;
    std::unique_ptr<stream> stream_;
    const detail::socket* wire_ = nullptr;  // the lowest stream's
    input_buffer input_;
    detail::io_block scratch_;
    detail::socket_to_file to_file_;
    std::uint64_t sent_ = 0;
    std::uint64_t received_ = 0;
    bool is_lost_ = false;
};

}  // namespace holdfast::http

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/http/beast_transport/impl/connection.ipp>
#endif

#endif
