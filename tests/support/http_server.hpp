#ifndef HOLDFAST_TESTS_SUPPORT_HTTP_SERVER_HPP
#define HOLDFAST_TESTS_SUPPORT_HTTP_SERVER_HPP

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <holdfast/detail/ascii.hpp>
#include <holdfast/http/message.hpp>
#include <tests/support/certificates.hpp>

namespace testing_support {

/// The client went away.
struct peer_gone {};

/// A request as it came over the wire.
struct wire_request {
    std::string head;  ///< with the empty line
    std::string body;  ///< without the chunks' frames

    /// Fields after the last chunk, as they came.
    std::string trailer = {};

    std::string method() const { return head.substr(0, head.find(' ')); }
    std::string target() const {
        const std::size_t begin = head.find(' ') + 1;
        return head.substr(begin, head.find(' ', begin) - begin);
    }
    std::optional<std::string> header(std::string_view name) const {
        for (std::size_t at = head.find("\r\n"); at != std::string::npos && at + 2 < head.size();) {
            const std::size_t begin = at + 2;
            at = head.find("\r\n", begin);
            const std::string_view line = std::string_view(head).substr(begin, at - begin);
            const std::size_t colon = line.find(':');
            if (colon != std::string_view::npos &&
                holdfast::detail::equals_ignoring_ascii_case(line.substr(0, colon), name)) {
                return std::string(line.substr(line.find_first_not_of(' ', colon + 1)));
            }
        }
        return std::nullopt;
    }
};

/// One connection on the server's side, in blocking calls. Every call throws `peer_gone` where the client is gone.
class peer {
public:
    peer(int descriptor, std::size_t number) : descriptor_(descriptor), number_(number) {}
    peer(const peer&) = delete;
    peer& operator=(const peer&) = delete;
    ~peer() { ::close(descriptor_); }

    /// The first connection is number 0.
    std::size_t number() const noexcept { return number_; }

    /// Speaks TLS from here on, inside the TLS that is spoken already, where it is.
    void start_tls(::SSL_CTX& context) {
        ::SSL* const added = layers_.emplace_back(::SSL_new(&context)).get();
        ::SSL_set_bio(added, ::BIO_new(::BIO_s_mem()), ::BIO_new(::BIO_s_mem()));
        ::SSL_set_accept_state(added);
        run_tls(layers_.size(), [&] { return ::SSL_do_handshake(added); });
    }
    bool is_resumed() const { return ::SSL_session_reused(layers_.back().get()) == 1; }
    std::string cipher() const { return ::SSL_get_cipher_name(layers_.back().get()); }
    std::string server_name() const {
        const char* name = ::SSL_get_servername(layers_.back().get(), TLSEXT_NAMETYPE_host_name);
        return name != nullptr ? name : "";
    }

    /// Some bytes, at least one.
    std::string read_some() {
        std::string data = std::move(unread_);
        unread_.clear();
        if (!data.empty()) return data;
        data.resize(65536);
        data.resize(receive(layers_.size(), data.data(), data.size()));
        return data;
    }

    std::string read_exactly(std::size_t size) {
        std::string data;
        while (data.size() < size) data += read_some();
        unread_ = data.substr(size);
        data.resize(size);
        return data;
    }

    std::string read_until(std::string_view end) {
        std::string data;
        std::size_t at = std::string::npos;
        while ((at = data.find(end)) == std::string::npos) data += read_some();
        unread_ = data.substr(at + end.size());
        data.resize(at + end.size());
        return data;
    }

    /// The header of the next request; the body stays to be read.
    wire_request read_head() { return {.head = read_until("\r\n\r\n"), .body = {}}; }

    void read_body(wire_request& request) {
        if (request.header("Transfer-Encoding")) return read_chunks(request);
        if (const auto length = request.header("Content-Length")) request.body = read_exactly(std::stoull(*length));
    }

    wire_request read_request() {
        wire_request request = read_head();
        read_body(request);
        return request;
    }

    void write(std::string_view data) { send(layers_.size(), data); }

    void write_bytewise(std::string_view data) {
        for (const char& one : data) write({&one, 1});
    }

    /// An orderly end, with TLS's own where there is TLS.
    void close() {
        if (!layers_.empty()) {
            ::SSL_shutdown(layers_.back().get());
            flush_tls(layers_.size());
        }
        ::shutdown(descriptor_, SHUT_WR);
    }

    /// Ends at once: the client sees a reset.
    void reset() {
        struct ::sockaddr nowhere {};
        nowhere.sa_family = AF_UNSPEC;
        ::connect(descriptor_, &nowhere, sizeof(nowhere));
    }

    /// Reads all there is and waits until the client is gone or the server is destroyed.
    void wait_for_end() {
        try {
            for (;;) read_some();
        } catch (const peer_gone&) {
        }
    }

    /// Reads nothing and waits until the client is gone or the server is destroyed.
    void wait_for_cut() const {
        struct ::pollfd watched {
            .fd = descriptor_, .events = POLLRDHUP, .revents = 0
        };
        while (::poll(&watched, 1, -1) < 0) {
        }
    }

private:
    friend class http_server;

    void wake() noexcept { ::shutdown(descriptor_, SHUT_RDWR); }

    // Level 0 is the socket, level n the n-th TLS above it.
    std::size_t receive(std::size_t level, char* data, std::size_t size) {
        if (level > 0) {
            return run_tls(level, [&] { return ::SSL_read(ssl(level), data, static_cast<int>(size)); });
        }
        const ::ssize_t count = ::recv(descriptor_, data, size, 0);
        if (count <= 0) throw peer_gone();
        return static_cast<std::size_t>(count);
    }

