#ifndef HOLDFAST_REFERENCE_HPP
#define HOLDFAST_REFERENCE_HPP

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <holdfast/detail/config.hpp>
#include <holdfast/metaflow/document.hpp>
#include <holdfast/metaflow/model_document.hpp>

namespace holdfast {

/// A document of whatever kind: of a checkpoint or hub entry, or of a model.
using artifact_reference = std::variant<checkpoint_reference, model_reference>;

/// What both kinds have in common.
inline const artifact_document& document_of(const artifact_reference& artifact) {
    return std::visit([](const artifact_document& document) -> const artifact_document& { return document; }, artifact);
}

/// What names a saved checkpoint, hub entry or model: a key, the JSON text of a reference as Python prints it, that
/// reference as an object, or the typed value that a save or a list returned.
class reference {
public:
    /// A key, or the JSON text of a reference where the first character is '{'. Errors: `corrupt` for bad JSON.
    HOLDFAST_DECL reference(std::string_view text);  // NOLINT: implicit on purpose, so that a key can be written
    reference(const std::string& text) : reference(std::string_view(text)) {}
    reference(const char* text) : reference(std::string_view(text)) {}
    reference(boost::json::object fields) : value_(std::move(fields)) {}
    reference(checkpoint_reference typed) : value_(std::move(typed)) {}
    reference(model_reference typed) : value_(std::move(typed)) {}

    /// The key, whatever the form. Errors: `corrupt` for an object without one.
    HOLDFAST_DECL std::string key() const;

    /// Whether this is a bare key, whose document has to be read from the store.
    bool is_key() const noexcept { return std::holds_alternative<std::string>(value_); }

    /// The checkpoint's document that this reference carries.
    /// Errors: `corrupt`, `incompatible_type`; `invalid_argument` for a bare key.
    HOLDFAST_DECL checkpoint_reference as_checkpoint() const;

    /// The model's document that this reference carries. Errors: as `as_checkpoint`.
    HOLDFAST_DECL model_reference as_model() const;

private:
    HOLDFAST_DECL boost::json::object fields() const;

    std::variant<std::string, boost::json::object, checkpoint_reference, model_reference> value_;
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/impl/reference.ipp>
#endif

#endif
