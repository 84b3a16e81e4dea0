#ifndef HOLDFAST_TESTS_SUPPORT_TREE_BUILDING_HPP
#define HOLDFAST_TESTS_SUPPORT_TREE_BUILDING_HPP

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/system.hpp>

// Directory trees on disk, made and looked at.
namespace tree_building {

namespace fs = std::filesystem;

inline void write_file(const fs::path& path, std::string_view content) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
}

inline std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return (std::ostringstream() << in.rdbuf()).str();
}

inline std::string read_all(const holdfast::byte_source& source) {
    std::string text(source.size(), '\0');
    source.read(0, std::as_writable_bytes(std::span(text)));
    return text;
}

/// What lies below a directory, a line an entry, sorted: kind, path, and content or target; no link is followed.
inline std::vector<std::string> listing(const fs::path& root) {
    std::vector<std::string> lines;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        const std::string name = entry.path().lexically_relative(root).string();
        if (entry.is_symlink()) {
            lines.push_back("link " + name + " -> " + fs::read_symlink(entry.path()).string());
        } else if (entry.is_directory()) {
            lines.push_back("directory " + name);
        } else {
            lines.push_back("file " + name + ": " + read_file(entry.path()));
        }
    }
    std::ranges::sort(lines);
    return lines;
}

inline std::int64_t modified_ns(const fs::path& path) {
    return holdfast::detail::status_of(path, false).modified_ns;
}

inline std::uint32_t mode(const fs::path& path) {
    return holdfast::detail::status_of(path, false).mode;
}

/// The kind of the error that a call throws; `not_thrown` where it throws none.
inline constexpr holdfast::errc not_thrown{};

inline holdfast::errc failure_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const holdfast::error& failure) {
        return failure.kind();
    }
    return not_thrown;
}

}  // namespace tree_building

#endif
