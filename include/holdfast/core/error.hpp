#ifndef HOLDFAST_CORE_ERROR_HPP
#define HOLDFAST_CORE_ERROR_HPP

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <string>
#include <string_view>
#include <type_traits>

#include <holdfast/detail/config.hpp>

namespace holdfast {

/// What went wrong, as a caller would branch on it.
enum class errc {
    not_found = 1,        ///< nothing is stored under that name
    corrupt,              ///< something is stored, but it is not what was saved
    key_not_compatible,   ///< the text is not a key of the kind that was asked for
    incompatible_type,    ///< the reference is of another kind (a model where a checkpoint is needed)
    invalid_argument,     ///< a name, path or option that can never work
    not_in_task,          ///< the environment does not say which task this is
    not_configured,       ///< the configuration does not say where the store is
    precondition_failed,  ///< the object or the file changed since it was looked at
    access_denied,        ///< the store or the file system refuses this user
    throttled,            ///< the service asks to slow down
    timed_out,            ///< a deadline passed
    unavailable,          ///< the service cannot be reached, or answers with an error of its own
    untrusted,            ///< the server can't prove that it is who it should be
    unsafe_path,          ///< a path that would leave its directory
    too_large,            ///< beyond a limit that the caller or the protocol sets
    unsupported,          ///< a valid request that this build or backend cannot serve
    cancelled,            ///< the caller asked to stop
    no_space,             ///< the disk or the quota is full
    io_failure,           ///< the operating system reports anything else
};

/// The category of `errc`; its name is "holdfast".
HOLDFAST_DECL const boost::system::error_category& error_category() noexcept;

/// Makes an error code of a kind; found by argument-dependent look-up.
HOLDFAST_DECL boost::system::error_code make_error_code(errc kind) noexcept;

/// The name of a kind as it is spelled in `errc`, e.g. "not_found".
HOLDFAST_DECL std::string_view to_string(errc kind) noexcept;

/// The one exception type of the library.
///
/// `what()` is one line, `<operation> <key>: <kind>: <message>`; control characters in its parts are
/// replaced by spaces. No part ever holds a secret.
class error : public boost::system::system_error {
public:
    /// @param operation what was being done, as a verb ("put", "load", "restore")
    /// @param key the object key or file path concerned, in UTF-8; may be empty
    /// @param message what happened and what to do about it
    HOLDFAST_DECL error(errc kind, std::string_view operation, std::string_view key, std::string_view message);

    /// The error that `errno` stands for: ENOENT is `not_found`, EACCES, EPERM and EROFS `access_denied`, ENOSPC and
    /// EDQUOT `no_space`, ELOOP and EXDEV `unsafe_path`, ENOTDIR, EISDIR, ENAMETOOLONG and EINVAL
    /// `invalid_argument`, any other `io_failure`.
    HOLDFAST_DECL static error from_errno(int number, std::string_view operation, std::string_view key);

    errc kind() const noexcept { return static_cast<errc>(code().value()); }

    /// Whether the same request may succeed a moment later.
    HOLDFAST_DECL bool is_retryable() const noexcept;

    const std::string& operation() const noexcept { return operation_; }
    const std::string& key() const noexcept { return key_; }
    const std::string& message() const noexcept { return message_; }

    const char* what() const noexcept override { return line_.c_str(); }

private:
    std::string operation_;
    std::string key_;
    std::string message_;
    std::string line_;
};

}  // namespace holdfast

template <>
struct boost::system::is_error_code_enum<holdfast::errc> : std::true_type {};

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/core/impl/error.ipp>
#endif

#endif
