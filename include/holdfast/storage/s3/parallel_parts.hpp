#ifndef HOLDFAST_STORAGE_S3_PARALLEL_PARTS_HPP
#define HOLDFAST_STORAGE_S3_PARALLEL_PARTS_HPP

#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>

#include <holdfast/detail/parallel.hpp>

namespace holdfast::s3 {

/// As `detail::parallel_for`, and the first failure also stops the calls that are under way, by the token that each
/// is given. Errors: that failure.
inline void for_each_part(std::size_t count, unsigned limit, const std::stop_token& stop,
                          const std::function<void(std::size_t, const std::stop_token&)>& body) {
    std::stop_source inner;
    const std::stop_callback pass_on(stop, [&] { inner.request_stop(); });
    std::mutex mutex;
    std::exception_ptr first;
    const auto token = inner.get_token();
    const auto guarded = [&](std::size_t i) {
        try {
            body(i, token);
        } catch (...) {
            const std::scoped_lock lock(mutex);
            if (!first) first = std::current_exception();
            inner.request_stop();
        }
    };
    try {
        detail::parallel_for(count, limit, guarded, token);
    } catch (...) {
        if (!first) throw;
    }
    if (first) std::rethrow_exception(first);
}

}  // namespace holdfast::s3

#endif
