#ifndef HOLDFAST_DETAIL_PERCENT_ENCODING_HPP
#define HOLDFAST_DETAIL_PERCENT_ENCODING_HPP

#include <optional>
#include <string>
#include <string_view>

#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

/// Leaves A-Z a-z 0-9 - . _ ~ (and '/' where asked to) as they are and writes any other byte as %XX, upper case.
///
/// Wire: RFC 3986, section 2.3; what AWS Signature Version 4 calls UriEncode.
HOLDFAST_DECL std::string percent_encode(std::string_view text, bool keep_slash);

/// The bytes that were encoded; nothing where a '%' is not followed by two hexadecimal digits. A '+' stays.
HOLDFAST_DECL std::optional<std::string> percent_decode(std::string_view text);

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/percent_encoding.ipp>
#endif

#endif
