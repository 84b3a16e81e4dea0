#ifndef HOLDFAST_DETAIL_PROCESS_HPP
#define HOLDFAST_DETAIL_PROCESS_HPP

#include <chrono>
#include <cstddef>
#include <string>

#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

/// Runs a program and returns what it writes to its standard output, until that is closed and the program has ended.
///
/// Effects: the words of the command line are the program and its arguments (`split_command_line`; no shell); the
/// program is looked for along PATH, has this process's environment and directory, an empty input, and a process
/// group of its own, so that it can't ask at the terminal; what it writes to its standard error is dropped. On an
/// error what this process may kill of the group is killed; a program of another user, as sudo's, goes on.
/// @param timeout for all of it
/// @param limit bytes of output
/// Errors: `invalid_argument` for a command line that has no program, or no end; `not_found` and `access_denied` for
/// the program; `timed_out`; `too_large`; `io_failure` where it ends with another status than 0. Their key is the
/// program; no error holds its arguments or its output.
HOLDFAST_DECL std::string run_for_output(const std::string& command_line,
                                         std::chrono::milliseconds timeout = std::chrono::minutes{1},
                                         std::size_t limit = 64U << 10);

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/process.ipp>
#endif

#endif
