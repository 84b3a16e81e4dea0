#ifndef HOLDFAST_METAFLOW_SPELLING_HPP
#define HOLDFAST_METAFLOW_SPELLING_HPP

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

#include <holdfast/detail/utf8.hpp>

// How numbers, digests and names are spelled in the keys and documents of a store.
namespace holdfast::detail {

inline constexpr std::size_t pathspec_hash_size = 8;
inline constexpr std::size_t identifier_size = 12;
inline constexpr std::size_t sha256_text_size = 64;
inline constexpr std::size_t model_uuid_size = 32;

inline bool is_decimal(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Lower-case hexadecimal digits of exactly this number.
inline bool is_hash_text(std::string_view text, std::size_t size) {
    return text.size() == size &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

inline bool has_control_character(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; });
}

// What keeps a text from being one part of a key that Python can read; empty where nothing does.
inline std::string_view key_part_flaw(std::string_view text) {
    if (text.empty()) return "is empty";
    if (text.find('/') != std::string_view::npos) return "holds '/', which separates the parts of a path";
    if (text.find('?') != std::string_view::npos) return "holds '?', where Metaflow's S3 client cuts a key off";
    if (!is_utf8(text)) return "is not UTF-8";
    if (has_control_character(text)) return "holds a control character";
    return {};
}

// A count that an int64 holds, without leading zeros, so that a number has one spelling.
inline std::optional<std::uint64_t> parse_count(std::string_view text) {
    if (!is_decimal(text) || (text.size() > 1 && text.front() == '0')) return std::nullopt;
    std::int64_t count = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), count).ec != std::errc()) return std::nullopt;
    return static_cast<std::uint64_t>(count);
}

/// The first parts of a path; nothing where it has fewer.
inline std::optional<std::string_view> first_parts(std::string_view path, std::size_t count) {
    std::size_t end = 0;
    for (std::size_t part = 0; part < count; ++part) {
        if (end == std::string_view::npos) return std::nullopt;
        end = path.find('/', part == 0 ? 0 : end + 1);
    }
    return path.substr(0, end);
}

}  // namespace holdfast::detail

#endif
