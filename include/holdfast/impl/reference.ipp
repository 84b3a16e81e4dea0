#ifndef HOLDFAST_IMPL_REFERENCE_IPP
#define HOLDFAST_IMPL_REFERENCE_IPP

#include <holdfast/reference.hpp>

#include <boost/json/value.hpp>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/python_json.hpp>

namespace holdfast {
namespace detail {

inline constexpr std::string_view reference_origin = "the reference";

inline bool starts_json_object(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '{';
}

}  // namespace detail

HOLDFAST_DECL reference::reference(std::string_view text) {
    if (!detail::starts_json_object(text)) {
        value_ = std::string(text);
        return;
    }
    value_ = std::move(detail::parse_python_json(text, detail::reference_origin).as_object());
}

HOLDFAST_DECL std::string reference::key() const {
    if (const auto* text = std::get_if<std::string>(&value_)) return *text;
    if (const auto* typed = std::get_if<checkpoint_reference>(&value_)) return typed->key;
    if (const auto* typed = std::get_if<model_reference>(&value_)) return typed->key;
    const auto* key = std::get<boost::json::object>(value_).if_contains("key");
    if (key == nullptr || !key->is_string()) {
        throw error(errc::corrupt, "read reference", detail::reference_origin, "it has no key");
    }
    return std::string(key->get_string());
}

HOLDFAST_DECL checkpoint_reference reference::as_checkpoint() const {
    if (const auto* typed = std::get_if<checkpoint_reference>(&value_)) return *typed;
    return metaflow::parse_checkpoint_document(fields(), detail::reference_origin);
}

HOLDFAST_DECL model_reference reference::as_model() const {
    if (const auto* typed = std::get_if<model_reference>(&value_)) return *typed;
    return metaflow::parse_model_document(fields(), detail::reference_origin);
}

HOLDFAST_DECL boost::json::object reference::fields() const {
    if (const auto* fields = std::get_if<boost::json::object>(&value_)) return *fields;
    if (const auto* typed = std::get_if<checkpoint_reference>(&value_)) return typed->fields();
    if (const auto* typed = std::get_if<model_reference>(&value_)) return typed->fields();
    throw error(errc::invalid_argument, "read reference", std::get<std::string>(value_),
                "a bare key carries no document");
}

}  // namespace holdfast

#endif
