#ifndef HOLDFAST_METAFLOW_IMPL_MODEL_DOCUMENT_IPP
#define HOLDFAST_METAFLOW_IMPL_MODEL_DOCUMENT_IPP

#include <holdfast/metaflow/model_document.hpp>

#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/metaflow/document_fields.hpp>
#include <holdfast/metaflow/layout.hpp>

namespace holdfast {

namespace detail {

inline void check_model_type(const document_fields& fields, std::string_view origin) {
    const std::string type = fields.required_text("type");
    if (type == "model") return;
    throw error(errc::incompatible_type, "read document", origin,
                type == "checkpoint" ? "it describes a checkpoint, not a model; load it with load_model"
                                     : "its 'type' is not \"model\"; give a model's reference");
}

inline model_reference read_model(const document_fields& read, std::string_view origin) {
    model_reference reference;
    check_model_type(read, origin);
    read_common_fields(read, origin, reference);
    reference.model_id = read.required_text("model_uuid");
    if (metaflow::parse_model_key(reference.key) != reference.model_id) {
        throw_bad_document(origin, "model_uuid", "is not what 'key' says");
    }
    reference.pathspec = read.required_text("pathspec");
    reference.attempt = read.required_digits("attempt");
    reference.storage_format = read.required_text("storage_format");
    reference.label = read.optional_text("label").value_or(metaflow::label_of_model_id(reference.model_id));
    reference.source = read.optional_text("source").value_or("");
    return reference;
}

}  // namespace detail

namespace metaflow {

HOLDFAST_DECL model_reference parse_model_document(const boost::json::object& fields, std::string_view origin) {
    return detail::read_document_object(fields, origin, detail::read_model);
}

HOLDFAST_DECL model_reference parse_model_document(std::string text, std::string_view origin) {
    return detail::read_document_text(std::move(text), origin, detail::read_model);
}

HOLDFAST_DECL void write_document(model_reference& reference, const boost::json::object& metadata,
                                  std::string_view manifest_sha256) {
    boost::json::object fields;
    fields["pathspec"] = reference.pathspec;
    fields["attempt"] = detail::attempt_value(reference, false);
    fields["key"] = reference.key;
    fields["created_on"] = reference.created_on;
    fields["type"] = "model";
    fields["url"] = reference.url;
    fields["model_uuid"] = reference.model_id;
    fields["metadata"] = metadata;
    fields["source"] = reference.source;
    fields["storage_format"] = reference.storage_format;
    fields["serializer"] = reference.storage_format;
    fields["label"] = reference.label;
    fields["size"] = reference.size;
    detail::add_own(fields, manifest_sha256);
    reference.text = detail::strict_json_text(fields, reference.key);
}

}  // namespace metaflow
}  // namespace holdfast

#endif
