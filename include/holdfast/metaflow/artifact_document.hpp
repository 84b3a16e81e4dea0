#ifndef HOLDFAST_METAFLOW_ARTIFACT_DOCUMENT_HPP
#define HOLDFAST_METAFLOW_ARTIFACT_DOCUMENT_HPP

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/detail/config.hpp>

namespace holdfast {

/// What the documents of checkpoints and models have in common: the reference that Python returns, hands around and
/// stores, as a typed value.
///
/// Fields that this library does not know are kept in `fields` and written back.
/// Wire: `MetaflowDataArtifactReference` of metaflow-checkpoint.
struct artifact_document {
    std::string key;
    std::string url;
    std::string pathspec;
    std::string attempt = "0";     ///< digits; a document may carry text or a number
    std::string created_on;        ///< local time, ISO 8601 without zone
    std::uint64_t size = 0;        ///< bytes
    std::string storage_format;    ///< "files" or "tar"
    boost::json::object metadata;  ///< the user's own
    boost::json::object fields;    ///< the whole document as it was read, or is to be written
    std::string text;              ///< the document's text as it was read; empty for one made here

    /// The JSON text as it is stored: `text` where the document was read, else `fields` in Python's spelling.
    HOLDFAST_DECL std::string to_json() const;

    /// The digest of the manifest that travels with the data; nothing where Python wrote it.
    HOLDFAST_DECL std::optional<std::string> manifest_sha256() const;
};

/// Reads the user's metadata from JSON text as Python writes it, NaN and Infinity included.
/// Errors: `invalid_argument` where it is no JSON object.
HOLDFAST_DECL boost::json::object parse_metadata(std::string_view text);

/// A value as Python's `json.dumps` spells it.
HOLDFAST_DECL std::string to_python_json(const boost::json::value& value);

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/metaflow/impl/artifact_document.ipp>
#endif

#endif
