// An S3 server at memory speed, for benchmarks: bodies are dropped in the kernel and served from one warm buffer.
// Usage: stand_in [--port N] [--certificate FILE --key FILE] [--log]
// Prints the port on standard output, then serves until it is killed.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <benchmarks/stand_in/request.hpp>
#include <benchmarks/stand_in/service.hpp>
#include <benchmarks/stand_in/stream.hpp>

namespace {

using namespace stand_in;

struct settings {
    int port = 0;
    std::string certificate;
    std::string key;
    bool log = false;
};

settings parse_arguments(int count, char** values) {
    settings parsed;
    for (int i = 1; i < count; ++i) {
        const std::string_view name = values[i];
        const char* const value = i + 1 < count ? values[i + 1] : "";
        if (name == "--log") {
            parsed.log = true;
            continue;
        }
        if (name == "--port") {
            parsed.port = std::atoi(value);
        } else if (name == "--certificate") {
            parsed.certificate = value;
        } else if (name == "--key") {
            parsed.key = value;
        } else {
            std::fprintf(stderr, "usage: stand_in [--port N] [--certificate FILE --key FILE] [--log]\n");
            std::exit(2);
        }
        ++i;
    }
    return parsed;
}

SSL_CTX* make_context(const settings& chosen) {
    if (chosen.certificate.empty()) return nullptr;
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384");
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, std::size_t{64} << 10);
    if (SSL_CTX_use_certificate_chain_file(context, chosen.certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, chosen.key.c_str(), SSL_FILETYPE_PEM) != 1) {
        std::fprintf(stderr, "stand_in: the certificate or its key can't be read\n");
        std::exit(1);
    }
    return context;
}

const char* reason(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 404:
            return "Not Found";
        case 412:
            return "Precondition Failed";
        case 416:
            return "Requested Range Not Satisfiable";
        default:
            return "Error";
    }
}

void send(stream& to, const service& from, const request& message, const answer& what) {
    const auto size = what.content ? what.size : what.text.size();
    std::string head = "HTTP/1.1 " + std::to_string(what.status) + " " + reason(what.status) + "\r\n";
    for (const auto& [name, value] : what.headers) head.append(name).append(": ").append(value).append("\r\n");
    if (what.status != 204) head.append("Content-Length: ").append(std::to_string(size)).append("\r\n");
    head.append("Date: ").append(date(std::chrono::system_clock::now(), "%a, %d %b %Y %H:%M:%S GMT"));
    head.append("\r\nServer: stand-in\r\nx-amz-request-id: 0\r\n\r\n");
    const bool with_body = message.method != "HEAD" && size > 0;
    if (with_body && !what.content) head += what.text;
    to.write(head, with_body && what.content);
    if (with_body && what.content) from.send(to, what, message.path);
}

void serve(service& all, stream& connection, bool log) {
    raw_input input(connection);
    for (bool counted = false;;) {
        const auto message = parse(input.until("\r\n\r\n"));
        if (!counted && !message.path.starts_with("_stand_in/")) {
            all.count_connection();
            counted = true;
        }
        if (lower(message.header("expect")) == "100-continue") connection.write("HTTP/1.1 100 Continue\r\n\r\n");
        body content(message, input);
        const auto result = all.respond(message, content);
        if (log) {
            std::fprintf(stderr, "%s /%s", message.method.c_str(), message.path.c_str());
            for (const auto& [name, value] : message.query) std::fprintf(stderr, " %s=%s", name.c_str(), value.c_str());
            std::fprintf(stderr, " -> %d, body %s\n", result.status, message.header("content-length").c_str());
        }
        if (counted && all.delay().count() > 0) std::this_thread::sleep_for(all.delay());
        send(connection, all, message, result);
        if (lower(message.header("connection")) == "close") return;
    }
}

int listen_on(int port) {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 512) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        std::perror("stand_in: listen");
        std::exit(1);
    }
    std::printf("%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return listener;
}

}  // namespace

int main(int count, char** values) {
    std::signal(SIGPIPE, SIG_IGN);
    const auto chosen = parse_arguments(count, values);
    SSL_CTX* const context = make_context(chosen);
    service all;
    const int listener = listen_on(chosen.port);
    for (;;) {
        const int socket = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) continue;
        std::thread([&all, socket, context, log = chosen.log] {
            try {
                stream connection(socket, context);
                serve(all, connection, log);
            } catch (const closed&) {
            } catch (const std::exception& failure) {
                std::fprintf(stderr, "stand_in: %s\n", failure.what());
            }
        }).detach();
    }
}
