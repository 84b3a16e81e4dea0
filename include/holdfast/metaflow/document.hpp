#ifndef HOLDFAST_METAFLOW_DOCUMENT_HPP
#define HOLDFAST_METAFLOW_DOCUMENT_HPP

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include <holdfast/detail/config.hpp>
#include <holdfast/metaflow/artifact_document.hpp>

namespace holdfast {

/// A checkpoint's document, or that of a hub entry. Wire: `CheckpointArtifact` of metaflow-checkpoint.
struct checkpoint_reference : artifact_document {
    std::string pathspec_hash;
    std::string name;
    std::uint64_t version = 0;  ///< `version_id`
};

namespace metaflow {

/// Reads a checkpoint's document or reference. Accepts NaN and Infinity, `attempt` and `version_id` as text or
/// number; missing optional fields are filled from the key.
/// Errors: `corrupt` where it is no JSON object or lacks `key`, `url`, `type` or `created_on`;
/// `incompatible_type` where `type` is another kind's.
/// @param origin the object's key or "the reference", for messages
HOLDFAST_DECL checkpoint_reference parse_checkpoint_document(std::string text, std::string_view origin);
HOLDFAST_DECL checkpoint_reference parse_checkpoint_document(const boost::json::object& fields,
                                                             std::string_view origin);

/// Writes `text` from the typed members of a new checkpoint, in Python's order; non-finite numbers of the
/// metadata become the texts "NaN", "Infinity", "-Infinity", so that the document is JSON for everyone.
/// Errors: `invalid_argument` for metadata that could not be read back, and an attempt that is no number.
/// @param manifest_sha256 empty for none
/// @param parent the key of the checkpoint that this state came from; empty for none
HOLDFAST_DECL void write_document(checkpoint_reference& reference, const boost::json::object& metadata,
                                  bool attempt_is_text, std::string_view manifest_sha256, std::string_view parent = {});

}  // namespace metaflow
}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/metaflow/impl/document.ipp>
#endif

#endif
