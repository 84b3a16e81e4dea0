#ifndef HOLDFAST_METAFLOW_IMPL_ARTIFACT_DOCUMENT_IPP
#define HOLDFAST_METAFLOW_IMPL_ARTIFACT_DOCUMENT_IPP

#include <holdfast/metaflow/artifact_document.hpp>

#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/python_json.hpp>
#include <holdfast/metaflow/spelling.hpp>

namespace holdfast {

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

HOLDFAST_DECL boost::json::object artifact_document::fields() const {
    if (text.empty()) return {};
    return std::move(detail::parse_python_json(text, key).as_object());
}

HOLDFAST_DECL boost::json::object artifact_document::metadata() const {
    auto whole = fields();
    boost::json::value* own = whole.if_contains("metadata");
    return own != nullptr && own->is_object() ? std::move(own->get_object()) : boost::json::object();
}

HOLDFAST_DECL std::optional<std::string> artifact_document::manifest_sha256() const {
    return detail::manifest_sha256_of(fields());
}

HOLDFAST_DECL std::optional<std::string> detail::manifest_sha256_of(const boost::json::object& fields) {
    const boost::json::value* own = fields.if_contains("holdfast");
    if (own == nullptr || !own->is_object()) return std::nullopt;
    const boost::json::value* digest = own->get_object().if_contains("manifest_sha256");
    if (digest == nullptr || !digest->is_string()) return std::nullopt;
    std::string digits(digest->get_string());
    return is_hash_text(digits, sha256_text_size) ? std::optional(std::move(digits)) : std::nullopt;
}

}  // namespace holdfast

#endif
