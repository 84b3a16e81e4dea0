#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_RESPONSE_PARSER_HPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_RESPONSE_PARSER_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <holdfast/detail/config.hpp>
#include <holdfast/http/beast_transport/stream.hpp>
#include <holdfast/http/message.hpp>

namespace holdfast::http {

/// How a body ends.
enum class framing { none, length, chunked, until_close };

/// The header and the chunks of one response, by Boost.Beast. Bytes in, values out.
/// Errors of every call: `unavailable` for what is no HTTP/1.x or contradicts itself, `too_large` for a header
/// beyond 64 KiB.
class response_parser {
public:
    /// @param has_body false for the answer to HEAD and to CONNECT
    /// @param host for messages
    HOLDFAST_DECL response_parser(bool has_body, std::string host);
    HOLDFAST_DECL ~response_parser();

    /// Takes bytes up to the end of the header; returns how many. What it leaves comes first the next time.
    HOLDFAST_DECL std::size_t read_head(bytes input);

    HOLDFAST_DECL bool has_head() const noexcept;
    HOLDFAST_DECL unsigned status() const noexcept;
    HOLDFAST_DECL response head() const;
    HOLDFAST_DECL framing body() const;
    HOLDFAST_DECL std::uint64_t length() const;
    HOLDFAST_DECL bool keeps_alive() const;

    /// Takes bytes of a chunked body and passes on what they hold; returns how many it took.
    HOLDFAST_DECL std::size_t read_chunks(bytes input, const std::function<void(bytes)>& take);

    /// Whether the last chunk and the trailer were read.
    HOLDFAST_DECL bool has_last_chunk() const noexcept;

private:
    class state;
    std::unique_ptr<state> state_;
};

}  // namespace holdfast::http

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/http/beast_transport/impl/response_parser.ipp>
#endif

#endif
