#ifndef HOLDFAST_METAFLOW_IMPL_DOCUMENT_IPP
#define HOLDFAST_METAFLOW_IMPL_DOCUMENT_IPP

#include <holdfast/metaflow/document.hpp>

#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/python_json.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/metaflow/spelling.hpp>

namespace holdfast {

namespace detail {

[[noreturn]] inline void throw_bad_document(std::string_view origin, std::string_view field, std::string_view message) {
    throw error(errc::corrupt, "read document", origin,
                "field '" + std::string(field) + "' " + std::string(message) +
                    "; the document is not as a checkpoint's writer left it");
}

// Reads fields of one document; a field that is null counts as missing.
class document_fields {
public:
    document_fields(const boost::json::object& fields, std::string_view origin) : fields_(fields), origin_(origin) {}

    std::string required_text(std::string_view name) const {
        std::optional<std::string> text = optional_text(name);
        if (!text) throw_bad_document(origin_, name, "is missing");
        return std::move(*text);
    }

    std::optional<std::string> optional_text(std::string_view name) const {
        const boost::json::value* field = find(name);
        if (field == nullptr) return std::nullopt;
        if (!field->is_string()) throw_bad_document(origin_, name, "is no text");
        return std::string(field->get_string());
    }

    std::optional<std::uint64_t> optional_count(std::string_view name) const {
        const boost::json::value* field = find(name);
        if (field == nullptr) return std::nullopt;
        const std::int64_t* number = field->if_int64();
        if (number == nullptr || *number < 0) throw_bad_document(origin_, name, "is no count below 2^63");
        return static_cast<std::uint64_t>(*number);
    }

    std::optional<std::string> optional_digits(std::string_view name) const {
        const boost::json::value* field = find(name);
        if (field == nullptr) return std::nullopt;
        if (!field->is_string()) return std::to_string(*optional_count(name));
        std::string digits(field->get_string());
        if (!parse_count(digits)) throw_bad_document(origin_, name, "is no count below 2^63");
        return digits;
    }

    boost::json::object object_or_empty(std::string_view name) const {
        const boost::json::value* field = find(name);
        if (field == nullptr) return {};
        if (!field->is_object()) throw_bad_document(origin_, name, "is no JSON object");
        return field->get_object();
    }

private:
    const boost::json::value* find(std::string_view name) const {
        const boost::json::value* field = fields_.if_contains(name);
        return field != nullptr && !field->is_null() ? field : nullptr;
    }

