#ifndef HOLDFAST_DETAIL_IMPL_SOCKET_IPP
#define HOLDFAST_DETAIL_IMPL_SOCKET_IPP

#include <holdfast/detail/socket.hpp>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/sendfile.h>
#endif

#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/system_calls.hpp>

namespace holdfast::detail {

inline io_step failed_io_step() noexcept {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {.status = io_status::blocked};
    return {.status = io_status::lost, .number = errno};
}

inline io_step sent_io_step(::ssize_t count) noexcept {
    return count < 0 ? failed_io_step() : io_step{.count = static_cast<std::size_t>(count)};
}

HOLDFAST_DECL int poll_timeout(steady_time until) noexcept {
    if (until == steady_time::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    return static_cast<int>(std::clamp<decltype(left)>(left, 0, INT_MAX));
}

HOLDFAST_DECL socket::~socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

HOLDFAST_DECL io_step socket::receive(std::span<std::byte> buffer) const noexcept {
    const ::ssize_t count =
        retry_interrupted([&] { return ::recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT); });
    if (count < 0) return failed_io_step();
    if (count == 0 && !buffer.empty()) return {.status = io_status::ended};
    return {.count = static_cast<std::size_t>(count)};
}

HOLDFAST_DECL io_step socket::send(std::span<const std::span<const std::byte>> pieces, bool more) const noexcept {
    constexpr std::size_t most = 64;
    std::array<struct ::iovec, most> parts;
    const std::size_t count = std::min(pieces.size(), most);
    for (std::size_t i = 0; i < count; ++i) {
        parts[i] = {const_cast<std::byte*>(pieces[i].data()), pieces[i].size()};
    }
    struct ::msghdr message {};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
#if defined(__linux__)
    if (more || count < pieces.size()) flags |= MSG_MORE;
#else
    static_cast<void>(more);
#endif
    return sent_io_step(retry_interrupted([&] { return ::sendmsg(descriptor_, &message, flags); }));
}

#if defined(__linux__)
// sendfile has no flag against SIGPIPE, and how the process takes the signal is not a library's to change: this
// thread holds it back and takes away the one that its own call raised.
class sigpipe_guard {
public:
    sigpipe_guard() noexcept {
        ::sigemptyset(&only_);
        ::sigaddset(&only_, SIGPIPE);
        ::sigset_t pending;
        ::sigpending(&pending);
        is_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
        ::pthread_sigmask(SIG_BLOCK, &only_, &before_);
    }
    sigpipe_guard(const sigpipe_guard&) = delete;
    sigpipe_guard& operator=(const sigpipe_guard&) = delete;
    ~sigpipe_guard() {
        if (!is_pending_) {  // a call that sent a part before the connection broke raises it too, without EPIPE
            const struct ::timespec at_once {};
            retry_interrupted([&] { return ::sigtimedwait(&only_, nullptr, &at_once); });
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    ::sigset_t only_;
    ::sigset_t before_;
    bool is_pending_ = false;
};

// Whether sendfile failed by the connection. Of any other failure the caller reads the file, and meets its own error.
inline bool is_of_connection(int number) noexcept {
    constexpr std::array numbers{EAGAIN,   EWOULDBLOCK, EPIPE,        ECONNRESET, ECONNABORTED,
                                 ENOTCONN, ETIMEDOUT,   EHOSTUNREACH, ENETDOWN,   ENETUNREACH};
    return std::ranges::find(numbers, number) != numbers.end();
}

HOLDFAST_DECL io_step socket::send_file(const file& from, std::uint64_t offset, std::size_t size) const noexcept {
    auto position = static_cast<::off_t>(offset);
    const sigpipe_guard guard;
    const ::ssize_t count =
        retry_interrupted([&] { return ::sendfile(descriptor_, from.descriptor(), &position, size); });
    if (count < 0 && !is_of_connection(errno)) return {.status = io_status::unsupported};
    if (count == 0 && size > 0) return {.status = io_status::ended};
    return sent_io_step(count);
}
#else
HOLDFAST_DECL io_step socket::send_file(const file&, std::uint64_t, std::size_t) const noexcept {
    return {.status = io_status::unsupported};
}
#endif

HOLDFAST_DECL readiness socket::wait(readiness wanted, steady_time until) const noexcept {
    const int events = (wanted.readable ? POLLIN : 0) | (wanted.writable ? POLLOUT : 0);
    struct ::pollfd watched {
        .fd = descriptor_, .events = static_cast<short>(events), .revents = 0
    };
    retry_interrupted([&] { return ::poll(&watched, 1, poll_timeout(until)); });
    const bool is_over = (watched.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    return {.readable = wanted.readable && (is_over || (watched.revents & POLLIN) != 0),
            .writable = wanted.writable && (is_over || (watched.revents & POLLOUT) != 0)};
}

HOLDFAST_DECL void socket::shut_down() const noexcept {
    ::shutdown(descriptor_, SHUT_RDWR);
}

HOLDFAST_DECL socket_to_file::~socket_to_file() {
    for (const int end : pipe_) {
        if (end >= 0) ::close(end);
    }
}

#if defined(__linux__)
HOLDFAST_DECL bool socket_to_file::open_pipe() noexcept {
    if (capacity_ > 0) return true;
    if (::pipe2(pipe_.data(), O_CLOEXEC | O_NONBLOCK) != 0) return false;
    constexpr int wanted = 1 << 20;
    ::fcntl(pipe_[1], F_SETPIPE_SZ, wanted);  // refused where the user has many pipes; the default does too
    capacity_ = static_cast<std::size_t>(std::max(::fcntl(pipe_[1], F_GETPIPE_SZ), 4096));
    return true;
}

HOLDFAST_DECL io_step socket_to_file::move(const socket& from, const file& to, std::uint64_t offset, std::uint64_t size,
                                           std::mutex* turn) {
    if (!open_pipe()) return {.status = io_status::unsupported};
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, capacity_));
    const ::ssize_t count = retry_interrupted([&] {
        return ::splice(from.descriptor(), nullptr, pipe_[1], nullptr, wanted, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    });
    if (count < 0 && (errno == EINVAL || errno == ENOSYS)) return {.status = io_status::unsupported};
    if (count < 0) return failed_io_step();
    if (count == 0) return {.status = io_status::ended};
    const auto lock = turn != nullptr ? std::unique_lock(*turn) : std::unique_lock<std::mutex>();
    drain(to, offset, static_cast<std::size_t>(count));
    return {.count = static_cast<std::size_t>(count)};
}

HOLDFAST_DECL void socket_to_file::drain(const file& to, std::uint64_t offset, std::size_t size) const {
    auto position = static_cast<::off64_t>(offset);
    while (size > 0) {
        const ::ssize_t count = retry_interrupted(
            [&] { return ::splice(pipe_[0], nullptr, to.descriptor(), &position, size, SPLICE_F_MOVE); });
        std::size_t moved = 0;
        if (count > 0) {
            moved = static_cast<std::size_t>(count);
        } else if (count < 0 && errno == EINVAL) {
            moved = drain_by_hand(to, static_cast<std::uint64_t>(position), size);  // a file system without splice
            position += static_cast<::off64_t>(moved);
        } else {
            throw error::from_errno(count < 0 ? errno : EIO, "write", to.path());
        }
        size -= moved;
    }
}

HOLDFAST_DECL std::size_t socket_to_file::drain_by_hand(const file& to, std::uint64_t offset, std::size_t size) const {
    std::array<std::byte, 16384> buffer;
    const std::size_t wanted = std::min(size, buffer.size());
    const ::ssize_t count = retry_interrupted([&] { return ::read(pipe_[0], buffer.data(), wanted); });
    if (count <= 0) throw error::from_errno(EIO, "write", to.path());
    to.write_at(offset, std::span(buffer).first(static_cast<std::size_t>(count)));
    return static_cast<std::size_t>(count);
}
#else
HOLDFAST_DECL io_step socket_to_file::move(const socket&, const file&, std::uint64_t, std::uint64_t, std::mutex*) {
    return {.status = io_status::unsupported};
}
#endif

}  // namespace holdfast::detail

#endif
