#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_RESPONSE_PARSER_IPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_RESPONSE_PARSER_IPP

#include <holdfast/http/beast_transport/response_parser.hpp>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include <utility>

#include <holdfast/core/error.hpp>

namespace holdfast::http {

class response_parser::state {
public:
    using chunk_text = boost::beast::string_view;

    static constexpr std::uint32_t header_limit = 64U << 10;

    state(bool has_body, std::string name) : host(std::move(name)) {
        parser.header_limit(header_limit);
        parser.body_limit(boost::none);
        parser.skip(!has_body);
        parser.on_chunk_body(on_chunk);
    }

    std::size_t put(bytes input) {
        boost::beast::error_code failure;
        const std::size_t count = parser.put(boost::asio::const_buffer(input.data(), input.size()), failure);
        if (failure && failure != boost::beast::http::error::need_more) fail(failure);
        return count;
    }

    // The parser's own limit is for what it is given at once: of a header in pieces it forgets the fields it has read.
    void check_header(std::size_t more, std::size_t unread) {
        header_size += more;
        if (header_size + (parser.is_header_done() ? 0 : unread) > header_limit) fail_too_large();
    }

    [[noreturn]] void fail(const boost::beast::error_code& why) const {
        if (why == boost::beast::http::error::header_limit) fail_too_large();
        fail(why.message());
    }

    [[noreturn]] void fail_too_large() const {
        throw error(errc::too_large, "receive", host, "the header of the response is larger than 64 KiB");
    }

    [[noreturn]] void fail(const std::string& why) const {
        throw error(errc::unavailable, "receive", host,
                    "the answer is not HTTP that can be understood (" + why + "); check the endpoint and its port");
    }

    const std::string host;
    std::size_t header_size = 0;
    const std::function<void(bytes)>* take = nullptr;
    std::function<std::size_t(std::uint64_t, chunk_text, boost::beast::error_code&)> on_chunk =
        [this](std::uint64_t, chunk_text text, boost::beast::error_code&) {
            (*take)(std::as_bytes(std::span(text.data(), text.size())));
            return text.size();
        };
    boost::beast::http::response_parser<boost::beast::http::empty_body> parser;
};

HOLDFAST_DECL response_parser::response_parser(bool has_body, std::string host)
    : state_(std::make_unique<state>(has_body, std::move(host))) {}

HOLDFAST_DECL response_parser::~response_parser() = default;

HOLDFAST_DECL std::size_t response_parser::read_head(bytes input) {
    const std::size_t count = state_->put(input);
    state_->check_header(count, input.size() - count);
    if (!has_head()) return count;
    const auto& found = state_->parser.get();
    const auto coding = found[boost::beast::http::field::transfer_encoding];
    if (!coding.empty() && !boost::beast::iequals(coding, "chunked")) state_->fail("an unknown transfer encoding");
    return count;
}

HOLDFAST_DECL bool response_parser::has_head() const noexcept {
    return state_->parser.is_header_done();
}

HOLDFAST_DECL unsigned response_parser::status() const noexcept {
    return state_->parser.get().result_int();
}

HOLDFAST_DECL response response_parser::head() const {
    response result;
    result.status = status();
    try {
        for (const auto& one : state_->parser.get()) {
            result.headers.add(std::string(one.name_string()), std::string(one.value()));
        }
    } catch (const error&) {
        state_->fail("a header field with a control character");
    }
    return result;
}

HOLDFAST_DECL framing response_parser::body() const {
    const unsigned code = status();
    if (state_->parser.is_done() || state_->parser.skip() || code == 204 || code == 304) return framing::none;
    if (state_->parser.chunked()) return framing::chunked;
    return state_->parser.content_length() ? framing::length : framing::until_close;
}

HOLDFAST_DECL std::uint64_t response_parser::length() const {
    return state_->parser.content_length().value_or(0);
}

HOLDFAST_DECL bool response_parser::keeps_alive() const {
    return state_->parser.keep_alive();
}

HOLDFAST_DECL std::size_t response_parser::read_chunks(bytes input, const std::function<void(bytes)>& take) {
    constexpr std::size_t shortest_end = 5;  // "0\r\n\r\n"; with less of an empty body's end the parser asserts
    if (input.size() < shortest_end) return 0;
    state_->take = &take;
    state_->parser.eager(true);
    return state_->put(input);
}

HOLDFAST_DECL bool response_parser::has_last_chunk() const noexcept {
    return state_->parser.is_done();
}

}  // namespace holdfast::http

#endif
