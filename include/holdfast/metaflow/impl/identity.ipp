#ifndef HOLDFAST_METAFLOW_IMPL_IDENTITY_IPP
#define HOLDFAST_METAFLOW_IMPL_IDENTITY_IPP

#include <holdfast/metaflow/identity.hpp>

#include <boost/json/string.hpp>

#include <holdfast/detail/digest.hpp>
#include <holdfast/detail/python_json.hpp>
#include <holdfast/metaflow/config.hpp>
#include <holdfast/metaflow/spelling.hpp>

namespace holdfast {

namespace detail {

inline std::string hash_of_foreach_stack(std::span<const boost::json::value> values) {
    std::string hashes;
    for (const boost::json::value& value : values) hashes += metaflow::json_hash(value);
    return hashes;
}

// The salt is hashed before it joins the stack, whose every value is hashed.
inline std::string hash_of_identity_salt(std::string_view salt) {
    return metaflow::json_hash(boost::json::string(metaflow::json_hash(boost::json::string(salt))));
}

// The lowest in bytewise order, where Python takes any.
template <class Predicate>
const std::string* lowest_tag(std::span<const std::string> tags, Predicate is_wanted) {
    const std::string* lowest = nullptr;
    for (const std::string& tag : tags) {
        if (is_wanted(tag) && (lowest == nullptr || tag < *lowest)) lowest = &tag;
    }
    return lowest;
}

inline bool is_user_name(const std::optional<std::string>& name) {
    return name && !name->empty() && *name != "root";
}

}  // namespace detail

namespace metaflow {

HOLDFAST_DECL std::string json_hash(const boost::json::value& value) {
    return detail::sha256_hex(detail::dump_python_json(value, {.sort_keys = true}));
}

HOLDFAST_DECL std::string pathspec_hash(std::string_view pathspec) {
    return json_hash(boost::json::string(pathspec)).substr(0, detail::pathspec_hash_size);
}

HOLDFAST_DECL std::string task_identifier(std::string_view step) {
    return json_hash(boost::json::string(step)).substr(0, detail::identifier_size);
}

HOLDFAST_DECL std::string foreach_task_identifier(std::span<const boost::json::value> values) {
    const std::string hashes =
        detail::hash_of_foreach_stack(values) + detail::hash_of_identity_salt("foreach-task-entropy");
    return detail::sha256_hex(hashes).substr(0, detail::identifier_size);
}

HOLDFAST_DECL std::string gang_task_identifier(std::span<const boost::json::value> outer, std::int64_t index) {
    const std::string hashes = detail::hash_of_foreach_stack(outer) + json_hash(index) +
                               detail::hash_of_identity_salt("parallel-task-entropy");
    return detail::sha256_hex(hashes).substr(0, detail::identifier_size);
}

HOLDFAST_DECL std::string scope_of_namespace(std::string_view name) {
    return detail::sha256_hex(name).substr(0, detail::identifier_size);
}

HOLDFAST_DECL std::optional<std::string> scope_of_tags(std::span<const std::string> tags) {
    constexpr std::string_view mark = "checkpoint:";
    const std::string* tag =
        detail::lowest_tag(tags, [mark](const std::string& text) { return text.starts_with(mark); });
    if (tag == nullptr) {
        tag = detail::lowest_tag(tags, [mark](const std::string& text) { return text.find(mark) != text.npos; });
    }
    if (tag == nullptr) return std::nullopt;
    const std::string_view rest = std::string_view(*tag).substr(tag->find(':') + 1);
    return scope_of_namespace(rest.substr(0, rest.find(':')));
}

HOLDFAST_DECL std::string current_namespace(const environment& surroundings) {
    const std::optional<std::string> token = surroundings.get("METAFLOW_PRODUCTION_TOKEN");
    if (token && !token->empty()) return "production:" + *token;
    if (const auto user = configuration(surroundings).get("USER"); detail::is_user_name(user)) return "user:" + *user;
    for (const char* variable : {"SUDO_USER", "USERNAME", "USER"}) {
        if (const auto user = surroundings.get(variable); detail::is_user_name(user)) return "user:" + *user;
    }
    return "user:root";
}

}  // namespace metaflow
}  // namespace holdfast

#endif
