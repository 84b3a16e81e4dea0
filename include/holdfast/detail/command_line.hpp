#ifndef HOLDFAST_DETAIL_COMMAND_LINE_HPP
#define HOLDFAST_DETAIL_COMMAND_LINE_HPP

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

/// The words of a command line as Python's `shlex.split` finds them: quotes and backslashes as in a POSIX shell,
/// nothing expanded, '#' and ';' like any other character. Nothing where a quote is not closed or a backslash stands
/// at the end.
HOLDFAST_DECL std::optional<std::vector<std::string>> split_command_line(std::string_view text);

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/command_line.ipp>
#endif

#endif
