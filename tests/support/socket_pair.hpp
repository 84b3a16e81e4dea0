#ifndef HOLDFAST_TESTS_SUPPORT_SOCKET_PAIR_HPP
#define HOLDFAST_TESTS_SUPPORT_SOCKET_PAIR_HPP

#include <doctest/doctest.h>

#include <sys/socket.h>

#include <array>
#include <span>
#include <string_view>

#include <holdfast/detail/socket.hpp>

namespace testing_support {

/// The two ends of one connection, neither of which waits.
struct socket_pair {
    holdfast::detail::socket ours;
    holdfast::detail::socket theirs;
};

inline socket_pair connected_sockets() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
    return {holdfast::detail::socket::adopt(ends[0]), holdfast::detail::socket::adopt(ends[1])};
}

/// Sends what the system takes at once, which has to be all of it.
inline void say(const holdfast::detail::socket& from, std::string_view text) {
    const auto piece = std::as_bytes(std::span(text));
    REQUIRE(from.send({&piece, 1}, false).count == text.size());
}

}  // namespace testing_support

#endif
