#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_BODY_READER_HPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_BODY_READER_HPP

#include <cstdint>

#include <holdfast/detail/config.hpp>
#include <holdfast/http/beast_transport/connection.hpp>
#include <holdfast/http/beast_transport/patience.hpp>
#include <holdfast/http/beast_transport/response_parser.hpp>
#include <holdfast/http/transport.hpp>

namespace holdfast::http {

/// Takes the body of one response to where it goes.
///
/// Errors: `unavailable` for a body that is cut off, `too_large` for a text beyond the limit; as `patience` and
/// `response_parser`; those of the sink.
class body_reader {
public:
    body_reader(connection& from, const patience& waits, const exchange_options& options, response& answer)
        : from_(from), waits_(waits), options_(options), answer_(answer) {}

    HOLDFAST_DECL void read(response_parser& parser);

private:
    HOLDFAST_DECL void read_length(std::uint64_t length);
    HOLDFAST_DECL bool read_into_file(std::uint64_t length);
    HOLDFAST_DECL void read_chunks(response_parser& parser);
    HOLDFAST_DECL void read_until_close();
    HOLDFAST_DECL void take(bytes data);
    HOLDFAST_DECL void count_taken(std::uint64_t count) noexcept;
    HOLDFAST_DECL void check_text_size(std::uint64_t size) const;
    [[noreturn]] HOLDFAST_DECL void throw_cut_off(const detail::io_step& how, std::uint64_t length) const;

    connection& from_;
    const patience& waits_;
    const exchange_options& options_;
    response& answer_;
    body_destination target_;
    std::uint64_t taken_ = 0;
};

}  // namespace holdfast::http

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/http/beast_transport/impl/body_reader.ipp>
#endif

#endif
