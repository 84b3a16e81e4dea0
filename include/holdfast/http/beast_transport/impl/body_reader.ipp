#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_BODY_READER_IPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_BODY_READER_IPP

#include <holdfast/http/beast_transport/body_reader.hpp>

#include <algorithm>
#include <string>

#include <holdfast/core/error.hpp>

namespace holdfast::http {

HOLDFAST_DECL void body_reader::read(response_parser& parser) {
    if (options_.destination) target_ = options_.destination(answer_);
    switch (parser.body()) {
        case framing::none:
            return;
        case framing::length:
            return read_length(parser.length());
        case framing::chunked:
            return read_chunks(parser);
        case framing::until_close:
            return read_until_close();
    }
}

HOLDFAST_DECL void body_reader::read_length(std::uint64_t length) {
    if (target_.sink == nullptr) check_text_size(length);
    while (taken_ < length) {
        if (from_.input().unread().empty()) {
            if (read_into_file(length)) return;
            const detail::io_step step = from_.await_input(waits_);
            if (step.status != detail::io_status::done) throw_cut_off(step, length);
            from_.receive_more(length - taken_);
            waits_.check("receive");
        }
        const bytes found = from_.input().unread();
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(found.size(), length - taken_));
        take(found.first(count));
        from_.input().consume(count);
    }
}

// False where the kernel can't move the rest by itself, or where that wouldn't pay.
HOLDFAST_DECL bool body_reader::read_into_file(std::uint64_t length) {
    constexpr std::uint64_t smallest = 256U << 10;
    const native_target to = target_.sink == nullptr ? native_target{} : target_.sink->native();
    if (to.file == nullptr || from_.bytes_of().plain() == nullptr || length - taken_ < smallest) return false;
    while (taken_ < length) {
        const std::uint64_t offset = target_.offset + to.shift + taken_;
        const detail::io_step step = from_.to_file().move(from_.wire(), *to.file, offset, length - taken_, to.turn);
        if (step.status == detail::io_status::unsupported) return false;
        if (step.status == detail::io_status::blocked) {
            waits_.wait(from_.wire(), {.readable = true}, "receive");
        } else if (step.status != detail::io_status::done) {
            throw_cut_off(step, length);
        }
        count_taken(step.count);
        waits_.check("receive");
    }
    return true;
}

HOLDFAST_DECL void body_reader::read_chunks(response_parser& parser) {
    const std::function<void(bytes)> take_chunk = [this](bytes data) { take(data); };
    for (;;) {
        const bytes found = from_.input().unread();
        const std::size_t count = found.empty() ? 0 : parser.read_chunks(found, take_chunk);
        from_.input().consume(count);
        if (parser.has_last_chunk()) return;
        if (from_.input().unread().size() == input_buffer::capacity) {
            throw error(errc::too_large, "receive", waits_.host(), "a line between the chunks of the body never ends");
        }
        const detail::io_step step = from_.await_input(waits_);
        if (step.status != detail::io_status::done) {
            from_.throw_lost(step, "receive", "after " + std::to_string(taken_) + " bytes of a body of chunks", waits_);
        }
        waits_.check("receive");
    }
}

HOLDFAST_DECL void body_reader::read_until_close() {
    for (;;) {
        take(from_.input().unread());
        from_.input().consume(from_.input().unread().size());
        const detail::io_step step = from_.await_input(waits_);
        waits_.check("receive");
        if (step.status == detail::io_status::ended) return;
        if (step.status != detail::io_status::done) {
            from_.throw_lost(step, "receive", "after " + std::to_string(taken_) + " bytes of the body", waits_);
        }
    }
}

HOLDFAST_DECL void body_reader::take(bytes data) {
    if (data.empty()) return;
    if (target_.sink == nullptr) {
        check_text_size(taken_ + data.size());
        answer_.text.append(reinterpret_cast<const char*>(data.data()), data.size());
    } else {
        target_.sink->write(target_.offset + taken_, data);
    }
    count_taken(data.size());
}

HOLDFAST_DECL void body_reader::count_taken(std::uint64_t count) noexcept {
    taken_ += count;
    if (options_.state != nullptr && target_.sink != nullptr) options_.state->delivered = taken_;
}

HOLDFAST_DECL void body_reader::check_text_size(std::uint64_t size) const {
    if (size <= options_.text_limit) return;
    throw error(errc::too_large, "receive", waits_.host(),
                "the body is larger than " + std::to_string(options_.text_limit) + " bytes");
}

HOLDFAST_DECL void body_reader::throw_cut_off(const detail::io_step& how, std::uint64_t length) const {
    const std::string part = std::to_string(taken_) + " of " + std::to_string(length);
    from_.throw_lost(how, "receive", "after " + part + " bytes of the body", waits_);
}

}  // namespace holdfast::http

#endif
