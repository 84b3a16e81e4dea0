#ifndef HOLDFAST_DETAIL_READ_AHEAD_HPP
#define HOLDFAST_DETAIL_READ_AHEAD_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

/// Turns many small reads, mostly forward, into few large ones: a block that doubles while the reads go on where the
/// last one ended, or a little further, and is small again after a jump.
class read_ahead {
public:
    /// Fills the whole buffer with the bytes at an offset.
    using fill_function = std::function<void(std::uint64_t offset, std::span<std::byte> buffer)>;

    static constexpr std::uint64_t smallest_block = 64U << 10;  // bytes

    /// @param size of the whole, in bytes
    /// @param largest_block in bytes
    HOLDFAST_DECL read_ahead(std::uint64_t size, std::uint64_t largest_block, fill_function fill);

    /// The bytes from `offset` on, at least one below the end; they stand until the next call.
    /// @param wanted how many the caller has a use for; no promise
    HOLDFAST_DECL std::span<const std::byte> at(std::uint64_t offset, std::uint64_t wanted = 0);

private:
    HOLDFAST_DECL void refill(std::uint64_t offset, std::uint64_t wanted);

    std::uint64_t size_;
    std::uint64_t largest_block_;
    fill_function fill_;
    std::uint64_t wanted_ = 0;  // bytes of the last block, had the end not cut it
    std::uint64_t begin_ = 0;   // where block_ stands
    std::vector<std::byte> block_;
};

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/read_ahead.ipp>
#endif

#endif
