#ifndef HOLDFAST_STORAGE_S3_FAILURES_HPP
#define HOLDFAST_STORAGE_S3_FAILURES_HPP

#include <string>
#include <string_view>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/http/message.hpp>
#include <holdfast/storage/s3/operation.hpp>
#include <holdfast/storage/s3/wire.hpp>

namespace holdfast::s3 {

/// The same error with the operation's verb and key; what it was about goes into the message.
HOLDFAST_DECL error in_terms_of(const operation& what, const error& failure);

/// Errors: always, what the answer of a failure stands for: advice, what the server said, its request's id.
[[noreturn]] HOLDFAST_DECL void throw_refused(const operation& what, const http::response& answer,
                                              std::string_view bucket);

/// The same for one key of several.
HOLDFAST_DECL error refused(const operation& what, const failure& why, unsigned status, std::string_view bucket);

/// "; the server answered 403 AccessDenied: …", for the end of a message.
HOLDFAST_DECL std::string server_words(const failure& why, unsigned status);

/// Errors: always, `corrupt`: a page of a list that names itself as the next one would be asked for forever.
[[noreturn]] HOLDFAST_DECL void throw_same_page(const operation& what);

/// Errors: always, `not_configured`.
[[noreturn]] HOLDFAST_DECL void throw_no_bucket(const operation& what, std::string_view bucket);

}  // namespace holdfast::s3

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/s3/impl/failures.ipp>
#endif

#endif
