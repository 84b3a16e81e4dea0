#ifndef HOLDFAST_METAFLOW_IMPL_ARTIFACT_PLACE_IPP
#define HOLDFAST_METAFLOW_IMPL_ARTIFACT_PLACE_IPP

#include <holdfast/metaflow/artifact_place.hpp>

#include <holdfast/metaflow/layout.hpp>
#include <holdfast/metaflow/spelling.hpp>

namespace holdfast {

namespace detail {

inline std::optional<std::string_view> path_below(std::string_view object, std::string_view prefix) {
    if (!object.starts_with(prefix) || object.size() < prefix.size() + 2) return std::nullopt;
    return object.substr(prefix.size() + 1);
}

}  // namespace detail

namespace metaflow {

HOLDFAST_DECL std::string artifact_place::data_prefix() const {
    return std::string(root) + "/artifacts";
}

HOLDFAST_DECL std::string artifact_place::documents_prefix() const {
    return std::string(root) + "/artifact_metadata";
}

HOLDFAST_DECL std::optional<std::string> artifact_place::key_of_data(std::string_view object) const {
    const auto path = detail::path_below(object, data_prefix());
    const auto name = path ? detail::first_parts(*path, name_parts) : std::nullopt;
    if (!name) return std::nullopt;
    auto key = data_prefix() + "/" + std::string(*name);
    const bool is_model = name_parts == 1;
    if (!is_model && !parse_checkpoint_key_id(key)) return std::nullopt;
    return key;
}

HOLDFAST_DECL std::optional<std::string> artifact_place::key_of_document(std::string_view object) const {
    constexpr std::string_view suffix = ".metadata";
    const auto path = detail::path_below(object, documents_prefix());
    if (!path || !path->ends_with(suffix)) return std::nullopt;
    return data_prefix() + "/" + std::string(path->substr(0, path->size() - suffix.size()));
}

}  // namespace metaflow
}  // namespace holdfast

#endif
