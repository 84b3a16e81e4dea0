#ifndef HOLDFAST_DETAIL_CANCELLATION_HPP
#define HOLDFAST_DETAIL_CANCELLATION_HPP

#include <stop_token>
#include <string_view>

#include <holdfast/core/error.hpp>

namespace holdfast::detail {

/// Errors: `cancelled` where `stop` was asked to.
inline void check_not_stopped(const std::stop_token& stop, std::string_view operation, std::string_view key) {
    if (stop.stop_requested()) throw error(errc::cancelled, operation, key, "the caller asked to stop");
}

}  // namespace holdfast::detail

#endif
