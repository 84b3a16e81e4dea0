#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_PATIENCE_HPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_PATIENCE_HPP

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/detail/socket.hpp>
#include <holdfast/detail/steady_time.hpp>

namespace holdfast::http {

/// How long one exchange waits, and for what.
class patience {
public:
    patience(std::string host, std::chrono::milliseconds idle, detail::wait_limits limits)
        : host_(std::move(host)), idle_(idle), limits_(std::move(limits)) {}

    const std::string& host() const noexcept { return host_; }
    const detail::wait_limits& limits() const noexcept { return limits_; }

    /// The same with an earlier deadline; a wait without a byte ends there too.
    patience until(detail::steady_time deadline) const {
        return {host_, idle_, {.deadline = std::min(deadline, limits_.deadline), .stop = limits_.stop}};
    }

    /// Errors: `cancelled`, `timed_out`.
    void check(std::string_view operation) const {
        detail::check_not_stopped(limits_.stop, operation, host_);
        if (limits_.deadline == detail::steady_time::max()) return;
        if (std::chrono::steady_clock::now() < limits_.deadline) return;
        throw error(errc::timed_out, operation, host_, "the time allowed is over");
    }

    /// Waits for one of what is wanted. Errors: as `check`; `timed_out` after a while without a byte.
    detail::readiness wait(const detail::socket& wire, detail::readiness wanted, std::string_view operation) const {
        const detail::readiness ready = wait_at_most(wire, wanted, idle_, operation);
        if (ready.readable || ready.writable) return ready;
        throw error(errc::timed_out, operation, host_,
                    "no byte passed for " + std::to_string(idle_.count()) + " ms; check the network");
    }

    /// The same, but nothing holds where the time is over. Errors: as `check`.
    detail::readiness wait_at_most(const detail::socket& wire, detail::readiness wanted, std::chrono::milliseconds time,
                                   std::string_view operation) const {
        check(operation);
        const auto end = std::min(detail::after(time), limits_.deadline);
        const detail::readiness ready = wire.wait(wanted, end);
        check(operation);
        return ready;
    }

private:
    std::string host_;
    std::chrono::milliseconds idle_;
    detail::wait_limits limits_;
};

}  // namespace holdfast::http

#endif
