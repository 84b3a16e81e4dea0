#ifndef HOLDFAST_TESTS_SUPPORT_TAR_BUILDING_HPP
#define HOLDFAST_TESTS_SUPPORT_TAR_BUILDING_HPP

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include <holdfast/detail/tar_codec.hpp>

// Archives made block by block, so that a test can say what no writer would.
namespace tar_building {

using holdfast::detail::tar_entry;
using holdfast::detail::tar_type;

inline std::string padded(std::string bytes) {
    bytes.append(holdfast::detail::tar_padding(bytes.size()), '\0');
    return bytes;
}

/// A header block with `text` at `offset` and the checksum made right again.
inline std::string patched(std::string block, std::size_t offset, std::string_view text) {
    block.replace(offset, text.size(), text);
    block.replace(148, 8, 8, ' ');
    unsigned sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    char digits[8];
    std::snprintf(digits, sizeof digits, "%06o", sum & 0777777U);
    return block.replace(148, 7, digits, 7);
}

inline std::string member(const tar_entry& entry, std::string content = {}) {
    return holdfast::detail::encode_tar_entry(entry) + padded(std::move(content));
}

inline std::string file(std::string path, std::string content, unsigned mode = 0644) {
    const tar_entry entry{.path = std::move(path), .mode = mode, .size = content.size(), .target = {}};
    return member(entry, std::move(content));
}

inline std::string directory(std::string path, unsigned mode = 0755) {
    return member({.path = std::move(path), .type = tar_type::directory, .mode = mode, .target = {}});
}

inline std::string link(tar_type type, std::string path, std::string target) {
    return member({.path = std::move(path), .type = type, .mode = 0777, .target = std::move(target)});
}

inline std::string symlink(std::string path, std::string target) {
    return link(tar_type::symlink, std::move(path), std::move(target));
}

inline std::string hard_link(std::string path, std::string target) {
    return link(tar_type::hard_link, std::move(path), std::move(target));
}

/// A member of any type: 'x', 'g', 'L', 'K' and whatever else.
inline std::string typed(char type, std::string content, std::string path = "extension") {
    const tar_entry entry{.path = std::move(path), .size = content.size(), .target = {}};
    return patched(holdfast::detail::encode_tar_entry(entry), 156, std::string_view(&type, 1)) +
           padded(std::move(content));
}

/// A PAX record.
inline std::string record(std::string_view keyword, std::string_view value) {
    const std::size_t rest = keyword.size() + value.size() + 3;
    std::size_t size = rest + 1;
    while (rest + std::to_string(size).size() != size) ++size;
    return std::to_string(size).append(" ").append(keyword).append("=").append(value).append("\n");
}

inline std::string end() {
    return std::string(1024, '\0');
}

}  // namespace tar_building

#endif
