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
/// The document itself is kept as its text, which a list of ten thousand can afford; `fields` and `metadata` take it
/// apart at every call, so keep what they return.
/// Wire: `MetaflowDataArtifactReference` of metaflow-checkpoint.
struct artifact_document {
    std::string key;
    std::string url;
    std::string pathspec;
    std::string attempt = "0";   ///< digits; a document may carry text or a number
    std::string created_on;      ///< local time, ISO 8601 without zone
    std::uint64_t size = 0;      ///< bytes
    std::string storage_format;  ///< "files" or "tar"
    std::string text;            ///< the document as JSON; empty until it was read or written

    /// The JSON text as it is stored.
    std::string to_json() const { return text; }

    /// The whole document, also the fields that this library does not know; empty where `text` is.
    HOLDFAST_DECL boost::json::object fields() const;

    /// The user's own.
    HOLDFAST_DECL boost::json::object metadata() const;

    /// The digest of the manifest that travels with the data; nothing where Python wrote it.
    HOLDFAST_DECL std::optional<std::string> manifest_sha256() const;
};

/// Reads the user's metadata from JSON text as Python writes it, NaN and Infinity included.
/// Errors: `invalid_argument` where it is no JSON object.
HOLDFAST_DECL boost::json::object parse_metadata(std::string_view text);

/// A value as Python's `json.dumps` spells it.
HOLDFAST_DECL std::string to_python_json(const boost::json::value& value);

namespace detail {

// The same of a document's fields.
HOLDFAST_DECL std::optional<std::string> manifest_sha256_of(const boost::json::object& fields);

}  // namespace detail
}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/metaflow/impl/artifact_document.ipp>
#endif

#endif
