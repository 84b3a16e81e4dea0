#ifndef HOLDFAST_REFERENCE_HPP
#define HOLDFAST_REFERENCE_HPP

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <holdfast/detail/config.hpp>
#include <holdfast/metaflow/document.hpp>

namespace holdfast {

/// What names a saved artifact: a key, the JSON text of a reference as Python prints it, that reference as an
/// object, or the typed value that a save or a list returned.
class reference {
public:
    /// A key, or the JSON text of a reference where the first character is '{'. Errors: `corrupt` for bad JSON.
    HOLDFAST_DECL reference(std::string_view text);  // NOLINT: implicit on purpose, so that a key can be written
    reference(const std::string& text) : reference(std::string_view(text)) {}
    reference(const char* text) : reference(std::string_view(text)) {}
    reference(boost::json::object fields) : value_(std::move(fields)) {}
    reference(checkpoint_reference typed) : value_(std::move(typed)) {}

    /// The key, whatever the form. Errors: `corrupt` for an object without one.
    HOLDFAST_DECL std::string key() const;

    /// Whether this is a bare key, whose document has to be read from the store.
    bool is_key() const noexcept { return std::holds_alternative<std::string>(value_); }

    /// The checkpoint's document that this reference carries.
    /// Errors: `corrupt`, `incompatible_type`; `invalid_argument` for a bare key.
    HOLDFAST_DECL checkpoint_reference as_checkpoint() const;

private:
    std::variant<std::string, boost::json::object, checkpoint_reference> value_;
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/impl/reference.ipp>
#endif

#endif
