#ifndef HOLDFAST_AUTH_AWS_PROCESS_HPP
#define HOLDFAST_AUTH_AWS_PROCESS_HPP

#include <string>

#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

/// What the `credential_process` of a profile prints.
/// @param profile for messages
/// Errors: `access_denied` where the program fails, or prints anything but a version 1 document; the command line
/// and the output are never part of it. `timed_out` after one minute.
HOLDFAST_DECL aws_credentials_provider process_credentials(std::string command_line, std::string profile);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/process.ipp>
#endif

#endif
