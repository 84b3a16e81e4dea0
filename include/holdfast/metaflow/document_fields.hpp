#ifndef HOLDFAST_METAFLOW_DOCUMENT_FIELDS_HPP
#define HOLDFAST_METAFLOW_DOCUMENT_FIELDS_HPP

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/python_json.hpp>
#include <holdfast/metaflow/artifact_document.hpp>
#include <holdfast/metaflow/spelling.hpp>

// The fields that documents of checkpoints and models share, read and written.
namespace holdfast::detail {

[[noreturn]] inline void throw_bad_document(std::string_view origin, std::string_view field, std::string_view message) {
    throw error(
        errc::corrupt, "read document", origin,
        "field '" + std::string(field) + "' " + std::string(message) + "; the document is not as its writer left it");
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

    // Python takes a whole number for a name, and spells it in the key.
    std::optional<std::string> optional_name(std::string_view name) const {
        const boost::json::value* field = find(name);
        if (field == nullptr || !field->is_int64()) return optional_text(name);
        return std::to_string(field->get_int64());
    }

    std::optional<std::uint64_t> optional_count(std::string_view name) const {
        const boost::json::value* field = find(name);
        if (field == nullptr) return std::nullopt;
        boost::system::error_code no_count;
        const auto number = field->to_number<std::int64_t>(no_count);
        if (no_count || field->is_double() || number < 0) {
            throw_bad_document(origin_, name, "is no count below 2^63");
        }
        return static_cast<std::uint64_t>(number);
    }

    std::optional<std::string> optional_digits(std::string_view name) const {
        const boost::json::value* field = find(name);
        if (field == nullptr) return std::nullopt;
        if (!field->is_string()) return std::to_string(*optional_count(name));
        std::string digits(field->get_string());
        if (!parse_count(digits)) throw_bad_document(origin_, name, "is no count below 2^63");
        return digits;
    }

    std::string required_digits(std::string_view name) const {
        std::optional<std::string> digits = optional_digits(name);
        if (!digits) throw_bad_document(origin_, name, "is missing");
        return std::move(*digits);
    }

    void check_own() const {
        if (!fields_.contains("holdfast") || manifest_sha256_of(fields_)) return;
        throw_bad_document(origin_, "holdfast", "holds no manifest digest");
    }

private:
    const boost::json::value* find(std::string_view name) const {
        const boost::json::value* field = fields_.if_contains(name);
        return field != nullptr && !field->is_null() ? field : nullptr;
    }

    const boost::json::object& fields_;
    std::string_view origin_;
};

// What the documents of every kind carry. Errors: as `parse_checkpoint_document`.
inline void read_common_fields(const document_fields& read, std::string_view origin, artifact_document& document) {
    document.key = read.required_text("key");
    if (!object_key::is_key(document.key)) throw_bad_document(origin, "key", "is no object's key");
    document.url = read.required_text("url");
    document.created_on = read.required_text("created_on");
    document.size = read.optional_count("size").value_or(0);
    read.check_own();
}

// Reads a document's text by the reader of its fields, which live no longer than that, and keeps the text.
template <class Document>
Document read_document_text(std::string text, std::string_view origin,
                            Document (*read)(const document_fields&, std::string_view)) {
    std::array<unsigned char, 4096> usual;  // enough for a document that this library wrote
    boost::json::monotonic_resource memory(usual.data(), usual.size());
    const boost::json::value document = parse_python_json(text, origin, &memory);
    if (!document.is_object()) {
        throw error(errc::corrupt, "read document", origin, "a document is a JSON object; this is none");
    }
    Document result = read({document.get_object(), origin}, origin);
    result.text = std::move(text);
    return result;
}

template <class Document>
Document read_document_object(const boost::json::object& fields, std::string_view origin,
                              Document (*read)(const document_fields&, std::string_view)) {
    Document result = read({fields, origin}, origin);
    result.text = dump_python_json(fields);
    return result;
}

inline boost::json::value attempt_value(const artifact_document& document, bool is_text) {
    const auto number = parse_count(document.attempt);
    if (!number) {
        throw error(errc::invalid_argument, "write document", document.key,
                    "the attempt is no number; give decimal digits");
    }
    if (is_text) return boost::json::value(boost::json::string(document.attempt));
    return static_cast<std::int64_t>(*number);
}

// What every reader of strict JSON can read.
inline std::string strict_json_text(const boost::json::object& fields, std::string_view key) {
    std::string text = dump_python_json(fields, {.non_finite = non_finite_style::text});
    try {
        parse_python_json(text, key);
        return text;
    } catch (const error&) {
        throw error(errc::invalid_argument, "write document", key,
                    "the metadata cannot be read back; nest its lists and objects less deeply");
    }
}

// What this library adds to a new document's fields; nothing where there is no manifest.
inline void add_own(boost::json::object& fields, std::string_view manifest_sha256, std::string_view parent = {}) {
    if (manifest_sha256.empty()) return;
    boost::json::object own{{"manifest_sha256", boost::json::string(manifest_sha256)}};
    if (!parent.empty()) own["parent"] = boost::json::string(parent);
    fields["holdfast"] = std::move(own);
}

}  // namespace holdfast::detail

#endif
