#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_ANSWER_READER_IPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_ANSWER_READER_IPP

#include <holdfast/http/beast_transport/answer_reader.hpp>

#include <string>

#include <holdfast/core/error.hpp>

namespace holdfast::http {

HOLDFAST_DECL bool answer_reader::look() {
    waits_.check("send");
    const detail::io_step step = from_.receive();
    return step.status != detail::io_status::blocked && take_in(step);
}

HOLDFAST_DECL void answer_reader::await() {
    if (parse()) return;  // it came with the handshake
    waits_.wait(from_.wire(), {.readable = true}, "receive");
    while (!take_in(from_.await_input(waits_))) {
    }
}

HOLDFAST_DECL bool answer_reader::await_continue(std::chrono::milliseconds time) {
    if (parse()) return true;  // it came with the handshake
    const auto end = detail::after(time);
    while (!has_continue_) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0 || !waits_.wait_at_most(from_.wire(), {.readable = true}, left, "receive").readable)
            break;
        if (look()) return true;
    }
    return false;
}

HOLDFAST_DECL bool answer_reader::take_in(const detail::io_step& step) {
    if (step.status == detail::io_status::done) return parse();
    const std::string sent = std::to_string(from_.sent());
    from_.throw_lost(step, "receive", "before the response, after " + sent + " bytes of the request", waits_);
}

HOLDFAST_DECL bool answer_reader::parse() {
    for (;;) {
        from_.input().consume(parser_->read_head(from_.input().unread()));
        if (!parser_->has_head()) return false;
        if (parser_->status() / 100 != 1) return true;
        pass_over_interim();
    }
}

HOLDFAST_DECL void answer_reader::pass_over_interim() {
    constexpr unsigned most = 64;
    if (parser_->status() == 101 || ++interim_ > most) {
        throw error(errc::unavailable, "receive", waits_.host(),
                    "the server answers with status " + std::to_string(parser_->status()) +
                        " instead of a response; check the endpoint");
    }
    has_continue_ |= parser_->status() == 100;
    parser_.emplace(has_body_, waits_.host());
}

}  // namespace holdfast::http

#endif
