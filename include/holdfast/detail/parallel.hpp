#ifndef HOLDFAST_DETAIL_PARALLEL_HPP
#define HOLDFAST_DETAIL_PARALLEL_HPP

#include <cstddef>
#include <functional>
#include <stop_token>

#include <holdfast/detail/config.hpp>

namespace holdfast::detail {

/// Calls `body` once for every index below `count`, in at most `limit` threads at a time, the caller's among them;
/// where one is enough no thread is started. Indices start in ascending order. Every thread has ended when the
/// call returns or throws. Calls may nest: each has threads of its own, so none waits for another's.
///
/// Errors: the first exception of a body, by time, after which no further index starts; `cancelled` where `stop`
/// kept an index from starting.
HOLDFAST_DECL void parallel_for(std::size_t count, unsigned limit, const std::function<void(std::size_t)>& body,
                                std::stop_token stop = {});

/// The same, but the threads go through `limit` stretches of the indices at once, each in ascending order. For files
/// in a tree's order: those of one directory are neighbours, and a file system creates one of them at a time.
HOLDFAST_DECL void parallel_for_apart(std::size_t count, unsigned limit, const std::function<void(std::size_t)>& body,
                                      std::stop_token stop = {});

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/parallel.ipp>
#endif

#endif
