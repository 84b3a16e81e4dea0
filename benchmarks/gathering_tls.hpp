#ifndef HOLDFAST_BENCHMARKS_GATHERING_TLS_HPP
#define HOLDFAST_BENCHMARKS_GATHERING_TLS_HPP

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include <benchmarks/plain_client.hpp>

namespace limit {

/// A TLS 1.3 client that hands the kernel `gathered` bytes at a time instead of one record.
class tls_connection {
public:
    static constexpr std::size_t gathered = std::size_t{256} << 10;

    tls_connection(int port, const std::string& ca_file) : socket_(connect_to(port)) {
        context_ = SSL_CTX_new(TLS_client_method());
        if (SSL_CTX_load_verify_locations(context_, ca_file.c_str(), nullptr) != 1) throw std::runtime_error(ca_file);
        SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
        tls_ = SSL_new(context_);
        out_ = BIO_new(method());
        BIO_set_data(out_, this);
        BIO_set_init(out_, 1);
        SSL_set_bio(tls_, BIO_new_socket(socket_.get(), BIO_NOCLOSE), out_);
        pending_.reserve(gathered + (std::size_t{32} << 10));
        if (SSL_connect(tls_) != 1) throw std::runtime_error("TLS handshake");
    }
    tls_connection(const tls_connection&) = delete;
    tls_connection& operator=(const tls_connection&) = delete;
    ~tls_connection() {
        SSL_free(tls_);
        SSL_CTX_free(context_);
        BIO_meth_free(method_);
    }

    void send(std::string_view bytes) {
        std::size_t done = 0;
        if (SSL_write_ex(tls_, bytes.data(), bytes.size(), &done) != 1) throw std::runtime_error("SSL_write");
    }

    std::string receive() {
        flush();
        std::string text(std::size_t{16} << 10, '\0');
        std::size_t done = 0;
        if (SSL_read_ex(tls_, text.data(), text.size(), &done) != 1) throw std::runtime_error("SSL_read");
        text.resize(done);
        if (!text.starts_with("HTTP/1.1 2")) throw std::runtime_error(text);
        return text;
    }

private:
    void flush() {
        std::string_view bytes = pending_;
        while (!bytes.empty()) {
            bytes.remove_prefix(static_cast<std::size_t>(
                check(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), "send")));
        }
        pending_.clear();
    }

    BIO_METHOD* method() {
        method_ = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gathering");
        BIO_meth_set_write(method_, [](BIO* self, const char* bytes, int size) {
            auto& owner = *static_cast<tls_connection*>(BIO_get_data(self));
            owner.pending_.append(bytes, static_cast<std::size_t>(size));
            if (owner.pending_.size() >= gathered) owner.flush();
            return size;
        });
        BIO_meth_set_ctrl(method_, [](BIO* self, int command, long, void*) {
            auto& owner = *static_cast<tls_connection*>(BIO_get_data(self));
            if (command != BIO_CTRL_FLUSH) return 0L;
            owner.flush();
            return 1L;
        });
        return method_;
    }

    descriptor socket_;
    SSL_CTX* context_ = nullptr;
    SSL* tls_ = nullptr;
    BIO* out_ = nullptr;
    BIO_METHOD* method_ = nullptr;
    std::string pending_;
};

}  // namespace limit

#endif
