#ifndef HOLDFAST_DETAIL_IMPL_PARALLEL_IPP
#define HOLDFAST_DETAIL_IMPL_PARALLEL_IPP

#include <holdfast/detail/parallel.hpp>

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>

namespace holdfast::detail {

// The state that the threads of one parallel_for share.
class parallel_loop {
public:
    parallel_loop(std::size_t count, const std::function<void(std::size_t)>& body, std::stop_token stop)
        : count_(count), body_(body), stop_(std::move(stop)) {}

    void run() noexcept {
        while (const auto index = next_index()) {
            try {
                body_(*index);
            } catch (...) {
                keep_first_failure(std::current_exception());
            }
        }
    }

    // Called when all threads have ended.
    void report() const {
        if (failure_) std::rethrow_exception(failure_);
        if (next_ < count_) throw error(errc::cancelled, "run", "", "the caller asked to stop");
    }

private:
    std::optional<std::size_t> next_index() {
        const std::scoped_lock lock(mutex_);
        if (next_ == count_ || failure_ || stop_.stop_requested()) return std::nullopt;
        return next_++;
    }

    void keep_first_failure(std::exception_ptr failure) {
        const std::scoped_lock lock(mutex_);
        if (!failure_) failure_ = std::move(failure);
    }

    std::size_t count_;
    const std::function<void(std::size_t)>& body_;
    std::stop_token stop_;
    std::mutex mutex_;
    std::size_t next_ = 0;
    std::exception_ptr failure_;
};

HOLDFAST_DECL void parallel_for(std::size_t count, unsigned limit, const std::function<void(std::size_t)>& body,
                                std::stop_token stop) {
    parallel_loop loop(count, body, std::move(stop));
    const std::size_t helpers = std::min<std::size_t>(std::max(limit, 1U), std::max<std::size_t>(count, 1)) - 1;
    {
        std::vector<std::jthread> threads;
        threads.reserve(helpers);
        try {
            while (threads.size() < helpers) threads.emplace_back([&loop] { loop.run(); });
        } catch (const std::system_error&) {
            // the system has no more threads; those that run do the work
        }
        loop.run();
    }
    loop.report();
}

// Of `count` indices in `stretches`, of which the first ones are longer by one where they can't be equal, the one that
// comes at `step` when each stretch has a turn after the other.
inline std::size_t index_of_step(std::size_t step, std::size_t count, std::size_t stretches) {
    const std::size_t stretch = step % stretches;
    return stretch * (count / stretches) + std::min(stretch, count % stretches) + step / stretches;
}

HOLDFAST_DECL void parallel_for_apart(std::size_t count, unsigned limit, const std::function<void(std::size_t)>& body,
                                      std::stop_token stop) {
    const std::size_t stretches = std::max(limit, 1U);
    parallel_for(
        count, limit, [&](std::size_t step) { body(index_of_step(step, count, stretches)); }, std::move(stop));
}

}  // namespace holdfast::detail

#endif
