#ifndef HOLDFAST_DETAIL_IMPL_SOCKET_LOOK_UP_IPP
#define HOLDFAST_DETAIL_IMPL_SOCKET_LOOK_UP_IPP

#include <holdfast/detail/socket.hpp>

#include <netdb.h>
#include <sys/socket.h>

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/cancellation.hpp>

namespace holdfast::detail {

// What getaddrinfo finds; nothing where `number` says why.
struct look_up_result {
    std::vector<network_address> addresses;
    int number = 0;
};

inline look_up_result look_up_now(const std::string& host, std::uint16_t port, int flags) {
    struct ::addrinfo hints {};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    struct ::addrinfo* found = nullptr;
    look_up_result result;
    result.number = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    const std::unique_ptr<struct ::addrinfo, decltype(&::freeaddrinfo)> owner(result.number == 0 ? found : nullptr,
                                                                              &::freeaddrinfo);
    for (const auto* one = owner.get(); one != nullptr; one = one->ai_next) {
        result.addresses.push_back({std::string(reinterpret_cast<const char*>(one->ai_addr), one->ai_addrlen)});
    }
    return result;
}

// What a look-up's thread and the one who waits for it share.
struct pending_look_up {
    std::mutex mutex;
    std::condition_variable_any changed;
    bool is_over = false;
    std::vector<network_address> addresses;
    std::exception_ptr failure;
};

inline void run_look_up(pending_look_up& shared, const std::function<std::vector<network_address>()>& search) {
    std::vector<network_address> addresses;
    std::exception_ptr failure;
    try {
        addresses = search();
    } catch (...) {
        failure = std::current_exception();
    }
    {
        const std::lock_guard lock(shared.mutex);
        shared.addresses = std::move(addresses);
        shared.failure = std::move(failure);
        shared.is_over = true;
    }
    shared.changed.notify_all();
}

HOLDFAST_DECL std::vector<network_address> await_look_up(std::function<std::vector<network_address>()> search,
                                                         const std::string& host, const wait_limits& limits) {
    const auto shared = std::make_shared<pending_look_up>();
    try {
        std::thread([shared, search = std::move(search)] { run_look_up(*shared, search); }).detach();
    } catch (const std::system_error&) {
        throw error(errc::unavailable, "connect", host, "no thread can be started to look up the host's name");
    }
    std::unique_lock lock(shared->mutex);
    const auto is_over = [&] { return shared->is_over; };
    if (limits.deadline == steady_time::max()) {
        shared->changed.wait(lock, limits.stop, is_over);
    } else {
        shared->changed.wait_until(lock, limits.stop, limits.deadline, is_over);
    }
    if (!shared->is_over) {
        check_not_stopped(limits.stop, "connect", host);
        throw error(errc::timed_out, "connect", host,
                    "the host's name was not found within the time allowed; check the resolver and the network");
    }
    if (shared->failure) std::rethrow_exception(std::exchange(shared->failure, nullptr));
    return std::move(shared->addresses);
}

HOLDFAST_DECL std::vector<network_address> look_up(const std::string& host, std::uint16_t port,
                                                   const wait_limits& limits) {
    check_not_stopped(limits.stop, "connect", host);
    if (auto numeric = look_up_now(host, port, AI_NUMERICHOST); numeric.number == 0) return numeric.addresses;
    const auto search = [host, port] {
        look_up_result result = look_up_now(host, port, 0);
        if (result.number == 0) return std::move(result.addresses);
        throw error(errc::unavailable, "connect", host,
                    std::string("the host's name was not found: ") + ::gai_strerror(result.number) +
                        "; check the endpoint's spelling and the network");
    };
    return await_look_up(search, host, limits);
}

}  // namespace holdfast::detail

#endif
