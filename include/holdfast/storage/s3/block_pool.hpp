#ifndef HOLDFAST_STORAGE_S3_BLOCK_POOL_HPP
#define HOLDFAST_STORAGE_S3_BLOCK_POOL_HPP

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include <holdfast/detail/io_block.hpp>

namespace holdfast::s3 {

/// A few buffers of 512 KiB that all threads share; made when first needed, and kept.
class block_pool {
public:
    static constexpr std::size_t block_size = 512U << 10;
    static constexpr std::size_t most_blocks = 8;

    class block {
    public:
        block(block_pool& pool, detail::io_block memory) : pool_(pool), memory_(std::move(memory)) {}
        block(const block&) = delete;
        block& operator=(const block&) = delete;
        ~block() { pool_.give_back(std::move(memory_)); }

        std::span<std::byte> bytes() const noexcept { return memory_.bytes(); }

    private:
        block_pool& pool_;
        detail::io_block memory_;
    };

    block_pool() { free_.reserve(most_blocks); }

    /// Waits until a block is free.
    block take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !free_.empty() || made_ < most_blocks; });
        if (free_.empty()) {
            detail::io_block memory(block_size);
            ++made_;
            return {*this, std::move(memory)};
        }
        auto memory = std::move(free_.back());
        free_.pop_back();
        return {*this, std::move(memory)};
    }

private:
    void give_back(detail::io_block memory) noexcept {
        {
            const std::scoped_lock lock(mutex_);
            free_.push_back(std::move(memory));
        }
        changed_.notify_one();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<detail::io_block> free_;  // never grows beyond what is reserved
    std::size_t made_ = 0;
};

}  // namespace holdfast::s3

#endif
