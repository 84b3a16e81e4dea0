#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_INPUT_BUFFER_HPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_INPUT_BUFFER_HPP

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>

#include <holdfast/detail/io_block.hpp>

namespace holdfast::http {

/// What was received and not yet read. Its memory is taken at the first use and kept.
class input_buffer {
public:
    static constexpr std::size_t capacity = 512U << 10;

    bool is_full() const noexcept { return end_ == capacity; }

    std::span<const std::byte> unread() const noexcept { return {memory_.data() + begin_, end_ - begin_}; }

    void consume(std::size_t count) noexcept { begin_ += count; }

    /// Where the next bytes go; empty where `unread` fills the buffer.
    std::span<std::byte> room() {
        if (!memory_) memory_ = detail::io_block(capacity);
        const std::size_t size = end_ - begin_;
        if (size > 0 && begin_ > 0) std::memmove(memory_.data(), memory_.data() + begin_, size);
        begin_ = 0;
        end_ = size;
        return {memory_.data() + end_, capacity - end_};
    }

    void added(std::size_t count) noexcept { end_ += count; }

private:
    detail::io_block memory_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace holdfast::http

#endif
