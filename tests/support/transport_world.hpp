#ifndef HOLDFAST_TESTS_SUPPORT_TRANSPORT_WORLD_HPP
#define HOLDFAST_TESTS_SUPPORT_TRANSPORT_WORLD_HPP

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/http/beast_transport.hpp>
#include <tests/support/certificates.hpp>
#include <tests/support/http_server.hpp>

namespace testing_support {

using namespace holdfast;

/// What a transport and its server need: certificates, and a directory of their own.
struct transport_world {
    detail::temp_directory directory;
    certificate_authority authority;
    tls_context_ptr tls = make_server_tls(authority.issue());

    std::filesystem::path write_file(const std::string& name, std::string_view content) const {
        const auto path = directory.path() / name;
        std::ofstream(path, std::ios::binary) << content;
        return path;
    }

    /// The default options for these certificates.
    http::transport_options options() const {
        http::transport_options result;
        result.ca_bundle = write_file("ca.pem", authority.pem()).string();
        return result;
    }

    ::SSL_CTX* tls_if(bool wanted) const { return wanted ? tls.get() : nullptr; }
};

/// Bytes without a period that a lost or doubled block would hide in.
inline std::string noise(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 1;
    for (char& c : text) {
        state = state * 1664525 + 1013904223;
        c = static_cast<char>(state >> 24);
    }
    return text;
}

inline http::request get(const http::origin& server, std::string target = "/") {
    http::request message;
    message.server = server;
    message.target = std::move(target);
    return message;
}

inline http::request put(const http::origin& server, byte_source body) {
    http::request message = get(server);
    message.method = "PUT";
    message.body = std::move(body);
    return message;
}

}  // namespace testing_support

#endif
