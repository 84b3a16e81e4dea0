#ifndef HOLDFAST_DETAIL_SOCKET_HPP
#define HOLDFAST_DETAIL_SOCKET_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/detail/config.hpp>
#include <holdfast/detail/steady_time.hpp>
#include <holdfast/detail/system.hpp>

// The door to the network. Sockets never block: a call that would says so, and `socket::wait` waits. Only Linux has
// splice; where it is missing the caller is told, and moves the bytes by itself. No call raises SIGPIPE.
namespace holdfast::detail {

/// Milliseconds for `poll`, rounded up so that it does not wake before the time; -1 waits for ever.
HOLDFAST_DECL int poll_timeout(steady_time until) noexcept;

/// What ends a wait before its event.
struct wait_limits {
    steady_time deadline = steady_time::max();
    std::stop_token stop = {};
};

enum class io_status : std::uint8_t {
    done,        ///< `count` bytes, at least one where any was asked for
    blocked,     ///< nothing to be had, or no room, for now
    ended,       ///< the other side sends no more; of a file: it ends here
    lost,        ///< the connection is broken; `number` says how
    unsupported  ///< the system has no such call for these descriptors
};

struct io_step {
    io_status status = io_status::done;
    std::size_t count = 0;
    int number = 0;  ///< an `errno`, where the system gave one
};

struct readiness {
    bool readable = false;  ///< also where the connection ended or broke
    bool writable = false;
};

/// An address and a port to connect to, as the system writes them.
struct network_address {
    std::string bytes;
};

/// A connected stream socket; closed when it goes.
class socket {
public:
    socket() = default;

    /// Takes over a descriptor that does not block.
    static socket adopt(int descriptor) { return socket(descriptor); }

    socket(socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    socket& operator=(socket&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    HOLDFAST_DECL ~socket();

    int descriptor() const noexcept { return descriptor_; }
    explicit operator bool() const noexcept { return descriptor_ >= 0; }

    HOLDFAST_DECL io_step receive(std::span<std::byte> buffer) const noexcept;

    /// Sends from the pieces in order, in one call of the system.
    /// @param more whether the next bytes follow at once, so that they may share a packet
    HOLDFAST_DECL io_step send(std::span<const std::span<const std::byte>> pieces, bool more) const noexcept;

    /// Sends from an open file without reading it here. `unsupported` also where the file can't be read: to read it
    /// tells why.
    HOLDFAST_DECL io_step send_file(const file& from, std::uint64_t offset, std::size_t size) const noexcept;

    /// Waits until one of what is asked for holds, or the time comes; nothing holds then.
    HOLDFAST_DECL readiness wait(readiness wanted, steady_time until) const noexcept;

    /// Ends both directions, from any thread: who waits for this socket, or for its connection, wakes up.
    HOLDFAST_DECL void shut_down() const noexcept;

private:
    explicit socket(int descriptor) : descriptor_(descriptor) {}

    int descriptor_ = -1;
};

/// Moves bytes from a socket into a file inside the kernel, through a pipe.
class socket_to_file {
public:
    socket_to_file() = default;
    socket_to_file(const socket_to_file&) = delete;
    socket_to_file& operator=(const socket_to_file&) = delete;
    HOLDFAST_DECL ~socket_to_file();

    /// @param turn held while the file is written, where several threads write it: the kernel lets one do so at a time
    ///        and has the others spin, which took a fifth of the CPU time of a load in eight ranges
    /// Errors: those of the file, as `file::write_at`. `unsupported` has moved nothing.
    HOLDFAST_DECL io_step move(const socket& from, const file& to, std::uint64_t offset, std::uint64_t size,
                               std::mutex* turn = nullptr);

private:
    HOLDFAST_DECL bool open_pipe() noexcept;
    HOLDFAST_DECL void drain(const file& to, std::uint64_t offset, std::size_t size) const;
    HOLDFAST_DECL std::size_t drain_by_hand(const file& to, std::uint64_t offset, std::size_t size) const;

    std::array<int, 2> pipe_{-1, -1};
    std::size_t capacity_ = 0;
};

/// The addresses of a host, in the order in which to try them; an address in digits is its own.
/// Errors: `unavailable` for a name that no one knows, `timed_out`, `cancelled`.
HOLDFAST_DECL std::vector<network_address> look_up(const std::string& host, std::uint16_t port,
                                                   const wait_limits& limits);

/// Runs a look-up that can't be interrupted in a thread of its own, which is left behind where the limits end the
/// wait. Errors: what `search` throws; `timed_out`, `cancelled`.
HOLDFAST_DECL std::vector<network_address> await_look_up(std::function<std::vector<network_address>()> search,
                                                         const std::string& host, const wait_limits& limits);

/// Connects to the first address that answers. The next is tried when one fails, and beside it when it has been
/// silent for 250 ms (RFC 8305). Errors: `unavailable`, `timed_out`, `cancelled`.
/// @param host for messages
HOLDFAST_DECL socket connect_to_any(const std::vector<network_address>& addresses, const std::string& host,
                                    const wait_limits& limits);

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/socket.ipp>
#include <holdfast/detail/impl/socket_connect.ipp>
#include <holdfast/detail/impl/socket_look_up.ipp>
#endif

#endif
