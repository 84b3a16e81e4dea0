#ifndef HOLDFAST_DETAIL_STEADY_TIME_HPP
#define HOLDFAST_DETAIL_STEADY_TIME_HPP

#include <algorithm>
#include <chrono>

namespace holdfast::detail {

using steady_time = std::chrono::steady_clock::time_point;

/// A wait beyond it is as long as this, so that the clock can hold its end.
inline constexpr std::chrono::milliseconds longest_wait = std::chrono::hours(24 * 365);

/// The end of a time that begins now.
inline steady_time after(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + std::clamp(time, std::chrono::milliseconds(0), longest_wait);
}

}  // namespace holdfast::detail

#endif
