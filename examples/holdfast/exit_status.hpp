#ifndef HOLDFAST_TOOL_EXIT_STATUS_HPP
#define HOLDFAST_TOOL_EXIT_STATUS_HPP

#include <holdfast/core/error.hpp>

namespace tool {

enum exit_status : int { done = 0, failed = 1, wrong_usage = 2, not_found = 3, damaged = 4 };

inline exit_status status_of(holdfast::errc kind) {
    using holdfast::errc;
    switch (kind) {
        case errc::not_found:
            return not_found;
        case errc::corrupt:
        case errc::unsafe_path:
            return damaged;
        case errc::invalid_argument:
        case errc::key_not_compatible:
        case errc::incompatible_type:
        case errc::not_in_task:
            return wrong_usage;
        default:
            return failed;
    }
}

/// What is reported of several: the first that is not `done`.
inline exit_status first_problem(exit_status before, exit_status now) {
    return before == done ? now : before;
}

}  // namespace tool

#endif