    void send(std::size_t level, std::string_view data) {
        while (!data.empty()) data.remove_prefix(send_some(level, data));
    }

    std::size_t send_some(std::size_t level, std::string_view data) {
        if (level > 0) {
            return run_tls(level, [&] { return ::SSL_write(ssl(level), data.data(), static_cast<int>(data.size())); });
        }
        const ::ssize_t count = ::send(descriptor_, data.data(), data.size(), MSG_NOSIGNAL);
        if (count <= 0) throw peer_gone();
        return static_cast<std::size_t>(count);
    }

    ::SSL* ssl(std::size_t level) const { return layers_[level - 1].get(); }

    void flush_tls(std::size_t level) {
        char* data = nullptr;
        const long size = BIO_get_mem_data(::SSL_get_wbio(ssl(level)), &data);
        const std::string text(data, static_cast<std::size_t>(size));
        static_cast<void>(BIO_reset(::SSL_get_wbio(ssl(level))));
        send(level - 1, text);
    }

    template <class Call>
    std::size_t run_tls(std::size_t level, Call call) {
        for (;;) {
            ::ERR_clear_error();
            const int result = call();
            const int why = ::SSL_get_error(ssl(level), result);
            flush_tls(level);
            if (result > 0) return static_cast<std::size_t>(result);
            if (why != SSL_ERROR_WANT_READ) throw peer_gone();
            std::array<char, 65536> buffer;
            const std::size_t count = receive(level - 1, buffer.data(), buffer.size());
            ::BIO_write(::SSL_get_rbio(ssl(level)), buffer.data(), static_cast<int>(count));
        }
    }

    void read_chunks(wire_request& request) {
        for (;;) {
            const std::string line = read_until("\r\n");
            std::size_t size = 0;
            std::from_chars(line.data(), line.data() + line.size(), size, 16);
            if (size == 0) break;
            request.body += read_exactly(size);
            read_exactly(2);
        }
        for (std::string line; (line = read_until("\r\n")) != "\r\n";) request.trailer += line;
    }

    const int descriptor_;
    const std::size_t number_;
    std::vector<std::unique_ptr<::SSL, freed_by<&::SSL_free>>> layers_;
    std::string unread_;
};

/// A server on 127.0.0.1 that runs a script for every connection, in a thread of its own. Its end ends them.
class http_server {
public:
    using script = std::function<void(peer&)>;

    /// @param tls null: plain HTTP; has to outlive the server
    explicit http_server(script run, ::SSL_CTX* tls = nullptr) : script_(std::move(run)), tls_(tls) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct ::sockaddr_in address {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::socklen_t size = sizeof(address);
        auto* const where = reinterpret_cast<struct ::sockaddr*>(&address);
        if (::bind(listener_, where, size) != 0 || ::listen(listener_, 64) != 0 ||
            ::getsockname(listener_, where, &size) != 0) {
            throw std::runtime_error("no port to listen at");
        }
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept_all(); });
    }
    http_server(const http_server&) = delete;
    http_server& operator=(const http_server&) = delete;
    ~http_server() {
        is_over_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        ::close(listener_);
        {
            const std::lock_guard lock(mutex_);
            for (auto& one : sessions_) {
                if (one.client) one.client->wake();
            }
        }
        for (auto& one : sessions_) one.runner.join();
    }

    /// Answers every request on every connection with what a function makes of it: a whole response.
    static script answering(std::function<std::string(const wire_request&)> answer) {
        return [answer = std::move(answer)](peer& client) {
            for (;;) client.write(answer(client.read_request()));
        };
    }

    holdfast::http::origin origin(std::string host = "127.0.0.1") const {
        return {.tls = tls_ != nullptr, .host = std::move(host), .port = port_};
    }

    /// How many connections there were.
    std::size_t accepted() const {
        const std::lock_guard lock(mutex_);
        return sessions_.size();
    }

private:
    struct session {
        std::unique_ptr<peer> client;
        std::thread runner;
    };

    void accept_all() {
        for (;;) {
            const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (descriptor < 0 && errno == EINTR) continue;
            if (descriptor < 0 || is_over_) {
                if (descriptor >= 0) ::close(descriptor);
                return;
            }
            const int on = 1;
            ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
            const std::lock_guard lock(mutex_);
            session& added = sessions_.emplace_back();
            added.client = std::make_unique<peer>(descriptor, sessions_.size() - 1);
            added.runner = std::thread([this, &added] { run(added); });
        }
    }

    void run(session& one) {
        peer* client = nullptr;
        {
            const std::lock_guard lock(mutex_);
            client = one.client.get();
        }
        try {
            if (tls_ != nullptr) client->start_tls(*tls_);
            script_(*client);
        } catch (const peer_gone&) {
        }
        const std::lock_guard lock(mutex_);
        one.client.reset();
    }

    script script_;
    ::SSL_CTX* tls_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> is_over_ = false;
    mutable std::mutex mutex_;
    std::list<session> sessions_;
    std::thread acceptor_;
};

/// A whole response with a body of known length.
inline std::string response_text(std::string_view status, std::string_view body, std::string_view fields = "") {
    return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(fields) + "\r\n" + std::string(body);
}

}  // namespace testing_support

#endif
