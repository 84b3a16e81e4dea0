#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_INPUT_BUFFER_HPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_INPUT_BUFFER_HPP

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

namespace holdfast::http {

/// What was received and not yet read. Its memory is taken at the first use and kept.
class input_buffer {
public:
    static constexpr std::size_t capacity = 256U << 10;

    std::span<const std::byte> unread() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }

    void consume(std::size_t count) noexcept { begin_ += count; }

    /// Where the next bytes go; empty where `unread` fills the buffer.
    std::span<std::byte> room() {
        if (memory_ == nullptr) memory_ = std::make_unique_for_overwrite<std::byte[]>(capacity);
        const std::size_t size = end_ - begin_;
        if (size > 0 && begin_ > 0) std::memmove(memory_.get(), memory_.get() + begin_, size);
        begin_ = 0;
        end_ = size;
        return {memory_.get() + end_, capacity - end_};
    }

    void added(std::size_t count) noexcept { end_ += count; }

private:
    std::unique_ptr<std::byte[]> memory_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace holdfast::http

#endif
