#ifndef HOLDFAST_DETAIL_IMPL_TEMP_DIRECTORY_IPP
#define HOLDFAST_DETAIL_IMPL_TEMP_DIRECTORY_IPP

#include <holdfast/detail/temp_directory.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <string>
#include <system_error>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/hex.hpp>
#include <holdfast/detail/system.hpp>

namespace holdfast::detail {

inline std::filesystem::path temp_directory_root(const std::filesystem::path& root) {
    std::error_code failure;
    const auto given = root.empty() ? std::filesystem::temp_directory_path(failure) : root;
    if (failure) throw error::from_errno(failure.value(), "find temporary directory", "TMPDIR");
    auto chosen = std::filesystem::absolute(given, failure);
    if (failure) throw error::from_errno(failure.value(), "find directory", given.string());
    make_directories(chosen);
    return chosen;
}

inline std::string temp_directory_name(std::string_view label) {
    if (label.find('/') != std::string_view::npos) {
        throw error(errc::invalid_argument, "create directory", label, "a label is one name; remove the '/'");
    }
    std::array<std::byte, 8> random{};
    random_bytes(random);
    return std::string(label) + "-" + to_hex(random);
}

HOLDFAST_DECL temp_directory::temp_directory(const std::filesystem::path& root, std::string_view label) {
    auto chosen = temp_directory_root(root) / temp_directory_name(label);
    make_directory(chosen, 0700);
    path_ = std::move(chosen);
}

HOLDFAST_DECL void temp_directory::remove() noexcept {
    if (path_.empty()) return;
    try {
        remove_tree(path_);
    } catch (const std::exception&) {
        // nobody is left to tell; what could not be removed stays
    }
}

}  // namespace holdfast::detail

#endif
