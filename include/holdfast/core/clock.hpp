#ifndef HOLDFAST_CORE_CLOCK_HPP
#define HOLDFAST_CORE_CLOCK_HPP

#include <chrono>
#include <functional>

namespace holdfast {

/// Tells the time; an argument everywhere, so that tests choose it.
using clock_function = std::function<std::chrono::system_clock::time_point()>;

/// The system's clock.
inline clock_function system_clock() {
    return [] { return std::chrono::system_clock::now(); };
}

}  // namespace holdfast

#endif
