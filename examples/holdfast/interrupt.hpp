#ifndef HOLDFAST_TOOL_INTERRUPT_HPP
#define HOLDFAST_TOOL_INTERRUPT_HPP

#include <stop_token>

namespace tool {

/// Stopped by the first SIGINT or SIGTERM, so that nothing half-written stays; the second one kills.
/// Called before any thread is started, and after standard input was read: reading does not stop.
std::stop_token stop_on_interrupt();

}  // namespace tool

#endif
