#ifndef HOLDFAST_CORE_IMPL_OBJECT_KEY_IPP
#define HOLDFAST_CORE_IMPL_OBJECT_KEY_IPP

#include <holdfast/core/object_key.hpp>

#include <string>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/utf8.hpp>

namespace holdfast {

namespace detail {

struct object_key_flaw {
    errc kind;
    std::string_view message;
};

inline std::optional<object_key_flaw> find_object_key_part_flaw(std::string_view part) {
    if (part.empty()) {
        return object_key_flaw{errc::invalid_argument, "a key has no empty part; remove the '/' too many"};
    }
    if (part == "." || part == "..") {
        return object_key_flaw{errc::unsafe_path, "a key has no part '.' or '..'; write the path it stands for"};
    }
    return std::nullopt;
}

inline std::optional<object_key_flaw> find_object_key_flaw(std::string_view text) {
    if (text.empty()) return object_key_flaw{errc::invalid_argument, "a key is not empty; name the object"};
    if (text.size() > object_key::max_size) {
        return object_key_flaw{errc::too_large, "a key has at most 1024 bytes; use shorter names"};
    }
    if (!is_utf8(text)) return object_key_flaw{errc::invalid_argument, "a key is UTF-8; rename the file"};
    if (text.find('\0') != std::string_view::npos) {
        return object_key_flaw{errc::unsafe_path, "a key holds no NUL; remove it"};
    }
    if (text.front() == '/') {
        return object_key_flaw{errc::unsafe_path, "a key is relative to the store's root; remove the leading '/'"};
    }
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = text.find('/', begin);
        const std::string_view part = text.substr(begin, end == std::string_view::npos ? end : end - begin);
        if (const auto flaw = find_object_key_part_flaw(part)) return flaw;
        begin = end == std::string_view::npos ? text.size() + 1 : end + 1;
    }
    return std::nullopt;
}

}  // namespace detail

HOLDFAST_DECL object_key::object_key(std::string_view text) : text_(text) {
    if (const auto flaw = detail::find_object_key_flaw(text)) {
        const bool is_printable = text.size() <= max_size && detail::is_utf8(text);
        throw error(flaw->kind, "name", is_printable ? text : std::string_view(), flaw->message);
    }
}

HOLDFAST_DECL std::optional<object_key> object_key::parse(std::string_view text) {
    if (!is_key(text)) return std::nullopt;
    return object_key(checked{}, text);
}

HOLDFAST_DECL bool object_key::is_key(std::string_view text) {
    return !detail::find_object_key_flaw(text);
}

HOLDFAST_DECL std::string_view object_key::name() const noexcept {
    const std::string_view text = text_;
    return text.substr(text.rfind('/') + 1);
}

HOLDFAST_DECL std::string_view object_key::parent() const noexcept {
    const std::size_t slash = text_.rfind('/');
    return slash == std::string::npos ? std::string_view() : std::string_view(text_).substr(0, slash);
}

HOLDFAST_DECL bool object_key::is_below(std::string_view prefix) const noexcept {
    return prefix.empty() || (text_.size() > prefix.size() && text_[prefix.size()] == '/' && text_.starts_with(prefix));
}

HOLDFAST_DECL object_key object_key::operator/(std::string_view parts) const {
    std::string text = text_;
    text += '/';
    text += parts;
    return object_key(text);
}

}  // namespace holdfast

#endif
