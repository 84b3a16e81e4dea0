#ifndef HOLDFAST_STORAGE_TRANSFER_LIMITS_HPP
#define HOLDFAST_STORAGE_TRANSFER_LIMITS_HPP

#include <cstdint>

namespace holdfast {

/// What one operation may use at a time.
struct transfer_limits {
    unsigned connections = 8;             ///< calls to the store at once; 0 counts as 1
    std::uint64_t range_size = 8U << 20;  ///< bytes; larger objects are read in ranges of at most this size; 0: in one
    std::uint64_t memory = 16U << 20;     ///< bytes that `read_in_order` holds; wins over the two above; 0: 1 MiB
};

namespace detail {

inline constexpr std::uint64_t worth_a_request = 1U << 20;  // bytes

/// The longest range that is asked for; never 0.
constexpr std::uint64_t longest_range(const transfer_limits& limits) noexcept {
    return limits.range_size == 0 ? UINT64_MAX : limits.range_size;
}

/// The memory of a read in order; never 0.
constexpr std::uint64_t memory_of(const transfer_limits& limits) noexcept {
    return limits.memory == 0 ? worth_a_request : limits.memory;
}

}  // namespace detail

}  // namespace holdfast

#endif
