#ifndef HOLDFAST_DETAIL_UTF8_HPP
#define HOLDFAST_DETAIL_UTF8_HPP

#include <string_view>

#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

/// Whether the text is well-formed UTF-8 (Unicode 15, table 3-7): no surrogate, no overlong form, nothing beyond
/// U+10FFFF.
HOLDFAST_DECL bool is_utf8(std::string_view text) noexcept;

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/utf8.ipp>
#endif

#endif
