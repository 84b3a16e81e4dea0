#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_ANSWER_READER_HPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_ANSWER_READER_HPP

#include <chrono>
#include <optional>

#include <holdfast/detail/config.hpp>
#include <holdfast/http/beast_transport/connection.hpp>
#include <holdfast/http/beast_transport/patience.hpp>
#include <holdfast/http/beast_transport/response_parser.hpp>

namespace holdfast::http {

/// Waits for the header of the final response, past those of 1xx.
/// Errors of every call: as `response_parser` and `patience`; `unavailable` where the connection ends before.
class answer_reader {
public:
    /// @param has_body false for the answer to HEAD and to CONNECT
    answer_reader(connection& from, const patience& waits, bool has_body)
        : from_(from), waits_(waits), has_body_(has_body) {
        parser_.emplace(has_body_, waits_.host());
    }

    /// Takes in what has arrived, without waiting; returns whether the header is complete.
    HOLDFAST_DECL bool look();

    HOLDFAST_DECL void await();

    /// Waits a while for a sign that the body is wanted; returns whether the header is complete instead.
    HOLDFAST_DECL bool await_continue(std::chrono::milliseconds time);

    /// The final response's, once its header is complete.
    response_parser& parser() noexcept { return *parser_; }

private:
    HOLDFAST_DECL bool take_in(const detail::io_step& step);
    HOLDFAST_DECL bool parse();
    HOLDFAST_DECL void pass_over_interim();

    connection& from_;
    const patience& waits_;
    bool has_body_;
    bool has_continue_ = false;
    unsigned interim_ = 0;
    std::optional<response_parser> parser_;
};

}  // namespace holdfast::http

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/http/beast_transport/impl/answer_reader.ipp>
#endif

#endif
