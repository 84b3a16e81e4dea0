#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_REQUEST_SENDER_HPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_REQUEST_SENDER_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <holdfast/core/byte_source.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/http/beast_transport/answer_reader.hpp>
#include <holdfast/http/beast_transport/connection.hpp>
#include <holdfast/http/beast_transport/patience.hpp>
#include <holdfast/http/message.hpp>

namespace holdfast::http {

/// Sends one request and looks out for an early answer.
///
/// Effects: header and small pieces share a call of the system; a large piece of a file goes by sendfile where the
/// stream is the socket's. The last bytes of a file are sent only when it is still what it was. What sendfile passed on
/// is the file's own pages, and a write into them may still reach the server, so `check_success` looks at the file once
/// more: a body that is two states of a file does not count as sent. Of many such files in one request, as in a part of
/// a tar, that holds for the last four; no more are held open.
/// Errors: as `answer_reader`; those of the body.
class request_sender {
public:
    request_sender(connection& to, const patience& waits, answer_reader& answer)
        : to_(to), waits_(waits), answer_(answer) {}

    /// Returns whether all was sent; false where the final answer came before.
    /// @param head the rendered header
    HOLDFAST_DECL bool send(const request& message, const std::string& head, std::chrono::milliseconds continue_time);

    /// Whether an answer of success can be meant for what was sent, whole and as it was described.
    /// Errors: `unavailable` where not all was sent; `precondition_failed` where a file changed that went by sendfile.
    HOLDFAST_DECL void check_success() const;

private:
    struct shared_file {
        std::shared_ptr<const source_file> described;
        detail::file opened;
    };

    HOLDFAST_DECL bool send_source(const byte_source& body);
    HOLDFAST_DECL bool send_stream(const request& message);
    HOLDFAST_DECL bool send_file(const byte_source::file_extent& piece);
    HOLDFAST_DECL bool send_generated(const byte_source::generated_extent& piece);
    HOLDFAST_DECL bool send_file_in_kernel(const detail::file& opened, std::uint64_t offset, std::uint64_t& left);
    HOLDFAST_DECL bool read_file(const byte_source::file_extent& piece, const detail::file& opened, std::uint64_t done);
    HOLDFAST_DECL void keep_for_check(shared_file sent);

    // What is added has to stay as it is until `flush`; `make_room`, ahead of it, flushes where much is gathered, so
    // that something is left for the last flush, which must not ask for more.
    HOLDFAST_DECL bool make_room();
    HOLDFAST_DECL void add(bytes piece);
    HOLDFAST_DECL bool flush(bool more);
    HOLDFAST_DECL bool push(std::vector<bytes>& pieces, bool more);
    HOLDFAST_DECL bool finish();
    HOLDFAST_DECL bool is_wanted();
    HOLDFAST_DECL bool go_on(const detail::io_step& step);

    connection& to_;
    const patience& waits_;
    answer_reader& answer_;
    std::vector<bytes> pieces_;
    std::size_t gathered_ = 0;      // bytes in pieces_
    std::size_t scratch_used_ = 0;  // by pieces_
    std::uint64_t unwatched_ = 0;   // bytes sent since the last look for an answer
    bool is_whole_ = false;
    std::vector<shared_file> shared_files_;  // whose pages the connection may still hold; the oldest first
};

}  // namespace holdfast::http

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/http/beast_transport/impl/request_sender.ipp>
#endif

#endif
