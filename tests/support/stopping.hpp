#ifndef HOLDFAST_TESTS_SUPPORT_STOPPING_HPP
#define HOLDFAST_TESTS_SUPPORT_STOPPING_HPP

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <stop_token>

#include <tests/support/failing_storage.hpp>

/// A caller who asks to stop when a step of a store begins, or when it is done. Outlives the stores that have its hook.
class stopping {
public:
    stopping(std::uint64_t number, bool done) : number_(number), done_(done) {}

    storage_hook hook() {
        return [this](const storage_step& step) {
            if (step.number == number_) reached_ = true;
            if (!step.done && was_asked()) ++steps_after_;
            if (step.number == number_ && step.done == done_) stop_.request_stop();
        };
    }
    std::stop_token token() const { return stop_.get_token(); }
    bool was_asked() const { return stop_.stop_requested(); }

    /// Whether there was such a step; one that failed is never done.
    bool was_reached() const { return reached_; }

    /// How many steps began after it was asked.
    std::uint64_t steps_after() const { return steps_after_; }

private:
    std::uint64_t number_;
    bool done_;
    std::stop_source stop_;
    std::atomic<bool> reached_ = false;
    std::atomic<std::uint64_t> steps_after_ = 0;
};

/// How an operation ended, asked to stop at each of its steps in turn.
struct stopped_runs {
    std::uint64_t cancelled = 0;
    std::uint64_t finished = 0;    ///< although it was asked
    std::uint64_t others = 0;      ///< with another error, or with one although it was not asked
    std::uint64_t steps_late = 0;  ///< the most steps that began after it was asked
};

/// Calls `run` with a caller who asks at step 0, 1, ... until `run` has no such step any more.
/// @param run takes a `stopping&` and returns the kind of the error; `errc{}` where there is none
template <class Run>
stopped_runs stop_at_each_step(bool done, Run run) {
    constexpr std::uint64_t far_too_many = 1000;
    stopped_runs seen;
    for (std::uint64_t number = 0; number < far_too_many; ++number) {
        stopping caller(number, done);
        const holdfast::errc failure = run(caller);
        if (!caller.was_asked()) {
            if (failure != holdfast::errc{}) ++seen.others;
            if (!caller.was_reached()) return seen;
        } else if (failure == holdfast::errc::cancelled) {
            ++seen.cancelled;
        } else {
            ++(failure == holdfast::errc{} ? seen.finished : seen.others);
        }
        seen.steps_late = std::max(seen.steps_late, caller.steps_after());
    }
    ++seen.others;
    return seen;
}

#endif
