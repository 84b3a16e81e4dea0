#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_REQUEST_SENDER_IPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_REQUEST_SENDER_IPP

#include <holdfast/http/beast_transport/request_sender.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>
#include <variant>

#include <holdfast/core/error.hpp>
#include <holdfast/http/beast_transport/request_head.hpp>

namespace holdfast::detail {

constexpr std::size_t gather_limit = 256U << 10;      // bytes a call; more gains nothing
constexpr std::size_t smallest_sendfile = 32U << 10;  // below, to read and to send with the neighbours is cheaper
constexpr std::size_t largest_sendfile = 4U << 20;

inline http::bytes bytes_of_text(std::string_view text) noexcept {
    return std::as_bytes(std::span(text.data(), text.size()));
}

// Drops the first `count` bytes.
inline void drop_front(std::vector<http::bytes>& pieces, std::size_t count) {
    auto first = pieces.begin();
    while (first != pieces.end() && count >= first->size()) count -= (first++)->size();
    if (first != pieces.end()) *first = first->subspan(count);
    pieces.erase(pieces.begin(), first);
}

[[noreturn]] inline void throw_file_shrank(const source_file& file, const detail::file& opened) {
    file.check_unchanged(opened);
    throw error(errc::precondition_failed, "read", file.path(),
                "the file ended before its size; save it again when nothing writes to it");
}

}  // namespace holdfast::detail

namespace holdfast::http {

HOLDFAST_DECL bool request_sender::send(const request& message, const std::string& head,
                                        std::chrono::milliseconds continue_time) {
    add(detail::bytes_of_text(head));
    if (message.expect_continue && (message.stream || message.body.size() > 0)) {
        if (!flush(false) || !finish() || answer_.await_continue(continue_time)) return false;
    }
    is_whole_ = (message.stream ? send_stream(message) : send_source(message.body)) && flush(false) && finish();
    return is_whole_;
}

HOLDFAST_DECL void request_sender::check_success() const {
    if (!is_whole_) {
        throw error(errc::unavailable, "send", waits_.host(),
                    "the server reports success before it had the whole body; check what stands in front of it");
    }
    for (const shared_file& sent : shared_files_) sent.described->check_unchanged(sent.opened);
}

HOLDFAST_DECL bool request_sender::send_source(const byte_source& body) {
    return std::ranges::all_of(body.extents(), [this](const byte_source::extent& piece) {
        if (const auto* made = std::get_if<byte_source::generated_extent>(&piece)) return send_generated(*made);
        const auto* memory = std::get_if<byte_source::memory_extent>(&piece);
        if (memory == nullptr) return send_file(std::get<byte_source::file_extent>(piece));
        if (!make_room()) return false;
        add(memory->bytes);
        return true;
    });
}

HOLDFAST_DECL bool request_sender::send_stream(const request& message) {
    constexpr std::size_t largest_size_line = 20;
    for (;;) {
        const std::size_t count = message.stream(to_.scratch());
        if (count == 0) break;
        std::array<char, largest_size_line> line;
        char* end = std::to_chars(line.data(), line.data() + 16, count, 16).ptr;
        *end++ = '\r';
        *end++ = '\n';
        const auto size_line = detail::bytes_of_text({line.data(), static_cast<std::size_t>(end - line.data())});
        add(size_line);
        add(to_.scratch().first(count));
        add(detail::bytes_of_text("\r\n"));
        if (!flush(false)) return false;
    }
    const std::string last = "0\r\n" + render_trailer(message.trailer ? message.trailer() : fields());
    add(detail::bytes_of_text(last));
    return flush(false);
}

HOLDFAST_DECL bool request_sender::send_file(const byte_source::file_extent& piece) {
    detail::file opened = piece.file->open();
    std::uint64_t done = 0;
    if (piece.size >= detail::smallest_sendfile && to_.bytes_of().plain() != nullptr) {
        constexpr std::uint64_t held_back = 4096;
        std::uint64_t left = piece.size - held_back;
        if (!flush(true) || !send_file_in_kernel(opened, piece.offset, left)) return false;
        done = piece.size - held_back - left;
    }
    if (!read_file(piece, opened, done)) return false;
    if (done > 0) keep_for_check({piece.file, std::move(opened)});
    return true;
}

HOLDFAST_DECL bool request_sender::send_generated(const byte_source::generated_extent& piece) {
    for (std::uint64_t done = 0; done < piece.size;) {
        if (!make_room()) return false;
        const auto free = to_.scratch().subspan(scratch_used_);
        const auto room = free.first(static_cast<std::size_t>(std::min<std::uint64_t>(piece.size - done, free.size())));
        detail::read_generated(piece, done, room);
        done += room.size();
        scratch_used_ += room.size();
        add(room);
    }
    return true;
}

// Stops with bytes left where the file ends or the system can't.
HOLDFAST_DECL bool request_sender::send_file_in_kernel(const detail::file& opened, std::uint64_t offset,
                                                       std::uint64_t& left) {
    while (left > 0) {
        if (!is_wanted()) return false;
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, detail::largest_sendfile));
        const detail::io_step step = to_.wire().send_file(opened, offset, wanted);
        if (step.status == detail::io_status::unsupported || step.status == detail::io_status::ended) return true;
        offset += step.count;
        left -= step.count;
        if (!go_on(step)) return false;
    }
    return true;
}

