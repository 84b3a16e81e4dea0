#ifndef HOLDFAST_METAFLOW_DOCUMENT_HPP
#define HOLDFAST_METAFLOW_DOCUMENT_HPP

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/detail/config.hpp>

namespace holdfast {

/// A checkpoint's document: the reference that Python returns, hands around and stores, as a typed value.
///
/// Fields that this library does not know are kept in `fields` and written back.
/// Wire: `CheckpointArtifact` of metaflow-checkpoint.
struct checkpoint_reference {
    std::string key;
    std::string url;
    std::string pathspec;
    std::string pathspec_hash;
    std::string attempt = "0";  ///< digits; a document may carry text or a number
    std::string name;
    std::uint64_t version = 0;     ///< `version_id`
    std::string created_on;        ///< local time, ISO 8601 without zone
    std::uint64_t size = 0;        ///< bytes
    std::string storage_format;    ///< "files" or "tar"
    boost::json::object metadata;  ///< the user's own
    boost::json::object fields;    ///< the whole document as it was read, or is to be written
    std::string text;              ///< the document's text as it was read; empty for one made here

    /// The JSON text as it is stored: `text` where the document was read, else `fields` in Python's spelling.
    HOLDFAST_DECL std::string to_json() const;

    /// The digest of the manifest that travels with the checkpoint; nothing where Python wrote it.
    HOLDFAST_DECL std::optional<std::string> manifest_sha256() const;
};

/// Reads the user's metadata from JSON text as Python writes it, NaN and Infinity included.
/// Errors: `invalid_argument` where it is no JSON object.
HOLDFAST_DECL boost::json::object parse_metadata(std::string_view text);

/// A value as Python's `json.dumps` spells it.
HOLDFAST_DECL std::string to_python_json(const boost::json::value& value);

namespace metaflow {

/// Reads a checkpoint's document or reference. Accepts NaN and Infinity, `attempt` and `version_id` as text or
/// number; missing optional fields are filled from the key.
/// Errors: `corrupt` where it is no JSON object or lacks `key`, `url`, `type` or `created_on`;
/// `incompatible_type` where `type` is another kind's.
/// @param origin the object's key or "the reference", for messages
HOLDFAST_DECL checkpoint_reference parse_checkpoint_document(std::string_view text, std::string_view origin);
HOLDFAST_DECL checkpoint_reference parse_checkpoint_document(boost::json::object fields, std::string_view origin);

/// Fills `fields` from the typed members of a new checkpoint, in Python's order; non-finite numbers of the
/// metadata become the texts "NaN", "Infinity", "-Infinity", so that the document is JSON for everyone.
HOLDFAST_DECL void write_fields(checkpoint_reference& reference, bool attempt_is_text,
                                std::string_view manifest_sha256);

}  // namespace metaflow
}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/metaflow/impl/document.ipp>
#endif

#endif
