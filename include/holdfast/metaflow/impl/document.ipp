#ifndef HOLDFAST_METAFLOW_IMPL_DOCUMENT_IPP
#define HOLDFAST_METAFLOW_IMPL_DOCUMENT_IPP

#include <holdfast/metaflow/document.hpp>

#include <boost/json/value.hpp>

#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/metaflow/document_fields.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/metaflow/spelling.hpp>

namespace holdfast {

namespace detail {

inline void check_document_type(const document_fields& fields, std::string_view origin) {
    const std::string type = fields.required_text("type");
    if (type == "checkpoint") return;
    throw error(errc::incompatible_type, "read document", origin,
                type == "model" ? "it describes a model, not a checkpoint; load it with load_model"
                                : "its 'type' is not \"checkpoint\"; give a checkpoint's reference");
}

// Where the document and its own key disagree, one of them was changed.
inline void fill_from_key(std::string_view origin, std::string_view name, std::string& field,
                          std::optional<std::string> read, const std::string* in_key) {
    if (read && in_key && *read != *in_key) throw_bad_document(origin, name, "is not what 'key' says");
    if (!read && !in_key) throw_bad_document(origin, name, "is missing, and 'key' does not say it");
    field = read ? std::move(*read) : *in_key;
}

inline void read_checkpoint_id(const document_fields& fields, std::string_view origin,
                               checkpoint_reference& reference) {
    // nothing for a key with a name of Python's that cannot be told from the rest of it, such as "a.0.b.1/c"
    const auto id = metaflow::parse_checkpoint_key_id(reference.key);
    const std::string version_in_key = id ? std::to_string(id->version) : std::string();
    fill_from_key(origin, "pathspec_hash", reference.pathspec_hash, fields.optional_text("pathspec_hash"),
                  id ? &id->pathspec_hash : nullptr);
    fill_from_key(origin, "attempt", reference.attempt, fields.optional_digits("attempt"), id ? &id->attempt : nullptr);
    fill_from_key(origin, "name", reference.name, fields.optional_name("name"), id ? &id->name : nullptr);
    std::string version;
    fill_from_key(origin, "version_id", version, fields.optional_digits("version_id"), id ? &version_in_key : nullptr);
    reference.version = *parse_count(version);
}

inline checkpoint_reference read_checkpoint(const document_fields& read, std::string_view origin) {
    checkpoint_reference reference;
    check_document_type(read, origin);
    read_common_fields(read, origin, reference);
    reference.pathspec = read.optional_text("pathspec").value_or("");
    reference.storage_format = read.optional_text("storage_format").value_or("files");
    read_checkpoint_id(read, origin, reference);
    return reference;
}

}  // namespace detail

namespace metaflow {

HOLDFAST_DECL checkpoint_reference parse_checkpoint_document(const boost::json::object& fields,
                                                             std::string_view origin) {
    return detail::read_document_object(fields, origin, detail::read_checkpoint);
}

HOLDFAST_DECL checkpoint_reference parse_checkpoint_document(std::string text, std::string_view origin) {
    return detail::read_document_text(std::move(text), origin, detail::read_checkpoint);
}

HOLDFAST_DECL void write_document(checkpoint_reference& reference, const boost::json::object& metadata,
                                  bool attempt_is_text, std::string_view manifest_sha256, std::string_view parent) {
    boost::json::object fields;
    fields["size"] = reference.size;
    fields["pathspec"] = reference.pathspec;
    fields["pathspec_hash"] = reference.pathspec_hash;
    fields["attempt"] = detail::attempt_value(reference, attempt_is_text);
    fields["key"] = reference.key;
    fields["type"] = "checkpoint";
    fields["url"] = reference.url;
    fields["name"] = reference.name;
    fields["created_on"] = reference.created_on;
    fields["metadata"] = metadata;
    fields["storage_format"] = reference.storage_format;
    fields["creation_context"] = "task";
    fields["version_id"] = reference.version;
    detail::add_own(fields, manifest_sha256, parent);
    reference.text = detail::strict_json_text(fields, reference.key);
}

}  // namespace metaflow
}  // namespace holdfast

#endif
