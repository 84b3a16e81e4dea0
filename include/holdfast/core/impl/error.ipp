#ifndef HOLDFAST_CORE_IMPL_ERROR_IPP
#define HOLDFAST_CORE_IMPL_ERROR_IPP

#include <holdfast/core/error.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>

namespace holdfast {

namespace detail {

class holdfast_error_category final : public boost::system::error_category {
public:
    // the number makes categories of several shared libraries compare equal
    constexpr holdfast_error_category() noexcept : error_category(0x9d3c61f2a7b84e05) {}

    const char* name() const noexcept override { return "holdfast"; }
    std::string message(int value) const override { return std::string(to_string(static_cast<errc>(value))); }
};

// C0 controls and DEL are one byte in UTF-8, C1 controls are 0xC2 and one of 0x80 to 0x9F.
inline void append_printable(std::string& line, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
        if (byte == 0xC2 && next >= 0x80 && next <= 0x9F) {
            line += ' ';
            ++i;
        } else {
            line += byte < 0x20 || byte == 0x7F ? ' ' : text[i];
        }
    }
}

inline std::string error_line(errc kind, std::string_view operation, std::string_view key, std::string_view message) {
    std::string line;
    append_printable(line, operation);
    if (!key.empty()) {
        line += ' ';
        append_printable(line, key);
    }
    line += ": ";
    line += to_string(kind);
    line += ": ";
    append_printable(line, message);
    return line;
}

inline errc errno_kind(int number) noexcept {
    switch (number) {
        case ENOENT:
            return errc::not_found;
        case EACCES:
        case EPERM:
        case EROFS:
            return errc::access_denied;
        case ENOSPC:
        case EDQUOT:
            return errc::no_space;
        case ELOOP:
        case EXDEV:
            return errc::unsafe_path;
        case ENOTDIR:
        case EISDIR:
        case ENAMETOOLONG:
        case EINVAL:
            return errc::invalid_argument;
        default:
            return errc::io_failure;
    }
}

inline std::string_view errno_advice(errc kind) noexcept {
    switch (kind) {
        case errc::not_found:
            return "; check the path";
        case errc::access_denied:
            return "; check the owner and the permissions of the path";
        case errc::no_space:
            return "; free some space or choose another place";
        case errc::unsafe_path:
            return "; give a path without a link that leads elsewhere";
        case errc::invalid_argument:
            return "; give another path";
        default:
            return "";
    }
}

}  // namespace detail

HOLDFAST_DECL const boost::system::error_category& error_category() noexcept {
    static constexpr detail::holdfast_error_category category;
    return category;
}

HOLDFAST_DECL boost::system::error_code make_error_code(errc kind) noexcept {
    return {static_cast<int>(kind), error_category()};
}

HOLDFAST_DECL std::string_view to_string(errc kind) noexcept {
    constexpr std::array<std::string_view, 19> names{
        "not_found",   "corrupt",        "key_not_compatible",  "incompatible_type", "invalid_argument",
        "not_in_task", "not_configured", "precondition_failed", "access_denied",     "throttled",
        "timed_out",   "unavailable",    "untrusted",           "unsafe_path",       "too_large",
        "unsupported", "cancelled",      "no_space",            "io_failure",
    };
    const auto index = static_cast<std::size_t>(kind) - static_cast<std::size_t>(errc::not_found);
    return index < names.size() ? names[index] : "unknown";
}

HOLDFAST_DECL error::error(errc kind, std::string_view operation, std::string_view key, std::string_view message)
    : boost::system::system_error(make_error_code(kind)),
      operation_(operation),
      key_(key),
      message_(message),
      line_(detail::error_line(kind, operation, key, message)) {}

HOLDFAST_DECL error error::from_errno(int number, std::string_view operation, std::string_view key) {
    const errc kind = detail::errno_kind(number);
    std::string message = boost::system::generic_category().message(number);
    message += detail::errno_advice(kind);
    return error(kind, operation, key, message);
}

HOLDFAST_DECL bool error::is_retryable() const noexcept {
    return kind() == errc::throttled || kind() == errc::timed_out || kind() == errc::unavailable;
}

}  // namespace holdfast

#endif
