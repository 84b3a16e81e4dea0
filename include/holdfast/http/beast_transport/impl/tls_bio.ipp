#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_TLS_BIO_IPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_IMPL_TLS_BIO_IPP

#include <holdfast/http/beast_transport/tls_stream.hpp>

#include <openssl/bio.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <utility>

#include <holdfast/detail/io_block.hpp>
#include <holdfast/http/beast_transport/impl/tls_context.ipp>

namespace holdfast::detail {

using bio_method_ptr = std::unique_ptr<::BIO_METHOD, openssl_free<&::BIO_meth_free>>;

// What OpenSSL reads from and writes to: reads go to the stream below at once, writes gather until `flush`.
class tls_bio {
public:
    static constexpr std::size_t payload = 16384;  // of one record

    explicit tls_bio(std::unique_ptr<http::stream> lower) : lower_(std::move(lower)) {}

    // With `hands_out` a read ends where the stream below was drained by the last one, without asking again.
    void set_hands_out(bool hands_out) noexcept { hands_out_ = hands_out; }
    void forget_last_read() noexcept { last_read_ = {.status = io_status::blocked}; }
    const io_step& last_read() const noexcept { return last_read_; }

    int read(std::span<std::byte> buffer) {
        const bool is_drained = last_read_.status != io_status::done || last_read_.count < last_wanted_;
        if (hands_out_ && is_drained) return -1;
        last_wanted_ = buffer.size();
        last_read_ = lower_->receive(buffer);
        return last_read_.status == io_status::done ? static_cast<int>(last_read_.count) : -1;
    }

    int write(http::bytes data) {
        if (!output_) output_ = io_block(capacity);
        if (begin_ == end_) begin_ = end_ = 0;
        const std::size_t count = std::min(data.size(), capacity - end_);
        std::memcpy(output_.data() + end_, data.data(), count);
        end_ += count;
        return count > 0 || data.empty() ? static_cast<int>(count) : -1;
    }

    bool has_room_for_record() const noexcept { return begin_ == end_ || capacity - end_ >= largest_record; }

    io_step flush() {
        while (begin_ < end_) {
            const http::bytes rest(output_.data() + begin_, end_ - begin_);
            const io_step sent = lower_->send(std::span(&rest, 1), false);
            if (sent.status != io_status::done) return sent;
            begin_ += sent.count;
        }
        return lower_->flush();
    }

    bool may_try_again() const noexcept { return last_read_.status <= io_status::blocked; }
    void keep_failure() noexcept { failure_ = std::current_exception(); }
    void rethrow_failure() {
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    }

private:
    static constexpr std::size_t largest_record = payload + 512;  // with what surrounds it
    static constexpr std::size_t capacity = 16 * largest_record;

    const std::unique_ptr<http::stream> lower_;
    io_block output_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    io_step last_read_;
    std::size_t last_wanted_ = 0;
    bool hands_out_ = false;
    std::exception_ptr failure_;
};

// Callbacks of OpenSSL, through which no exception may pass.
inline int read_tls_bio(::BIO* bio, char* data, int size) {
    auto& target = *static_cast<tls_bio*>(::BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    try {
        const int count = target.read(std::as_writable_bytes(std::span(data, static_cast<std::size_t>(size))));
        if (count < 0 && target.may_try_again()) BIO_set_retry_read(bio);
        return count;
    } catch (...) {
        target.keep_failure();
        return -1;
    }
}

inline int write_tls_bio(::BIO* bio, const char* data, int size) {
    auto& target = *static_cast<tls_bio*>(::BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    try {
        const int count = target.write(std::as_bytes(std::span(data, static_cast<std::size_t>(size))));
        if (count < 0) BIO_set_retry_write(bio);
        return count;
    } catch (...) {
        target.keep_failure();
        return -1;
    }
}

inline long control_tls_bio(::BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

inline bio_method_ptr make_tls_bio_method() {
    bio_method_ptr method(::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "holdfast stream"));
    if (method) {
        ::BIO_meth_set_read(method.get(), &read_tls_bio);
        ::BIO_meth_set_write(method.get(), &write_tls_bio);
        ::BIO_meth_set_ctrl(method.get(), &control_tls_bio);
    }
    return method;
}

}  // namespace holdfast::detail

#endif
