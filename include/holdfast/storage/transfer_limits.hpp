#ifndef HOLDFAST_STORAGE_TRANSFER_LIMITS_HPP
#define HOLDFAST_STORAGE_TRANSFER_LIMITS_HPP

#include <cstdint>

namespace holdfast {

/// What one operation may use at a time.
struct transfer_limits {
    unsigned connections = 8;             ///< calls to the store at once; 0 counts as 1
    std::uint64_t range_size = 8U << 20;  ///< bytes; larger objects are read in ranges of at most this size
    std::uint64_t memory = 16U << 20;     ///< bytes that `read_in_order` holds; wins over the two above
};

}  // namespace holdfast

#endif
