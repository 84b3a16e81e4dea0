#ifndef HOLDFAST_HTTP_MESSAGE_HPP
#define HOLDFAST_HTTP_MESSAGE_HPP

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/byte_stream.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

/// A host's name as certificates, SNI and lists of hosts have it: the dot that ends a full name is for DNS alone.
constexpr std::string_view without_dot_at_end(std::string_view name) noexcept {
    return name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
}

}  // namespace holdfast::detail

namespace holdfast::http {

/// Who is spoken to: what a connection is made to, and may be used again for.
struct origin {
    bool tls = true;
    std::string host;  ///< lower case; an IPv6 address without its brackets
    std::uint16_t port = 443;

    /// The Host header: with the port where it is not the scheme's own, an IPv6 address in brackets.
    HOLDFAST_DECL std::string host_header() const;

    friend auto operator<=>(const origin&, const origin&) = default;
};

/// An "http:" or "https:" URL in its two halves.
struct url {
    origin server;
    std::string target = "/";  ///< path and query, as they are sent

    /// An empty path becomes "/"; nothing else of the target is changed.
    /// Errors: `invalid_argument` for another scheme, credentials, a missing host, a wrong port, a fragment, and any
    /// character that is not printable ASCII. The error never holds the text.
    HOLDFAST_DECL static url parse(std::string_view text);
};

/// Header fields in the order in which they were added; names are compared without regard to case.
class fields {
public:
    using field = std::pair<std::string, std::string>;

    /// Errors: `invalid_argument` for a name that is no token, or a value with a control character other than a tab.
    HOLDFAST_DECL void add(std::string name, std::string value);

    /// Replaces every field of that name, where the first of them stands. Errors: as `add`.
    HOLDFAST_DECL void set(std::string name, std::string value);

    HOLDFAST_DECL void erase(std::string_view name);

    /// The value of the first field of that name; null where there is none.
    HOLDFAST_DECL const std::string* find(std::string_view name) const noexcept;

    auto begin() const noexcept { return fields_.begin(); }
    auto end() const noexcept { return fields_.end(); }

private:
    HOLDFAST_DECL void append(field added);

    std::vector<field> fields_;
};

/// One request. Host, Content-Length, Transfer-Encoding, Connection and Expect are the transport's to write.
struct request {
    std::string method = "GET";
    origin server;
    std::string target = "/";  ///< path and query, percent-encoded, sent as it stands
    fields headers;
    byte_source body;
    byte_stream stream = {};               ///< when set, the body, sent chunked; `body` is then empty
    std::function<fields()> trailer = {};  ///< with `stream`: what follows the last chunk
    bool expect_continue = false;          ///< wait a moment for "100 Continue" before the body is sent
    bool direct = false;                   ///< never through a proxy
};

/// One response.
struct response {
    unsigned status = 0;
    fields headers;
    std::string text;  ///< the body, where no sink took it
};

}  // namespace holdfast::http

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/http/impl/message.ipp>
#endif

#endif
