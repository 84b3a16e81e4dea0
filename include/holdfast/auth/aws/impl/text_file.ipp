#ifndef HOLDFAST_AUTH_AWS_IMPL_TEXT_FILE_IPP
#define HOLDFAST_AUTH_AWS_IMPL_TEXT_FILE_IPP

#include <holdfast/auth/aws/text_file.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <system_error>

#include <holdfast/core/error.hpp>

namespace holdfast::auth {

HOLDFAST_DECL std::optional<std::string> read_text_file(const std::string& path) {
    constexpr std::size_t limit = 4U << 20;
    std::error_code failure;
    const auto status = std::filesystem::status(path, failure);
    if (!std::filesystem::exists(status) || std::filesystem::is_directory(status)) {
        if (!failure || status.type() == std::filesystem::file_type::not_found) return std::nullopt;
        throw error(errc::access_denied, "read", path,
                    "the file can't be looked at; check its directory's permissions");
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) throw error(errc::access_denied, "read", path, "the file can't be opened; check its permissions");
    std::string text(limit + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) throw error(errc::io_failure, "read", path, "the file can't be read");
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > limit) throw error(errc::too_large, "read", path, "the file is larger than 4 MiB; name another");
    return text;
}

}  // namespace holdfast::auth

#endif
