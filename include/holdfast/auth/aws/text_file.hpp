#ifndef HOLDFAST_AUTH_AWS_TEXT_FILE_HPP
#define HOLDFAST_AUTH_AWS_TEXT_FILE_HPP

#include <optional>
#include <string>

#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

/// The bytes of a file of settings or of a token; nothing where there is no such file.
/// Errors: `access_denied` for one that can't be read, `too_large` beyond 4 MiB.
HOLDFAST_DECL std::optional<std::string> read_text_file(const std::string& path);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/text_file.ipp>
#endif

#endif
