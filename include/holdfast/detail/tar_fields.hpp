#ifndef HOLDFAST_DETAIL_TAR_FIELDS_HPP
#define HOLDFAST_DETAIL_TAR_FIELDS_HPP

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/config.hpp>

// The fields of a tar header and the values of PAX records, as text and as numbers.
namespace holdfast::detail {

inline constexpr std::size_t tar_block_size = 512;

// Where a field of a header block stands: POSIX.1-2008, pax, ustar Interchange Format.
struct tar_field {
    std::size_t offset;
    std::size_t size;
};
inline constexpr tar_field tar_name_field{0, 100};
inline constexpr tar_field tar_mode_field{100, 8};
inline constexpr tar_field tar_uid_field{108, 8};
inline constexpr tar_field tar_gid_field{116, 8};
inline constexpr tar_field tar_size_field{124, 12};
inline constexpr tar_field tar_time_field{136, 12};
inline constexpr tar_field tar_sum_field{148, 8};
inline constexpr tar_field tar_type_field{156, 1};
inline constexpr tar_field tar_target_field{157, 100};
inline constexpr tar_field tar_magic_field{257, 6};
inline constexpr tar_field tar_version_field{263, 2};
inline constexpr tar_field tar_prefix_field{345, 155};

inline constexpr std::string_view tar_posix_magic{"ustar\0", 6};
inline constexpr std::int64_t tar_second = 1'000'000'000;

[[noreturn]] HOLDFAST_DECL void throw_tar(errc kind, std::string_view path, std::string_view message);

// Writing: what does not fit is cut.
HOLDFAST_DECL void put_tar_text(std::span<char> header, tar_field field, std::string_view text);
HOLDFAST_DECL void put_tar_number(std::span<char> header, tar_field field, std::uint64_t number);
HOLDFAST_DECL void put_tar_checksum(std::span<char, tar_block_size> header);
HOLDFAST_DECL bool fits_tar_text(tar_field field, std::string_view text) noexcept;  // ASCII, too
HOLDFAST_DECL bool fits_tar_number(tar_field field, std::uint64_t number) noexcept;

// Reading: a text ends at its first NUL; a number is octal or, as GNU writes it, to the base 256; the checksum is of
// unsigned or of signed characters. Errors: `corrupt`.
HOLDFAST_DECL std::string_view tar_text(std::span<const std::byte> bytes) noexcept;
HOLDFAST_DECL std::string_view tar_text(std::span<const std::byte> header, tar_field field) noexcept;
HOLDFAST_DECL std::int64_t tar_number(std::span<const std::byte> header, tar_field field);
HOLDFAST_DECL std::uint64_t checked_tar_size(std::int64_t size);
HOLDFAST_DECL void check_tar_checksum(std::span<const std::byte> header);

/// A PAX record: "<length> <keyword>=<value>\n", where the length counts its own digits.
HOLDFAST_DECL std::string pax_record(std::string_view keyword, std::string_view value);

/// Nanoseconds as decimal seconds with a point, e.g. "1.5", "-1.0".
HOLDFAST_DECL std::string pax_time(std::int64_t ns);

/// Reads a decimal number as Python's repr(float) and GNU tar write it, e.g. "1795553232.2867007", "-0.5", "1e-05";
/// cut to whole nanoseconds and to what the type holds. Errors: `corrupt`.
HOLDFAST_DECL std::int64_t parse_pax_time(std::string_view text);

[[noreturn]] HOLDFAST_DECL void throw_pax_record();

/// Reads a decimal integer. Errors: `corrupt`.
template <class Number>
Number pax_number(std::string_view text) {
    Number number{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc() || end != text.data() + text.size()) throw_pax_record();
    return number;
}

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/tar_fields.ipp>
#endif

#endif
