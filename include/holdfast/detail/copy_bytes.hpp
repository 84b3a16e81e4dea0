#ifndef HOLDFAST_DETAIL_COPY_BYTES_HPP
#define HOLDFAST_DETAIL_COPY_BYTES_HPP

#include <cstddef>
#include <cstring>
#include <span>

namespace holdfast::detail {

/// Copies bytes to the front of a buffer that has room for them and does not overlap them; `std::ranges::copy` of GCC
/// 12 takes them one by one.
inline void copy_bytes(std::span<const std::byte> from, std::span<std::byte> to) noexcept {
    if (!from.empty()) std::memcpy(to.data(), from.data(), from.size());
}

}  // namespace holdfast::detail

#endif
