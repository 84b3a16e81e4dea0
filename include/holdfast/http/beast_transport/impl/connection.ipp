#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_CONNECTION_IPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_CONNECTION_IPP

#include <holdfast/http/beast_transport/connection.hpp>

#include <string>
#include <system_error>

#include <holdfast/core/error.hpp>

namespace holdfast::http {

HOLDFAST_DECL bool connection::is_quiet() noexcept {
    try {
        return input_.unread().empty() && receive().status == detail::io_status::blocked;
    } catch (...) {
        return false;  // TLS objects; another connection will do
    }
}

HOLDFAST_DECL detail::io_step connection::receive() {
    const detail::io_step step = stream_->receive(input_.room());
    if (step.status == detail::io_status::done) {
        input_.added(step.count);
        received_ += step.count;
    }
    return step;
}

HOLDFAST_DECL detail::io_step connection::await_input(const patience& waits) {
    for (;;) {
        const detail::io_step step = receive();
        if (step.status != detail::io_status::blocked) return step;
        waits.wait(*wire_, {.readable = true}, "receive");
    }
}

HOLDFAST_DECL void connection::receive_more(std::uint64_t wanted) {
    while (input_.unread().size() < wanted && !input_.is_full()) {
        if (receive().status != detail::io_status::done) return;
    }
}

HOLDFAST_DECL void connection::send_all(bytes data, const patience& waits) {
    for (;;) {
        const detail::io_step step =
            data.empty() ? stream_->flush() : stream_->send(std::span<const bytes>(&data, 1), false);
        if (step.status == detail::io_status::lost) throw_lost(step, "send", "", waits);
        if (step.status == detail::io_status::done && data.empty()) return;
        data = data.subspan(step.count);
        count_sent(step.count);
        if (step.status == detail::io_status::blocked) waits.wait(*wire_, {.writable = true}, "send");
    }
}

HOLDFAST_DECL void connection::throw_lost(const detail::io_step& how, std::string_view operation, std::string_view what,
                                          const patience& waits) {
    waits.check(operation);
    is_lost_ = true;
    std::string message = "the connection ";
    message += how.status == detail::io_status::ended ? "ended" : "was lost";
    if (!what.empty()) (message += ' ') += what;
    if (how.number != 0) message += ": " + std::generic_category().message(how.number);
    throw error(errc::unavailable, operation, waits.host(), message);
}

}  // namespace holdfast::http

#endif
