#ifndef HOLDFAST_CORE_OBJECT_KEY_HPP
#define HOLDFAST_CORE_OBJECT_KEY_HPP

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/detail/config.hpp>

namespace holdfast {

/// The name of an object below a store's root: parts joined by '/', the same on every backend.
///
/// A key is not empty, is valid UTF-8 of at most 1024 bytes (the least limit of the object stores), has no
/// NUL, no empty part (so no leading, trailing or double '/'), and no part that is "." or "..".
class object_key {
public:
    static constexpr std::size_t max_size = 1024;

    /// Errors: `unsafe_path` for "." and ".." parts, a leading '/' and NUL; `too_large` beyond `max_size`;
    /// `invalid_argument` for the rest.
    HOLDFAST_DECL explicit object_key(std::string_view text);

    /// The key, or nothing where the text is not one.
    HOLDFAST_DECL static std::optional<object_key> parse(std::string_view text);

    /// Whether the text is a key.
    HOLDFAST_DECL static bool is_key(std::string_view text);

    const std::string& str() const noexcept { return text_; }

    /// The last part.
    HOLDFAST_DECL std::string_view name() const noexcept;

    /// The parts before the last one, without the '/' between; empty for a key of one part.
    HOLDFAST_DECL std::string_view parent() const noexcept;

    /// Whether this key lies below `prefix/`; every key lies below the empty prefix. "a/b" lies below "a", and
    /// neither "a" nor "ab/c" does.
    HOLDFAST_DECL bool is_below(std::string_view prefix) const noexcept;

    /// This key with further parts. Errors: as the constructor's.
    HOLDFAST_DECL object_key operator/(std::string_view parts) const;

    friend bool operator==(const object_key&, const object_key&) = default;
    friend auto operator<=>(const object_key&, const object_key&) = default;

private:
    struct checked {};
    object_key(checked, std::string_view text) : text_(text) {}

    std::string text_;
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/core/impl/object_key.ipp>
#endif

#endif
