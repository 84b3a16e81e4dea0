#ifndef HOLDFAST_AUTH_AWS_IMPL_JSON_CREDENTIALS_IPP
#define HOLDFAST_AUTH_AWS_IMPL_JSON_CREDENTIALS_IPP

#include <holdfast/auth/aws/json_credentials.hpp>

#include <boost/json/parse.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <utility>

#include <holdfast/auth/aws/timestamp.hpp>
#include <holdfast/core/error.hpp>

namespace holdfast::detail {

[[noreturn]] inline void throw_bad_answer(std::string_view source, std::string_view key, std::string_view flaw) {
    throw error(errc::access_denied, "get credentials from " + std::string(source), key,
                "its answer " + std::string(flaw) + "; check what answers there");
}

inline std::string required_key_text(const boost::json::object& answer, std::string_view name, std::string_view source,
                                     std::string_view key) {
    auto text = auth::text_member(answer, name);
    if (!text || text->empty()) throw_bad_answer(source, key, "lacks '" + std::string(name) + "'");
    return *std::move(text);
}

inline std::optional<std::chrono::system_clock::time_point> read_expiration(const boost::json::object& answer,
                                                                            std::string_view source,
                                                                            std::string_view key) {
    const boost::json::value* const end = answer.if_contains("Expiration");
    if (end == nullptr || end->is_null()) return std::nullopt;
    const auto text = auth::text_member(answer, "Expiration");
    if (text && text->empty()) return std::nullopt;
    const auto time = text ? auth::parse_timestamp(*text) : std::nullopt;
    if (!time) throw_bad_answer(source, key, "has an 'Expiration' that is no time");
    return time;
}

}  // namespace holdfast::detail

namespace holdfast::auth {

HOLDFAST_DECL boost::json::object parse_json_object(std::string_view text, std::string_view source,
                                                    std::string_view key) {
    boost::system::error_code failure;
    boost::json::value answer = boost::json::parse({text.data(), text.size()}, failure);
    if (failure || !answer.is_object()) detail::throw_bad_answer(source, key, "is no JSON object");
    return std::move(answer.get_object());
}

HOLDFAST_DECL std::optional<std::string> text_member(const boost::json::object& object, std::string_view name) {
    const boost::json::value* const member = object.if_contains({name.data(), name.size()});
    if (member == nullptr || !member->is_string()) return std::nullopt;
    return std::string(member->get_string());
}

HOLDFAST_DECL aws_credentials read_credentials(const boost::json::object& answer, std::string_view token_name,
                                               std::string_view source, std::string_view key) {
    return {.access_key_id = detail::required_key_text(answer, "AccessKeyId", source, key),
            .secret_access_key = secret(detail::required_key_text(answer, "SecretAccessKey", source, key)),
            .session_token = secret(text_member(answer, token_name).value_or("")),
            .expires = detail::read_expiration(answer, source, key)};
}

}  // namespace holdfast::auth

#endif
