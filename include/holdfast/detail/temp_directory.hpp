#ifndef HOLDFAST_DETAIL_TEMP_DIRECTORY_HPP
#define HOLDFAST_DETAIL_TEMP_DIRECTORY_HPP

#include <filesystem>
#include <string_view>
#include <utility>

#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

/// A new directory that only this user can enter, removed with what is in it when the object goes.
///
/// The removal follows no link and never throws; what it cannot remove stays.
class temp_directory {
public:
    /// Makes `<root>/<label>-<16 random hexadecimal digits>`, and `root` where it is missing.
    /// @param root empty: the system's directory for temporary files
    /// Errors: `access_denied`, `no_space`; `invalid_argument` for a label with '/', and where `root` is no directory.
    HOLDFAST_DECL explicit temp_directory(const std::filesystem::path& root = {}, std::string_view label = "holdfast");

    /// Takes over a directory that is there.
    static temp_directory adopt(std::filesystem::path path) noexcept {
        return temp_directory(std::move(path), adopted{});
    }

    temp_directory(temp_directory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    temp_directory& operator=(temp_directory&& other) noexcept {
        std::swap(path_, other.path_);
        return *this;
    }
    ~temp_directory() { remove(); }

    /// Absolute; empty after `release`.
    const std::filesystem::path& path() const noexcept { return path_; }

    /// Keeps the directory and returns its path.
    std::filesystem::path release() noexcept { return std::exchange(path_, {}); }

private:
    struct adopted {};
    temp_directory(std::filesystem::path path, adopted) noexcept : path_(std::move(path)) {}
    HOLDFAST_DECL void remove() noexcept;

    std::filesystem::path path_;
};

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/temp_directory.ipp>
#endif

#endif
