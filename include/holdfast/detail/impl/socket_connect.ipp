#ifndef HOLDFAST_DETAIL_IMPL_SOCKET_CONNECT_IPP
#define HOLDFAST_DETAIL_IMPL_SOCKET_CONNECT_IPP

#include <holdfast/detail/socket.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/detail/impl/socket.ipp>
#include <holdfast/detail/system_calls.hpp>

namespace holdfast::detail {

// One address being connected to; asking to stop wakes it.
class connect_attempt {
public:
    connect_attempt(const network_address& address, const std::stop_token& stop)
        : socket_(open(address)), on_stop_(std::in_place, stop, waker{&socket_}) {
        const auto* where = reinterpret_cast<const struct ::sockaddr*>(address.bytes.data());
        const auto size = static_cast<::socklen_t>(address.bytes.size());
        if (!socket_) {
            number_ = errno;
        } else if (::connect(socket_.descriptor(), where, size) != 0) {
            number_ = errno == EINTR ? EINPROGRESS : errno;  // an interrupted attempt goes on
        }
    }

    const socket& where() const noexcept { return socket_; }
    int number() const noexcept { return number_; }
    bool is_pending() const noexcept { return number_ == EINPROGRESS; }

    // Called when the socket became writable.
    void finish() noexcept {
        ::socklen_t size = sizeof(number_);
        if (::getsockopt(socket_.descriptor(), SOL_SOCKET, SO_ERROR, &number_, &size) != 0) number_ = errno;
        struct ::sockaddr_storage peer {};
        ::socklen_t length = sizeof(peer);
        const bool is_connected =
            ::getpeername(socket_.descriptor(), reinterpret_cast<struct ::sockaddr*>(&peer), &length) == 0;
        if (number_ == 0 && !is_connected) number_ = ECONNABORTED;  // woken by `shut_down`
    }

    socket take() noexcept {
        on_stop_.reset();
        return std::move(socket_);
    }

private:
    struct waker {
        const socket* target;
        void operator()() const noexcept { target->shut_down(); }
    };

    static socket open(const network_address& address) {
        const int family = reinterpret_cast<const struct ::sockaddr*>(address.bytes.data())->sa_family;
        const int descriptor = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (descriptor >= 0) {
            const int on = 1;
            ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        }
        return socket::adopt(descriptor);
    }

    socket socket_;
    std::optional<std::stop_callback<waker>> on_stop_;
    int number_ = 0;
};

// The attempts of one call, several at a time where the first ones stay silent.
class connect_race {
public:
    connect_race(const std::vector<network_address>& addresses, const std::string& host, const wait_limits& limits)
        : addresses_(addresses), host_(host), limits_(limits) {}

    socket run() {
        for (;;) {
            if (next_ < addresses_.size() && (running_.empty() || std::chrono::steady_clock::now() >= next_start_)) {
                start_next();
            }
            check_limits();
            if (const auto winner = find_connected(); winner != running_.end()) return (*winner)->take();
            drop_failed();
            if (!running_.empty()) {
                wait();
            } else if (next_ == addresses_.size()) {
                throw error(errc::unavailable, "connect", host_,
                            "no connection: " + std::generic_category().message(last_number_) +
                                "; check the address, the network and the proxy settings");
            }
        }
    }

private:
    using attempts = std::vector<std::unique_ptr<connect_attempt>>;

    void start_next() {
        running_.push_back(std::make_unique<connect_attempt>(addresses_[next_++], limits_.stop));
        next_start_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(250);
    }

    void check_limits() const {
        check_not_stopped(limits_.stop, "connect", host_);
        if (std::chrono::steady_clock::now() < limits_.deadline) return;
        throw error(errc::timed_out, "connect", host_,
                    "no answer within the time allowed; check the address, the network and the proxy settings");
    }

    attempts::iterator find_connected() {
        return std::ranges::find_if(running_, [](const auto& one) { return one->number() == 0; });
    }

    void drop_failed() {
        std::erase_if(running_, [this](const auto& one) {
            if (!one->is_pending()) last_number_ = one->number();
            return !one->is_pending();
        });
    }

    void wait() const {
        std::vector<struct ::pollfd> watched;
        for (const auto& one : running_) {
            watched.push_back({.fd = one->where().descriptor(), .events = POLLOUT, .revents = 0});
        }
        const steady_time until =
            next_ < addresses_.size() ? std::min(next_start_, limits_.deadline) : limits_.deadline;
        retry_interrupted([&] { return ::poll(watched.data(), watched.size(), poll_timeout(until)); });
        for (std::size_t i = 0; i < watched.size(); ++i) {
            if (watched[i].revents != 0) running_[i]->finish();
        }
    }

    const std::vector<network_address>& addresses_;
    const std::string& host_;
    const wait_limits& limits_;
    attempts running_;
    std::size_t next_ = 0;
    steady_time next_start_{};
    int last_number_ = 0;
};

HOLDFAST_DECL socket connect_to_any(const std::vector<network_address>& addresses, const std::string& host,
                                    const wait_limits& limits) {
    return connect_race(addresses, host, limits).run();
}

}  // namespace holdfast::detail

#endif
