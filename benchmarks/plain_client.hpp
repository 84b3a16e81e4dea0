#ifndef HOLDFAST_BENCHMARKS_PLAIN_CLIENT_HPP
#define HOLDFAST_BENCHMARKS_PLAIN_CLIENT_HPP

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

// The least code that speaks HTTP to the stand-in: what a real client is measured against.
namespace limit {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

template <class Number>
Number check(Number result, const char* what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
}

class descriptor {
public:
    explicit descriptor(int number) : number_(number) {}
    descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    descriptor& operator=(descriptor&&) = delete;
    ~descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int get() const noexcept { return number_; }

private:
    int number_;
};

inline descriptor open_file(const std::string& path) {
    return descriptor(check(::open(path.c_str(), O_RDONLY | O_CLOEXEC), path.c_str()));
}

inline descriptor create_file(const std::string& path) {
    return descriptor(check(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666), path.c_str()));
}

inline std::uint64_t size_of(const descriptor& file) {
    struct stat status {};
    check(::fstat(file.get(), &status), "fstat");
    return static_cast<std::uint64_t>(status.st_size);
}

inline descriptor connect_to(int port) {
    descriptor socket(check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
    const int yes = 1;
    check(::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes), "setsockopt");
    return socket;
}

inline std::string head(std::string_view method, std::string_view target, std::uint64_t size,
                        std::string_view more = {}) {
    std::string text;
    text.append(method).append(" /").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n").append(more);
    if (method == "PUT" || method == "POST")
        text.append("Content-Length: ").append(std::to_string(size)).append("\r\n");
    return text.append("\r\n");
}

/// An answer whose body is what of it came with the header, and `left` bytes more.
struct answer {
    std::string header;
    std::string body;
    std::uint64_t left = 0;
};

class plain_connection {
public:
    explicit plain_connection(int port) : socket_(connect_to(port)) {}

    int socket() const noexcept { return socket_.get(); }

    void send(std::string_view bytes, bool more = false) const {
        while (!bytes.empty()) {
            const auto done = check(::send(socket_.get(), bytes.data(), bytes.size(), more ? MSG_MORE : 0), "send");
            bytes.remove_prefix(static_cast<std::size_t>(done));
        }
    }

    void send_file(const descriptor& file, std::uint64_t offset, std::uint64_t size) const {
        auto position = static_cast<off_t>(offset);
        while (size > 0) {
            const auto done = check(::sendfile(socket_.get(), file.get(), &position, size), "sendfile");
            if (done == 0) throw std::runtime_error("the file shrank");
            size -= static_cast<std::uint64_t>(done);
        }
    }

    /// @param room how much may be read beyond the header
    answer receive_head(std::size_t room = std::size_t{16} << 10) const {
        answer result;
        std::string text;
        std::size_t end = std::string::npos;
        while (end == std::string::npos) {
            const auto before = text.size();
            text.resize(before + room);
            const auto done = check(::recv(socket_.get(), text.data() + before, room, 0), "recv");
            if (done == 0) throw std::runtime_error("the server closed the connection");
            text.resize(before + static_cast<std::size_t>(done));
            end = text.find("\r\n\r\n");
        }
        result.header = text.substr(0, end + 2);
        result.body = text.substr(end + 4);
        if (result.header.size() < 10 || result.header[9] != '2') throw std::runtime_error(result.header);
        const auto length = result.header.find("Content-Length: ");
        const auto size = length == std::string::npos ? 0 : std::stoull(result.header.substr(length + 16));
        result.left = size - result.body.size();
        return result;
    }

    answer receive() const {
        auto result = receive_head();
        const auto have = result.body.size();
        result.body.resize(have + result.left);
        for (auto at = result.body.data() + have; result.left > 0;) {
            const auto done = check(::recv(socket_.get(), at, result.left, 0), "recv");
            if (done == 0) throw std::runtime_error("the server closed the connection");
            at += done;
            result.left -= static_cast<std::uint64_t>(done);
        }
        return result;
    }

    answer exchange(std::string_view method, std::string_view target, std::string_view body = {}) const {
        send(head(method, target, body.size()) + std::string(body));
        return receive();
    }

private:
    descriptor socket_;
};

}  // namespace limit

#endif
