#ifndef HOLDFAST_AUTH_AWS_INI_HPP
#define HOLDFAST_AUTH_AWS_INI_HPP

#include <map>
#include <string>
#include <string_view>

#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

/// Section name, then option name in lower case, then value. The lines of a value that goes on over indented lines
/// are joined by line feeds.
using aws_ini = std::map<std::string, std::map<std::string, std::string, std::less<>>, std::less<>>;

/// Reads one configuration file of AWS's.
///
/// `key = value` and `key: value`; whole lines after '#' or ';' are comments, inside a line they are text; a line
/// that is indented further than its option goes on with the value.
/// Wire: Python's `configparser.RawConfigParser`, which botocore reads with, without its DEFAULT section.
/// Errors: `not_configured` with the file and the number of the line, never its text: a line before the first
/// section, a line that is none of these, a section or an option that comes twice.
/// @param path for messages
HOLDFAST_DECL aws_ini parse_aws_ini(std::string_view text, std::string_view path);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/ini.ipp>
#endif

#endif
