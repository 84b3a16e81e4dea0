#ifndef HOLDFAST_METAFLOW_MODEL_DOCUMENT_HPP
#define HOLDFAST_METAFLOW_MODEL_DOCUMENT_HPP

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

#include <holdfast/detail/config.hpp>
#include <holdfast/metaflow/artifact_document.hpp>

namespace holdfast {

/// A model's document. Wire: `ModelArtifact` of metaflow-checkpoint.
struct model_reference : artifact_document {
    std::string model_id;         ///< `model_uuid`: "<label>_<32 hexadecimal digits>"
    std::string label;            ///< Python leaves this field empty; it is read from the id then
    std::string source = "task";  ///< where it came from
};

namespace metaflow {

/// Reads a model's document or reference. Accepts NaN and Infinity, and `attempt` as text or number.
/// Errors: `corrupt` where it is no JSON object, lacks a field that Python requires, or is not that of its own key;
/// `key_not_compatible` for the key; `incompatible_type` where `type` is another kind's.
/// @param origin the object's key or "the reference", for messages
HOLDFAST_DECL model_reference parse_model_document(std::string text, std::string_view origin);
HOLDFAST_DECL model_reference parse_model_document(const boost::json::object& fields, std::string_view origin);

/// Writes `text` from the typed members of a new model, in Python's order; otherwise as for a checkpoint. The
/// attempt is a number whatever the environment says: Python refuses a model with a text there.
HOLDFAST_DECL void write_document(model_reference& reference, const boost::json::object& metadata,
                                  std::string_view manifest_sha256);

}  // namespace metaflow
}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/metaflow/impl/model_document.ipp>
#endif

#endif
