#ifndef HOLDFAST_HTTP_TRANSPORT_HPP
#define HOLDFAST_HTTP_TRANSPORT_HPP

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <stop_token>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/http/message.hpp>

namespace holdfast::http {

/// Where a response's body goes: to `sink`, its first byte at `offset`; without a sink into `response::text`.
struct body_destination {
    byte_sink* sink = nullptr;
    std::uint64_t offset = 0;
};

/// What became of an exchange, also where it failed.
struct exchange_state {
    bool sent = false;            ///< the server may have seen the request
    std::uint64_t delivered = 0;  ///< bytes of the body that the sink has taken, from its first on
};

struct exchange_options {
    /// Asked once the header of the final response is there; when empty every body goes into `response::text`.
    std::function<body_destination(const response&)> destination = {};
    std::uint64_t text_limit = 64U << 20;  ///< bytes of `response::text` before the exchange fails with `too_large`
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    std::stop_token stop = {};
    exchange_state* state = nullptr;  ///< when set, filled in while the exchange goes on
};

/// One request, one response.
///
/// | expression   | meaning, guarantees                                                      | errors |
/// | ------------ | ------------------------------------------------------------------------ | ------ |
/// | `t(r, o)`    | Sends the request once and returns the final response, whatever its status, when its whole body has arrived. Follows no redirect. Callable by many threads at once. | `unavailable` (refused, reset, cut off, success before all was sent), `timed_out`, `untrusted`, `cancelled`, `too_large`; those of the body source and of the sink |
///
/// Models: `beast_transport`, `any_transport`; in the tests, the scripted transport.
template <class Transport>
concept transport = std::copy_constructible<Transport> &&
                    requires(const Transport& t, const request& r, const exchange_options& o) {
                        { t(r, o) } -> std::same_as<response>;
                    };

using any_transport = std::function<response(const request&, const exchange_options&)>;

}  // namespace holdfast::http

#endif
