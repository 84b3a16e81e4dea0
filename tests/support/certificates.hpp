#ifndef HOLDFAST_TESTS_SUPPORT_CERTIFICATES_HPP
#define HOLDFAST_TESTS_SUPPORT_CERTIFICATES_HPP

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace testing_support {

template <auto Free>
struct freed_by {
    template <class Object>
    void operator()(Object* object) const noexcept {
        Free(object);
    }
};

using x509_ptr = std::unique_ptr<::X509, freed_by<&::X509_free>>;
using key_ptr = std::unique_ptr<::EVP_PKEY, freed_by<&::EVP_PKEY_free>>;
using tls_context_ptr = std::unique_ptr<::SSL_CTX, freed_by<&::SSL_CTX_free>>;

/// A certificate and its key in PEM.
struct identity {
    std::string certificate;
    std::string key;
};

struct certificate_wish {
    std::string alternative_names = "DNS:localhost,IP:127.0.0.1";  ///< as OpenSSL's configuration writes them
    long valid_from = -3600;                                       ///< seconds from now
    long valid_until = 3600;
};

/// Signs certificates that only those trust who have its own.
class certificate_authority {
public:
    certificate_authority() : key_(new_key()), certificate_(new_certificate("CA of a test", *key_, {})) {
        extend(*certificate_, *certificate_, NID_basic_constraints, "critical,CA:TRUE");
        ::X509_set_issuer_name(certificate_.get(), ::X509_get_subject_name(certificate_.get()));
        ::X509_sign(certificate_.get(), key_.get(), ::EVP_sha256());
    }

    std::string pem() const { return pem_of(*certificate_); }

    identity issue(const certificate_wish& wish = {}) const {
        const key_ptr key = new_key();
        const x509_ptr certificate = new_certificate("leaf of a test", *key, wish);
        ::X509_set_issuer_name(certificate.get(), ::X509_get_subject_name(certificate_.get()));
        extend(*certificate, *certificate_, NID_subject_alt_name, wish.alternative_names);
        ::X509_sign(certificate.get(), key_.get(), ::EVP_sha256());
        return {pem_of(*certificate), pem_of(*key)};
    }

    /// Signed by its own key.
    static identity self_signed(const certificate_wish& wish = {}) {
        const key_ptr key = new_key();
        const x509_ptr certificate = new_certificate("alone", *key, wish);
        ::X509_set_issuer_name(certificate.get(), ::X509_get_subject_name(certificate.get()));
        extend(*certificate, *certificate, NID_subject_alt_name, wish.alternative_names);
        ::X509_sign(certificate.get(), key.get(), ::EVP_sha256());
        return {pem_of(*certificate), pem_of(*key)};
    }

private:
    static key_ptr new_key() { return key_ptr(::EVP_EC_gen("P-256")); }

    static x509_ptr new_certificate(const std::string& name, ::EVP_PKEY& key, const certificate_wish& wish) {
        x509_ptr result(::X509_new());
        ::X509_set_version(result.get(), X509_VERSION_3);
        ::ASN1_INTEGER_set_uint64(::X509_get_serialNumber(result.get()), reinterpret_cast<std::uintptr_t>(&key) | 1U);
        ::X509_gmtime_adj(::X509_getm_notBefore(result.get()), wish.valid_from);
        ::X509_gmtime_adj(::X509_getm_notAfter(result.get()), wish.valid_until);
        ::X509_set_pubkey(result.get(), &key);
        ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(result.get()), "CN", MBSTRING_ASC,
                                     reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
        return result;
    }

    static void extend(::X509& certificate, ::X509& issuer, int what, const std::string& value) {
        ::X509V3_CTX context{};
        X509V3_set_ctx_nodb(&context);
        ::X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
        ::X509_EXTENSION* extension = ::X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
        ::X509_add_ext(&certificate, extension, -1);
        ::X509_EXTENSION_free(extension);
    }

    static std::string text_of(::BIO& memory) {
        char* data = nullptr;
        const long size = BIO_get_mem_data(&memory, &data);
        return std::string(data, static_cast<std::size_t>(size));
    }

    static std::string pem_of(::X509& certificate) {
        const std::unique_ptr<::BIO, freed_by<&::BIO_free>> memory(::BIO_new(::BIO_s_mem()));
        ::PEM_write_bio_X509(memory.get(), &certificate);
        return text_of(*memory);
    }

    static std::string pem_of(::EVP_PKEY& key) {
        const std::unique_ptr<::BIO, freed_by<&::BIO_free>> memory(::BIO_new(::BIO_s_mem()));
        ::PEM_write_bio_PrivateKey(memory.get(), &key, nullptr, nullptr, 0, nullptr, nullptr);
        return text_of(*memory);
    }

    key_ptr key_;
    x509_ptr certificate_;
};

struct tls_server_wish {
    int newest = 0;              ///< TLS version; 0: any
    bool is_weak = false;        ///< TLS 1.1 and older only
    std::string client_ca = {};  ///< PEM; clients have to show a certificate that it signed
};

/// The server's side of TLS with a certificate.
inline tls_context_ptr make_server_tls(const identity& who, const tls_server_wish& wish = {}) {
    tls_context_ptr context(::SSL_CTX_new(::TLS_server_method()));
    const auto read = [](const std::string& pem) {
        return std::unique_ptr<::BIO, freed_by<&::BIO_free>>(
            ::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    };
    const x509_ptr certificate(::PEM_read_bio_X509(read(who.certificate).get(), nullptr, nullptr, nullptr));
    const key_ptr key(::PEM_read_bio_PrivateKey(read(who.key).get(), nullptr, nullptr, nullptr));
    if (::SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
        ::SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
        throw std::runtime_error("the server's certificate can't be used");
    }
    if (wish.newest != 0) ::SSL_CTX_set_max_proto_version(context.get(), wish.newest);
    if (wish.is_weak) {
        ::SSL_CTX_set_cipher_list(context.get(), "DEFAULT:@SECLEVEL=0");
        ::SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
        ::SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
    }
    if (!wish.client_ca.empty()) {
        ::X509_STORE* trusted = ::X509_STORE_new();
        const x509_ptr ca(::PEM_read_bio_X509(read(wish.client_ca).get(), nullptr, nullptr, nullptr));
        ::X509_STORE_add_cert(trusted, ca.get());
        ::SSL_CTX_set1_verify_cert_store(context.get(), trusted);
        ::X509_STORE_free(trusted);
        ::SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    constexpr unsigned char name[] = "tests";
    ::SSL_CTX_set_session_id_context(context.get(), name, sizeof(name) - 1);
    return context;
}

}  // namespace testing_support

#endif
