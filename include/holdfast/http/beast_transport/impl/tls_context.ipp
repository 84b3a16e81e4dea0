#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_TLS_CONTEXT_IPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_TLS_CONTEXT_IPP

#include <holdfast/http/beast_transport/tls_stream.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>

#include <holdfast/core/error.hpp>

namespace holdfast::detail {

template <auto Free>
struct openssl_free {
    template <class Object>
    void operator()(Object* object) const noexcept {
        Free(object);
    }
};

using ssl_context_ptr = std::unique_ptr<::SSL_CTX, openssl_free<&::SSL_CTX_free>>;
using ssl_session_ptr = std::unique_ptr<::SSL_SESSION, openssl_free<&::SSL_SESSION_free>>;

// The first reason that OpenSSL gives for what just failed.
inline std::string openssl_reason() {
    const char* reason = ::ERR_reason_error_string(::ERR_peek_error());
    return reason != nullptr ? reason : "no reason is given";
}

HOLDFAST_DECL bool has_aes_instructions() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    return __builtin_cpu_supports("aes") != 0;
#else
    return true;
#endif
}

[[noreturn]] inline void throw_tls_setting(std::string_view file, std::string_view what) {
    throw error(errc::not_configured, "set up TLS", file, std::string(what) + " (" + openssl_reason() + ")");
}

// Sessions by the name of the server that gave them.
class tls_session_cache {
public:
    void put(const std::string& name, ssl_session_ptr session) {
        constexpr std::size_t most = 256;
        const std::lock_guard lock(mutex_);
        if (sessions_.size() >= most && !sessions_.contains(name)) sessions_.clear();
        sessions_[name] = std::move(session);
    }

    ssl_session_ptr find(const std::string& name) {
        const std::lock_guard lock(mutex_);
        const auto found = sessions_.find(name);
        if (found == sessions_.end()) return nullptr;
        ::SSL_SESSION_up_ref(found->second.get());
        return ssl_session_ptr(found->second.get());
    }

private:
    std::mutex mutex_;
    std::map<std::string, ssl_session_ptr> sessions_;
};

// Where the sessions of one connection are kept; OpenSSL is given its address.
struct tls_session_shelf {
    tls_session_cache* cache;
    std::string name;
};

inline int keep_tls_session(::SSL* ssl, ::SSL_SESSION* session) {
    const auto* shelf = static_cast<const tls_session_shelf*>(SSL_get_app_data(ssl));
    try {
        shelf->cache->put(shelf->name, ssl_session_ptr(session));
    } catch (...) {
        // without memory for it the next handshake is a full one; the session is freed already
    }
    return 1;
}

inline int refuse_key_password(char*, int, int, void*) {
    return 0;  // otherwise OpenSSL asks at the terminal
}

inline void set_tls_protocol(::SSL_CTX* context) {
    constexpr long read_buffer = 256L << 10;
    const bool aes = has_aes_instructions();  // AES-256 first, as OpenSSL has it, costs a third more
    ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    ::SSL_CTX_set_ciphersuites(context,
                               aes ? "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
                                   : "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384");
    ::SSL_CTX_set_cipher_list(context, aes ? "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20:DEFAULT"
                                           : "ECDHE+CHACHA20:ECDHE+AESGCM:DEFAULT");
    ::SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    ::SSL_CTX_set_read_ahead(context, 1);
    ::SSL_CTX_set_default_read_buffer_len(context, read_buffer);
    ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    ::SSL_CTX_sess_set_new_cb(context, &keep_tls_session);
}

inline void set_tls_trust(::SSL_CTX* context, const http::tls_options& options) {
    ::SSL_CTX_set_verify(context, options.verify_certificate ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    if (!options.verify_certificate) return;
    const std::string& bundle = options.ca_bundle;
    std::error_code failure;
    const bool is_directory = std::filesystem::is_directory(bundle, failure);
    const int ok = bundle.empty() ? ::SSL_CTX_set_default_verify_paths(context)
                   : is_directory ? ::SSL_CTX_load_verify_dir(context, bundle.c_str())
                                  : ::SSL_CTX_load_verify_file(context, bundle.c_str());
    if (ok != 1) throw_tls_setting(bundle, "the CA bundle can't be used; name a PEM file or a hashed directory");
}

inline void set_client_certificate(::SSL_CTX* context, const http::tls_options& options) {
    const std::string& certificate = options.client_certificate;
    if (certificate.empty()) return;
    const std::string& key = options.client_key.empty() ? certificate : options.client_key;
    ::SSL_CTX_set_default_passwd_cb(context, &refuse_key_password);
    if (::SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
        throw_tls_setting(certificate, "the client certificate can't be used; name a PEM file");
    }
    if (::SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        ::SSL_CTX_check_private_key(context) != 1) {
        throw_tls_setting(key,
                          "the client key can't be used; name the PEM file, without a password, that belongs to "
                          "the client certificate");
    }
}

}  // namespace holdfast::detail

namespace holdfast::http {

class tls_context::state {
public:
    explicit state(const tls_options& options)
        : context(::SSL_CTX_new(::TLS_client_method())), is_verifying(options.verify_certificate) {
        ::ERR_clear_error();
        if (!context) detail::throw_tls_setting("", "OpenSSL can't be set up");
        detail::set_tls_protocol(context.get());
        detail::set_tls_trust(context.get(), options);
        detail::set_client_certificate(context.get(), options);
    }

    const detail::ssl_context_ptr context;
    const bool is_verifying;
    detail::tls_session_cache sessions;
};

HOLDFAST_DECL tls_context::tls_context(const tls_options& options) : state_(std::make_shared<state>(options)) {}

}  // namespace holdfast::http

#endif
