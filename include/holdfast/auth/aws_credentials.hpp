#ifndef HOLDFAST_AUTH_AWS_CREDENTIALS_HPP
#define HOLDFAST_AUTH_AWS_CREDENTIALS_HPP

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include <holdfast/core/secret.hpp>

namespace holdfast::auth {

/// What signs a request to AWS.
struct aws_credentials {
    std::string access_key_id;
    secret secret_access_key;
    secret session_token = {};                                          ///< empty for a long-lived key
    std::optional<std::chrono::system_clock::time_point> expires = {};  ///< none: never
};

/// Whether a service can't tell one from the other.
inline bool are_same(const aws_credentials& left, const aws_credentials& right) {
    return left.access_key_id == right.access_key_id && left.session_token == right.session_token;
}

/// Answers with credentials that are good now, or with nothing where this source has none.
/// Thread safety: callable by many threads at once.
/// Errors: `not_configured` where a file or a variable is wrong or incomplete; `access_denied` where the source
/// refuses or answers wrongly; `unavailable` and `timed_out` where asking again may help. No error holds a secret.
using aws_credentials_provider = std::function<std::optional<aws_credentials>()>;

}  // namespace holdfast::auth

#endif
