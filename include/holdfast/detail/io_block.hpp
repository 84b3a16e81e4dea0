#ifndef HOLDFAST_DETAIL_IO_BLOCK_HPP
#define HOLDFAST_DETAIL_IO_BLOCK_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace holdfast::detail {

/// Memory that the system reads into and writes from, without a first value.
///
/// It begins on a boundary of 64 bytes: the kernel copies by `rep movsb`, which takes some processors (AMD's, as of Zen
/// 3) seven times as long where the memory begins 16 bytes beyond one, and that is where malloc puts large blocks. It
/// is aligned here, since glibc's aligned allocation doesn't find the place again that a block of the same size has
/// left: a block for each MiB of a load grew the heap by as much.
class io_block {
public:
    static constexpr std::size_t alignment = 64;  // bytes

    io_block() = default;
    explicit io_block(std::size_t size)
        : memory_(std::make_unique_for_overwrite<std::byte[]>(size + alignment - 1)),
          bytes_(aligned(memory_.get()), size) {}

    io_block(io_block&& other) noexcept : memory_(std::move(other.memory_)), bytes_(std::exchange(other.bytes_, {})) {}
    io_block& operator=(io_block&& other) noexcept {
        memory_ = std::move(other.memory_);
        bytes_ = std::exchange(other.bytes_, {});
        return *this;
    }

    explicit operator bool() const noexcept { return memory_ != nullptr; }
    std::size_t size() const noexcept { return bytes_.size(); }
    std::byte* data() const noexcept { return bytes_.data(); }
    std::span<std::byte> bytes() const noexcept { return bytes_; }

private:
    static std::byte* aligned(std::byte* memory) noexcept {
        return memory + (alignment - reinterpret_cast<std::uintptr_t>(memory) % alignment) % alignment;
    }

    std::unique_ptr<std::byte[]> memory_;
    std::span<std::byte> bytes_;  // within memory_
};

}  // namespace holdfast::detail

#endif
