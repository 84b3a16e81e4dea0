#ifndef HOLDFAST_METAFLOW_ARTIFACT_PLACE_HPP
#define HOLDFAST_METAFLOW_ARTIFACT_PLACE_HPP

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/detail/config.hpp>

namespace holdfast::metaflow {

/// Where a store keeps the artifacts of one kind: "<root>/artifacts/<name>" holds the data, as one object or as many
/// below it, "<root>/artifact_metadata/<name>.metadata" the document without which nobody loads them.
struct artifact_place {
    std::string_view root;
    std::size_t name_parts;  ///< of the path that names an artifact

    HOLDFAST_DECL std::string data_prefix() const;
    HOLDFAST_DECL std::string documents_prefix() const;

    /// The key of the artifact that an object belongs to; nothing for objects of others.
    HOLDFAST_DECL std::optional<std::string> key_of_data(std::string_view object) const;
    HOLDFAST_DECL std::optional<std::string> key_of_document(std::string_view object) const;
};

/// Of checkpoints, hub entries and models.
inline constexpr std::array<artifact_place, 3> artifact_places{
    {{"mf.checkpoints/checkpoints", 5}, {"mf.huggingface_hub/checkpoints", 5}, {"mf.models/models", 1}}};

}  // namespace holdfast::metaflow

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/metaflow/impl/artifact_place.ipp>
#endif

#endif