HOLDFAST_DECL bool request_sender::read_file(const byte_source::file_extent& piece, const detail::file& opened,
                                             std::uint64_t done) {
    while (done < piece.size) {
        if (!make_room()) return false;
        const auto room = to_.scratch().subspan(scratch_used_);
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size - done, room.size()));
        const std::size_t count = opened.read_at(piece.offset + done, room.first(wanted));
        if (count < wanted) detail::throw_file_shrank(*piece.file, opened);
        done += count;
        if (done == piece.size) piece.file->check_unchanged(opened);
        scratch_used_ += count;
        add(room.first(count));
    }
    return true;
}

HOLDFAST_DECL void request_sender::keep_for_check(shared_file sent) {
    constexpr std::size_t most = 4;  // descriptors of each request, of which a process may have few
    if (shared_files_.size() == most) shared_files_.erase(shared_files_.begin());
    shared_files_.push_back(std::move(sent));
}

HOLDFAST_DECL bool request_sender::make_room() {
    constexpr std::size_t most_pieces = 60;
    const bool is_full = gathered_ >= detail::gather_limit || pieces_.size() >= most_pieces;
    return is_full || scratch_used_ == connection::scratch_size ? flush(true) : true;
}

HOLDFAST_DECL void request_sender::add(bytes piece) {
    if (piece.empty()) return;
    gathered_ += piece.size();
    if (!pieces_.empty() && pieces_.back().data() + pieces_.back().size() == piece.data()) {
        pieces_.back() = {pieces_.back().data(), pieces_.back().size() + piece.size()};
    } else {
        pieces_.push_back(piece);
    }
}

HOLDFAST_DECL bool request_sender::flush(bool more) {
    const bool is_whole = push(pieces_, more);
    pieces_.clear();
    gathered_ = scratch_used_ = 0;
    return is_whole;
}

HOLDFAST_DECL bool request_sender::push(std::vector<bytes>& pieces, bool more) {
    while (!pieces.empty()) {
        if (!is_wanted()) return false;
        const detail::io_step step = to_.bytes_of().send(pieces, more);
        detail::drop_front(pieces, step.count);
        if (!go_on(step)) return false;
    }
    return true;
}

HOLDFAST_DECL bool request_sender::finish() {
    for (;;) {
        const detail::io_step step = to_.bytes_of().flush();
        if (step.status == detail::io_status::done) return true;
        if (!go_on(step)) return false;
    }
}

// Looks for an answer now and then, ahead of a step.
HOLDFAST_DECL bool request_sender::is_wanted() {
    if (unwatched_ < detail::gather_limit) return true;
    unwatched_ = 0;
    return !answer_.look();
}

// Counts what a step has sent, and waits where it could not.
HOLDFAST_DECL bool request_sender::go_on(const detail::io_step& step) {
    to_.count_sent(step.count);
    unwatched_ += step.count;
    if (step.status == detail::io_status::lost) {
        answer_.await();  // the server may have answered before it went
        return false;
    }
    if (step.status != detail::io_status::blocked) return true;
    return !waits_.wait(to_.wire(), {.readable = true, .writable = true}, "send").readable || !answer_.look();
}

}  // namespace holdfast::http

#endif
