#ifndef HOLDFAST_AUTH_AWS_JSON_CREDENTIALS_HPP
#define HOLDFAST_AUTH_AWS_JSON_CREDENTIALS_HPP

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

/// An answer that is a JSON object. Errors: `access_denied`, which never holds the text.
/// @param source, key who answered, for messages
HOLDFAST_DECL boost::json::object parse_json_object(std::string_view text, std::string_view source,
                                                    std::string_view key);

/// The text of a member; nothing where it is missing, null or no text.
HOLDFAST_DECL std::optional<std::string> text_member(const boost::json::object& object, std::string_view name);

/// `AccessKeyId`, `SecretAccessKey`, the token and `Expiration` of an answer.
/// @param token_name "Token" or "SessionToken"; the answer may lack it, and `Expiration`
/// Errors: `access_denied`, naming the member that is missing or wrong.
HOLDFAST_DECL aws_credentials read_credentials(const boost::json::object& answer, std::string_view token_name,
                                               std::string_view source, std::string_view key);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/json_credentials.ipp>
#endif

#endif
