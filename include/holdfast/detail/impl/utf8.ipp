#ifndef HOLDFAST_DETAIL_IMPL_UTF8_IPP
#define HOLDFAST_DETAIL_IMPL_UTF8_IPP

#include <holdfast/detail/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace holdfast::detail {

// What may follow a lead byte; `size` is 0 where the byte leads nothing.
struct utf8_sequence {
    std::size_t size;
    unsigned char second_min;
    unsigned char second_max;
};

inline utf8_sequence utf8_sequence_of(unsigned char lead) noexcept {
    if (lead < 0x80) return {1, 0, 0};
    if (lead < 0xC2) return {0, 0, 0};
    if (lead < 0xE0) return {2, 0x80, 0xBF};
    if (lead == 0xE0) return {3, 0xA0, 0xBF};
    if (lead == 0xED) return {3, 0x80, 0x9F};
    if (lead < 0xF0) return {3, 0x80, 0xBF};
    if (lead == 0xF0) return {4, 0x90, 0xBF};
    if (lead < 0xF4) return {4, 0x80, 0xBF};
    if (lead == 0xF4) return {4, 0x80, 0x8F};
    return {0, 0, 0};
}

// The number of bytes at the start, eight at a time, that are ASCII: nearly all of nearly every text.
inline std::size_t ascii_bytes(std::string_view text) noexcept {
    std::size_t count = 0;
    for (std::uint64_t word = 0; text.size() - count >= sizeof word; count += sizeof word) {
        std::memcpy(&word, text.data() + count, sizeof word);
        if ((word & 0x8080808080808080U) != 0) break;
    }
    return count;
}

HOLDFAST_DECL bool is_utf8(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    for (std::size_t i = ascii_bytes(text); i < text.size();) {
        const utf8_sequence sequence = utf8_sequence_of(byte(i));
        if (sequence.size == 0 || sequence.size > text.size() - i) return false;
        if (sequence.size > 1 && (byte(i + 1) < sequence.second_min || byte(i + 1) > sequence.second_max)) return false;
        for (std::size_t k = 2; k < sequence.size; ++k) {
            if (byte(i + k) < 0x80 || byte(i + k) > 0xBF) return false;
        }
        i += sequence.size;
    }
    return true;
}

}  // namespace holdfast::detail

#endif
