#ifndef HOLDFAST_DETAIL_CRC32C_HPP
#define HOLDFAST_DETAIL_CRC32C_HPP

#include <cstddef>
#include <cstdint>
#include <span>

#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

/// CRC-32C (Castagnoli) of a message that is seen piece by piece: `so_far` is 0 for the first piece and the last
/// result for the next, and the last result is the message's. Uses the processor's instructions where it has them.
///
/// Wire: RFC 3720, section 12.1.
HOLDFAST_DECL std::uint32_t crc32c(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept;

/// The same function on any processor.
HOLDFAST_DECL std::uint32_t crc32c_portable(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept;

/// The CRC-32C of two pieces one after the other, from the CRC-32C of each and the second's size in bytes.
/// Takes O(log second_size) steps.
HOLDFAST_DECL std::uint32_t crc32c_combine(std::uint32_t first, std::uint32_t second,
                                           std::uint64_t second_size) noexcept;

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/crc32c.ipp>
#endif

#endif