    const boost::json::object& fields_;
    std::string_view origin_;
};

inline void check_document_type(const document_fields& fields, std::string_view origin) {
    const std::string type = fields.required_text("type");
    if (type == "checkpoint") return;
    throw error(errc::incompatible_type, "read document", origin,
                type == "model" ? "it describes a model, not a checkpoint; load it with load_model"
                                : "its 'type' is not \"checkpoint\"; give a checkpoint's reference");
}

// Where the document and its own key disagree, one of them was changed.
inline void fill_from_key(std::string_view origin, std::string_view name, std::string& field,
                          std::optional<std::string> read, const std::optional<std::string>& in_key) {
    if (read && in_key && *read != *in_key) throw_bad_document(origin, name, "is not what 'key' says");
    if (!read && !in_key) throw_bad_document(origin, name, "is missing, and 'key' does not say it");
    field = read ? std::move(*read) : *in_key;
}

// Nothing for a key that Python wrote with a name that cannot be told from the rest of it.
inline std::optional<metaflow::checkpoint_id> checkpoint_id_in_key(std::string_view key) {
    try {
        return metaflow::parse_checkpoint_key(key).id;
    } catch (const error&) {
        return std::nullopt;
    }
}

inline void read_checkpoint_id(const document_fields& fields, std::string_view origin,
                               checkpoint_reference& reference) {
    const auto id = checkpoint_id_in_key(reference.key);
    const auto in_key = [&id](auto member) { return id ? std::optional<std::string>(member(*id)) : std::nullopt; };
    fill_from_key(origin, "pathspec_hash", reference.pathspec_hash, fields.optional_text("pathspec_hash"),
                  in_key([](const auto& parts) { return parts.pathspec_hash; }));
    fill_from_key(origin, "attempt", reference.attempt, fields.optional_digits("attempt"),
                  in_key([](const auto& parts) { return parts.attempt; }));
    fill_from_key(origin, "name", reference.name, fields.optional_text("name"),
                  in_key([](const auto& parts) { return parts.name; }));
    std::string version;
    fill_from_key(origin, "version_id", version, fields.optional_digits("version_id"),
                  in_key([](const auto& parts) { return std::to_string(parts.version); }));
    reference.version = *parse_count(version);
}

inline void check_own_field(const checkpoint_reference& reference, std::string_view origin) {
    if (reference.fields.contains("holdfast") && !reference.manifest_sha256()) {
        throw_bad_document(origin, "holdfast", "holds no manifest digest");
    }
}

inline boost::json::value attempt_value(const checkpoint_reference& reference, bool is_text) {
    const auto number = parse_count(reference.attempt);
    if (!number) {
        throw error(errc::invalid_argument, "write document", reference.key,
                    "the attempt is no number; give decimal digits");
    }
    if (is_text) return boost::json::value(boost::json::string(reference.attempt));
    return static_cast<std::int64_t>(*number);
}

// As every reader of strict JSON will see the fields.
inline boost::json::object strict_json_fields(const boost::json::object& fields, std::string_view key) {
    const std::string text = dump_python_json(fields, {.non_finite = non_finite_style::text});
    try {
        return std::move(parse_python_json(text, key).as_object());
    } catch (const error&) {
        throw error(errc::invalid_argument, "write document", key,
                    "the metadata cannot be read back; nest its lists and objects less deeply");
    }
}

}  // namespace detail

HOLDFAST_DECL boost::json::object parse_metadata(std::string_view text) {
    constexpr std::string_view origin = "the metadata";
    try {
        auto value = detail::parse_python_json(text, origin);
        if (value.is_object()) return std::move(value.get_object());
    } catch (const error& failed) {
        if (failed.kind() != errc::corrupt) throw;
        throw error(errc::invalid_argument, failed.operation(), origin, failed.message());
    }
    throw error(errc::invalid_argument, "parse", origin, R"(it is no JSON object, like {"epoch": 3})");
}

HOLDFAST_DECL std::string to_python_json(const boost::json::value& value) {
    return detail::dump_python_json(value);
}

HOLDFAST_DECL std::string checkpoint_reference::to_json() const {
    return text.empty() ? detail::dump_python_json(fields) : text;
}

HOLDFAST_DECL std::optional<std::string> checkpoint_reference::manifest_sha256() const {
    const boost::json::value* own = fields.if_contains("holdfast");
    if (own == nullptr || !own->is_object()) return std::nullopt;
    const boost::json::value* digest = own->get_object().if_contains("manifest_sha256");
    if (digest == nullptr || !digest->is_string()) return std::nullopt;
    std::string digits(digest->get_string());
    return detail::is_hash_text(digits, detail::sha256_text_size) ? std::optional(std::move(digits)) : std::nullopt;
}

namespace metaflow {

HOLDFAST_DECL checkpoint_reference parse_checkpoint_document(boost::json::object fields, std::string_view origin) {
    checkpoint_reference reference;
    reference.fields = std::move(fields);
    const detail::document_fields read(reference.fields, origin);
    detail::check_document_type(read, origin);
    reference.key = read.required_text("key");
    if (!object_key::parse(reference.key)) detail::throw_bad_document(origin, "key", "is no object's key");
    reference.url = read.required_text("url");
    reference.created_on = read.required_text("created_on");
    reference.pathspec = read.optional_text("pathspec").value_or("");
    reference.size = read.optional_count("size").value_or(0);
    reference.storage_format = read.optional_text("storage_format").value_or("files");
    reference.metadata = read.object_or_empty("metadata");
    detail::read_checkpoint_id(read, origin, reference);
    detail::check_own_field(reference, origin);
    return reference;
}

HOLDFAST_DECL checkpoint_reference parse_checkpoint_document(std::string_view text, std::string_view origin) {
    boost::json::value document = detail::parse_python_json(text, origin);
    if (!document.is_object()) {
        throw error(errc::corrupt, "read document", origin, "a checkpoint's document is a JSON object; this is none");
    }
    checkpoint_reference reference = parse_checkpoint_document(std::move(document.get_object()), origin);
    reference.text = text;
    return reference;
}

HOLDFAST_DECL void write_fields(checkpoint_reference& reference, bool attempt_is_text,
                                std::string_view manifest_sha256) {
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
    fields["metadata"] = reference.metadata;
    fields["storage_format"] = reference.storage_format;
    fields["creation_context"] = "task";
    fields["version_id"] = reference.version;
    if (!manifest_sha256.empty()) {
        fields["holdfast"] = boost::json::object{{"manifest_sha256", boost::json::string(manifest_sha256)}};
    }
    reference.fields = detail::strict_json_fields(fields, reference.key);
    reference.metadata = reference.fields["metadata"].as_object();
    reference.text.clear();
}

}  // namespace metaflow
}  // namespace holdfast

#endif
