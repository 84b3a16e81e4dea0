#ifndef HOLDFAST_DETAIL_IMPL_CRC32C_IPP
#define HOLDFAST_DETAIL_IMPL_CRC32C_IPP

#include <holdfast/detail/crc32c.hpp>

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#include <wmmintrin.h>
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace holdfast::detail {

// Polynomials over GF(2) modulo Castagnoli's, as 32 bits with the coefficient of x^0 in the highest one.
inline constexpr std::uint32_t crc32c_polynomial = 0x82F63B78;
inline constexpr std::uint32_t crc32c_one = 0x80000000;

constexpr std::uint32_t crc32c_times_x(std::uint32_t a) noexcept {
    return (a >> 1) ^ ((a & 1) != 0 ? crc32c_polynomial : 0);
}

constexpr std::uint32_t crc32c_multiply(std::uint32_t a, std::uint32_t b) noexcept {
    std::uint32_t product = 0;
    for (; a != 0; a <<= 1, b = crc32c_times_x(b)) product ^= (a & crc32c_one) != 0 ? b : 0;
    return product;
}

constexpr std::uint32_t crc32c_power_of_x(std::uint64_t exponent) noexcept {
    std::uint32_t power = crc32c_one;
    for (std::uint32_t square = crc32c_times_x(crc32c_one); exponent != 0; exponent >>= 1) {
        if ((exponent & 1) != 0) power = crc32c_multiply(power, square);
        square = crc32c_multiply(square, square);
    }
    return power;
}

HOLDFAST_DECL std::uint32_t crc32c_combine(std::uint32_t first, std::uint32_t second,
                                           std::uint64_t second_size) noexcept {
    // x^(2^32 - 1) is 1, so the exponent 8 * second_size, which may not fit, is taken modulo that.
    constexpr std::uint64_t period = 0xFFFFFFFF;
    return crc32c_multiply(crc32c_power_of_x(second_size % period * 8), first) ^ second;
}

// Slicing by 8: slice k of a byte is its contribution when k bytes follow it.
using crc32c_slices = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr crc32c_slices make_crc32c_slices() noexcept {
    crc32c_slices slices{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t value = byte;
        for (auto& slice : slices) {
            for (int bit = 0; bit < 8; ++bit) value = crc32c_times_x(value);
            slice[byte] = value;
        }
    }
    return slices;
}

inline constexpr crc32c_slices crc32c_slice_table = make_crc32c_slices();

inline std::uint64_t load_little_endian_64(const std::byte* from) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    if constexpr (std::endian::native == std::endian::big) {
        std::uint64_t swapped = 0;
        for (int byte = 0; byte < 8; ++byte) swapped = swapped << 8 | ((word >> (8 * byte)) & 0xFF);
        return swapped;
    }
    return word;
}

HOLDFAST_DECL std::uint32_t crc32c_portable(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept {
    const auto& slices = crc32c_slice_table;
    std::uint32_t state = ~so_far;
    for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
        const std::uint64_t word = load_little_endian_64(bytes.data()) ^ state;
        state = 0;
        for (std::size_t byte = 0; byte < 8; ++byte) state ^= slices[7 - byte][(word >> (8 * byte)) & 0xFF];
    }
    for (const std::byte byte : bytes)
        state = (state >> 8) ^ slices[0][(state ^ std::to_integer<std::uint32_t>(byte)) & 0xFF];
    return ~state;
}

#if defined(__x86_64__)

// The instruction has a latency of 3 and a throughput of 1, so three lanes run side by side. Their states are joined
// by carry-less products: the instruction itself multiplies by x^32 and reduces, and a product of two such
// polynomials stands one bit too low in 64 bits, hence the exponent 33.
template <std::size_t LaneSize>
__attribute__((target("sse4.2,pclmul"))) inline std::uint64_t crc32c_three_lanes(std::uint64_t state,
                                                                                 const std::byte* bytes) noexcept {
    constexpr std::uint32_t past_two_lanes = crc32c_power_of_x(16 * LaneSize - 33);
    constexpr std::uint32_t past_one_lane = crc32c_power_of_x(8 * LaneSize - 33);
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t at = 0; at < LaneSize; at += 8) {
        state = _mm_crc32_u64(state, load_little_endian_64(bytes + at));
        second = _mm_crc32_u64(second, load_little_endian_64(bytes + LaneSize + at));
        third = _mm_crc32_u64(third, load_little_endian_64(bytes + 2 * LaneSize + at));
    }
    const __m128i factors = _mm_set_epi64x(past_one_lane, past_two_lanes);
    const __m128i states = _mm_set_epi64x(static_cast<long long>(second), static_cast<long long>(state));
    const __m128i products =
        _mm_xor_si128(_mm_clmulepi64_si128(states, factors, 0x00), _mm_clmulepi64_si128(states, factors, 0x11));
    return _mm_crc32_u64(0, static_cast<std::uint64_t>(_mm_cvtsi128_si64(products))) ^ third;
}

__attribute__((target("sse4.2,pclmul"))) inline std::uint32_t crc32c_by_instruction(
    std::uint32_t so_far, std::span<const std::byte> bytes) noexcept {
    constexpr std::size_t long_lane = 4096;
    constexpr std::size_t short_lane = 256;
    std::uint64_t state = static_cast<std::uint32_t>(~so_far);
    for (; bytes.size() >= 3 * long_lane; bytes = bytes.subspan(3 * long_lane))
        state = crc32c_three_lanes<long_lane>(state, bytes.data());
    for (; bytes.size() >= 3 * short_lane; bytes = bytes.subspan(3 * short_lane))
        state = crc32c_three_lanes<short_lane>(state, bytes.data());
    for (; bytes.size() >= 8; bytes = bytes.subspan(8))
        state = _mm_crc32_u64(state, load_little_endian_64(bytes.data()));
    for (const std::byte byte : bytes)
        state = _mm_crc32_u8(static_cast<std::uint32_t>(state), std::to_integer<unsigned char>(byte));
    return ~static_cast<std::uint32_t>(state);
}

inline bool has_crc32c_instruction() noexcept {
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
}

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)

inline std::uint32_t crc32c_by_instruction(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept {
    std::uint32_t state = ~so_far;
    for (; bytes.size() >= 8; bytes = bytes.subspan(8)) state = __crc32cd(state, load_little_endian_64(bytes.data()));
    for (const std::byte byte : bytes) state = __crc32cb(state, std::to_integer<std::uint8_t>(byte));
    return ~state;
}

constexpr bool has_crc32c_instruction() noexcept {
    return true;
}

#else

inline std::uint32_t crc32c_by_instruction(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept {
    return crc32c_portable(so_far, bytes);
}

constexpr bool has_crc32c_instruction() noexcept {
    return false;
}

#endif

HOLDFAST_DECL std::uint32_t crc32c(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept {
    return has_crc32c_instruction() ? crc32c_by_instruction(so_far, bytes) : crc32c_portable(so_far, bytes);
}

}  // namespace holdfast::detail

#endif
