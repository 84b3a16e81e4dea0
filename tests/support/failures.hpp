#ifndef HOLDFAST_TESTS_SUPPORT_FAILURES_HPP
#define HOLDFAST_TESTS_SUPPORT_FAILURES_HPP

#include <optional>

#include <holdfast/core/error.hpp>

namespace testing_support {

/// The error that a call ends with; nothing where it succeeds.
template <class Call>
std::optional<holdfast::error> error_of(Call call) {
    try {
        call();
        return std::nullopt;
    } catch (const holdfast::error& failure) {
        return failure;
    }
}

/// The kind of that error.
template <class Call>
std::optional<holdfast::errc> failure_of(Call call) {
    const auto failure = error_of(call);
    return failure ? std::optional(failure->kind()) : std::nullopt;
}

}  // namespace testing_support

#endif
