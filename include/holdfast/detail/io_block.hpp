#ifndef HOLDFAST_DETAIL_IO_BLOCK_HPP
#define HOLDFAST_DETAIL_IO_BLOCK_HPP

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <utility>

namespace holdfast::detail {

/// Memory that the system reads into and writes from, without a first value.
///
/// It begins on a boundary of 64 bytes: the kernel copies by `rep movsb`, which takes some processors (AMD's, as of Zen
/// 3) seven times as long where the memory begins 16 bytes beyond one, and that is where malloc puts large blocks.
class io_block {
public:
    static constexpr std::size_t alignment = 64;  // bytes

    io_block() = default;
    explicit io_block(std::size_t size)
        : memory_(static_cast<std::byte*>(::operator new(size, std::align_val_t{alignment}))), size_(size) {}

    io_block(io_block&& other) noexcept : memory_(std::move(other.memory_)), size_(std::exchange(other.size_, 0)) {}
    io_block& operator=(io_block&& other) noexcept {
        memory_ = std::move(other.memory_);
        size_ = std::exchange(other.size_, 0);
        return *this;
    }

    explicit operator bool() const noexcept { return memory_ != nullptr; }
    std::size_t size() const noexcept { return size_; }
    std::byte* data() const noexcept { return memory_.get(); }
    std::span<std::byte> bytes() const noexcept { return {memory_.get(), size_}; }

private:
    struct release {
        void operator()(std::byte* memory) const noexcept { ::operator delete(memory, std::align_val_t{alignment}); }
    };
    std::unique_ptr<std::byte, release> memory_;
    std::size_t size_ = 0;
};

}  // namespace holdfast::detail

#endif
