#ifndef HOLDFAST_BENCHMARKS_STAND_IN_STREAM_HPP
#define HOLDFAST_BENCHMARKS_STAND_IN_STREAM_HPP

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace stand_in {

/// The client went away, or sent what nobody should.
struct closed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct free_ssl {
    void operator()(SSL* tls) const { SSL_free(tls); }
};

/// One connection, plain or TLS; owns the descriptor.
class stream {
public:
    stream(int socket, SSL_CTX* context) : socket_(socket) {
        const int yes = 1;
        setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (context == nullptr) return;
        tls_.reset(SSL_new(context));
        SSL_set_fd(tls_.get(), socket_);
        if (SSL_accept(tls_.get()) != 1) {
            ERR_clear_error();
            ::close(socket_);
            throw closed("TLS handshake");
        }
    }
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    ~stream() {
        tls_.reset();
        ::close(socket_);
    }

    std::size_t read_some(char* buffer, std::size_t size) {
        if (tls_) {
            std::size_t done = 0;
            if (SSL_read_ex(tls_.get(), buffer, size, &done) != 1) throw_closed();
            return done;
        }
        const auto done = ::recv(socket_, buffer, size, 0);
        if (done <= 0) throw closed("read");
        return static_cast<std::size_t>(done);
    }

    /// Takes up to `size` bytes off the connection without looking at them: the kernel drops them uncopied.
    std::size_t discard_some(std::uint64_t size) {
        if (tls_) {
            scratch_.resize(std::size_t{256} << 10);
            return read_some(scratch_.data(), static_cast<std::size_t>(std::min<std::uint64_t>(size, scratch_.size())));
        }
        const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(size, std::uint64_t{16} << 20));
        const auto done = ::recv(socket_, nullptr, most, MSG_TRUNC);
        if (done <= 0) throw closed("read");
        return static_cast<std::size_t>(done);
    }

    void write(std::string_view bytes, bool more = false) {
        while (!bytes.empty()) {
            if (tls_) {
                std::size_t done = 0;
                if (SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &done) != 1) throw_closed();
                bytes.remove_prefix(done);
                continue;
            }
            const auto done = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | (more ? MSG_MORE : 0));
            if (done <= 0) throw closed("write");
            bytes.remove_prefix(static_cast<std::size_t>(done));
        }
    }

    /// Sends a part of a file; `mapped` is the whole of it in memory, for TLS.
    void write_file(int file, const char* mapped, std::uint64_t offset, std::uint64_t size) {
        if (tls_) return write({mapped + offset, static_cast<std::size_t>(size)});
        auto position = static_cast<off_t>(offset);
        while (size > 0) {
            const auto done = ::sendfile(socket_, file, &position, static_cast<std::size_t>(size));
            if (done <= 0) throw closed("write");
            size -= static_cast<std::uint64_t>(done);
        }
    }

private:
    [[noreturn]] static void throw_closed() {
        ERR_clear_error();
        throw closed("TLS");
    }

    int socket_;
    std::unique_ptr<SSL, free_ssl> tls_;
    std::vector<char> scratch_;
};

}  // namespace stand_in

#endif
