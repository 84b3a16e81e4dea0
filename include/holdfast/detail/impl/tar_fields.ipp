#ifndef HOLDFAST_DETAIL_IMPL_TAR_FIELDS_IPP
#define HOLDFAST_DETAIL_IMPL_TAR_FIELDS_IPP

#include <holdfast/detail/tar_fields.hpp>

#include <algorithm>
#include <limits>

namespace holdfast::detail {

[[noreturn]] HOLDFAST_DECL void throw_tar(errc kind, std::string_view path, std::string_view message) {
    throw error(kind, "unpack", path, message);
}

HOLDFAST_DECL void put_tar_text(std::span<char> header, tar_field field, std::string_view text) {
    text.copy(header.data() + field.offset, field.size);
}

HOLDFAST_DECL void put_tar_number(std::span<char> header, tar_field field, std::uint64_t number) {
    for (std::size_t i = field.offset + field.size - 1; i-- > field.offset; number /= 8) {
        header[i] = static_cast<char>('0' + number % 8);
    }
}

HOLDFAST_DECL bool fits_tar_number(tar_field field, std::uint64_t number) noexcept {
    return number >> (3 * (field.size - 1)) == 0;
}

HOLDFAST_DECL void put_tar_checksum(std::span<char, tar_block_size> header) {
    std::uint32_t sum = tar_sum_field.size * ' ';
    for (const char c : header) sum += static_cast<unsigned char>(c);
    put_tar_number(header, {tar_sum_field.offset, tar_sum_field.size - 1}, sum);
    header[tar_sum_field.offset + tar_sum_field.size - 1] = ' ';
}

HOLDFAST_DECL bool fits_tar_text(tar_field field, std::string_view text) noexcept {
    return text.size() <= field.size &&
           std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

HOLDFAST_DECL std::string pax_record(std::string_view keyword, std::string_view value) {
    const std::size_t rest = keyword.size() + value.size() + 3;
    std::size_t length = rest + std::to_string(rest).size();
    length = rest + std::to_string(length).size();
    std::string record = std::to_string(length);
    record.append(" ").append(keyword).append("=").append(value).append("\n");
    return record;
}

HOLDFAST_DECL std::string pax_time(std::int64_t ns) {
    const std::uint64_t magnitude = ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
    std::string fraction = std::to_string(magnitude % tar_second + tar_second).substr(1);
    fraction.erase(std::max<std::size_t>(fraction.find_last_not_of('0') + 1, 1));
    return (ns < 0 ? "-" : "") + std::to_string(magnitude / tar_second) + '.' + fraction;
}

HOLDFAST_DECL std::string_view tar_text(std::span<const std::byte> bytes) noexcept {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return text.substr(0, text.find('\0'));
}

HOLDFAST_DECL std::string_view tar_text(std::span<const std::byte> header, tar_field field) noexcept {
    return tar_text(header.subspan(field.offset, field.size));
}

[[noreturn]] inline void throw_tar_number() {
    throw_tar(errc::corrupt, "", "a number in a header of the archive is none; save it again");
}

// GNU: the first bit says that the rest is a big-endian number, the second its sign.
inline std::int64_t tar_base256_number(std::span<const std::byte> bytes) {
    const auto first = std::to_integer<std::uint8_t>(bytes.front());
    const std::uint8_t fill = (first & 0x40) != 0 ? 0xFF : 0;
    std::uint64_t number = (fill != 0 ? ~std::uint64_t{0x7F} : 0) | (first & 0x7F);
    for (const std::byte byte : bytes.subspan(1)) {
        const auto lost = static_cast<std::uint8_t>(number >> 56);
        if (lost != fill) throw_tar_number();
        number = number << 8 | std::to_integer<std::uint8_t>(byte);
    }
    const auto value = static_cast<std::int64_t>(number);
    if ((value < 0) != (fill != 0)) throw_tar_number();
    return value;
}

HOLDFAST_DECL std::int64_t tar_number(std::span<const std::byte> header, tar_field field) {
    const auto bytes = header.subspan(field.offset, field.size);
    if ((bytes.front() & std::byte{0x80}) != std::byte{}) return tar_base256_number(bytes);
    std::string_view text = tar_text(bytes);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    text = text.substr(0, text.find_last_not_of(' ') + 1);
    std::uint64_t number = 0;  // twelve octal digits fit
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, 8);
    if (!text.empty() && (failure != std::errc() || end != text.data() + text.size())) throw_tar_number();
    return static_cast<std::int64_t>(number);
}

// Beyond this, rounding up to a block would pass what a file can hold.
HOLDFAST_DECL std::uint64_t checked_tar_size(std::int64_t size) {
    if (size < 0 || size > std::numeric_limits<std::int64_t>::max() - static_cast<std::int64_t>(tar_block_size)) {
        throw_tar(errc::corrupt, "", "a member of the archive has an impossible size; save it again");
    }
    return static_cast<std::uint64_t>(size);
}

HOLDFAST_DECL void check_tar_checksum(std::span<const std::byte> header) {
    std::uint32_t sum = 0;
    std::uint32_t high = 0;  // bytes that a signed char would make negative
    for (const std::byte byte : header) sum += std::to_integer<std::uint32_t>(byte);
    for (const std::byte byte : header) high += std::to_integer<std::uint32_t>(byte >> 7);
    for (const std::byte byte : header.subspan(tar_sum_field.offset, tar_sum_field.size)) {
        sum -= std::to_integer<std::uint32_t>(byte);
        high -= std::to_integer<std::uint32_t>(byte >> 7);
    }
    sum += tar_sum_field.size * ' ';
    const std::int64_t stored = tar_number(header, tar_sum_field);
    if (stored != sum && stored != std::int64_t{sum} - 256 * std::int64_t{high}) {
        throw_tar(errc::corrupt, "", "the checksum of a header of the archive is wrong; save it again");
    }
}

[[noreturn]] HOLDFAST_DECL void throw_pax_record() {
    throw_tar(errc::corrupt, "", "an extended header of the archive is malformed; save it again");
}

// digits * 10^exponent, cut to whole nanoseconds and to what the type holds.
inline std::int64_t scaled_pax_time(std::uint64_t digits, int exponent, bool is_negative) noexcept {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    for (; exponent < 0 && digits != 0; ++exponent) digits /= 10;
    for (; exponent > 0 && digits != 0 && digits < most; --exponent) digits = digits > most / 10 ? most : digits * 10;
    const auto value = static_cast<std::int64_t>(std::min(digits, most));
    return is_negative ? -value : value;
}

HOLDFAST_DECL std::int64_t parse_pax_time(std::string_view text) {
    const bool is_negative = text.starts_with('-');
    if (is_negative) text.remove_prefix(1);
    const std::size_t mark = std::min(text.find_first_of("eE"), text.size());
    int exponent = 9;
    if (mark < text.size()) {
        const std::string_view power = text.substr(mark + (text.substr(mark + 1).starts_with('+') ? 2 : 1));
        exponent += std::clamp(pax_number<int>(power), -1000, 1000);
    }
    std::uint64_t digits = 0;
    std::size_t digit_count = 0;
    bool is_after_point = false;
    for (const char c : text.substr(0, mark)) {
        if (c == '.' && !is_after_point) {
            is_after_point = true;
            continue;
        }
        if (c < '0' || c > '9') throw_pax_record();
        ++digit_count;
        const bool is_kept = digits < std::numeric_limits<std::uint64_t>::max() / 10 - 1;
        if (is_kept) digits = digits * 10 + static_cast<std::uint64_t>(c - '0');
        exponent += is_kept ? (is_after_point ? -1 : 0) : (is_after_point ? 0 : 1);
    }
    if (digit_count == 0) throw_pax_record();
    return scaled_pax_time(digits, exponent, is_negative);
}

}  // namespace holdfast::detail

#endif
