#ifndef HOLDFAST_AUTH_AWS_IMPL_REFRESHING_IPP
#define HOLDFAST_AUTH_AWS_IMPL_REFRESHING_IPP

#include <holdfast/auth/aws/refreshing.hpp>

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/cancellation.hpp>

namespace holdfast::auth {

class refreshing_credentials::state {
public:
    state(aws_credentials_provider source, clock_function clock, refresh_times times, std::function<void()> forget)
        : source_(std::move(source)), clock_(std::move(clock)), times_(times), forget_(std::move(forget)) {}

    std::optional<aws_credentials> get(const std::stop_token& stop, detail::steady_time deadline) {
        std::unique_lock lock(mutex_);
        return get(lock, stop, deadline);
    }

    std::optional<aws_credentials> renew(const aws_credentials& refused, const std::stop_token& stop,
                                         detail::steady_time deadline) {
        std::unique_lock lock(mutex_);
        if (current_ && are_same(*current_, refused) && clock_() >= next_drop_) {
            current_.reset();
            must_forget_ = true;
        }
        return get(lock, stop, deadline);
    }

private:
    std::optional<aws_credentials> get(std::unique_lock<std::mutex>& lock, const std::stop_token& stop,
                                       detail::steady_time deadline) {
        const auto now = clock_();
        if (!is_within(now, times_.advisory)) return current_;
        if (is_asking_) return is_within(now, times_.mandatory) ? wait(lock, stop, deadline) : current_;
        if (is_good(now) && now < next_attempt_) return current_;
        ask(lock);
        return wait(lock, stop, deadline);
    }

    bool is_within(std::chrono::system_clock::time_point now, std::chrono::seconds window) const {
        return !current_ || (current_->expires && *current_->expires - now < window);
    }

    bool is_good(std::chrono::system_clock::time_point now) const {
        return current_ && (!current_->expires || *current_->expires > now);
    }

    std::optional<aws_credentials> wait(std::unique_lock<std::mutex>& lock, const std::stop_token& stop,
                                        detail::steady_time deadline) {
        const std::uint64_t mine = attempt_;
        const auto is_answered = [&] { return !is_asking_ || attempt_ != mine; };
        if (done_.wait_until(lock, stop, deadline, is_answered)) return outcome();
        if (is_good(clock_())) return current_;
        detail::check_not_stopped(stop, "refresh credentials", "");
        throw error(errc::timed_out, "refresh credentials", "",
                    "the source of the credentials took longer than this call may; give it more time, or look at the "
                    "source");
    }

    // The mutex is held. The thread before has nothing left to do.
    void ask(std::unique_lock<std::mutex>& lock) {
        is_asking_ = true;
        ++attempt_;
        const bool refused = std::exchange(must_forget_, false);
        try {
            asking_ = std::jthread([this, refused] { refresh(refused); });
        } catch (const std::system_error&) {
            lock.unlock();
            refresh(refused);  // the system has no more threads
            lock.lock();
        }
    }

    void refresh(bool refused) {
        std::optional<aws_credentials> found;
        std::exception_ptr failure;
        try {
            if (refused && forget_) forget_();
            found = checked(source_());
        } catch (...) {
            failure = std::current_exception();
        }
        const std::scoped_lock lock(mutex_);
        is_asking_ = false;
        failure_ = failure;
        if (found) current_ = std::move(found);
        next_attempt_ = clock_() + times_.pause;
        if (refused) next_drop_ = next_attempt_;
        done_.notify_all();
    }

    std::optional<aws_credentials> checked(std::optional<aws_credentials> found) const {
        if (found && found->expires && *found->expires <= clock_()) {
            throw error(errc::access_denied, "refresh credentials", "",
                        "the source's credentials are over already; renew them there, or check this machine's clock");
        }
        return found;
    }

    // The mutex is held. After an attempt that failed the old ones do while they are good.
    std::optional<aws_credentials> outcome() const {
        if (is_good(clock_())) return current_;
        if (failure_) std::rethrow_exception(failure_);
        if (!current_) return std::nullopt;
        throw error(errc::unavailable, "refresh credentials", "",
                    "the source that had credentials has none now, and the old ones are over");
    }

    const aws_credentials_provider source_;
    const clock_function clock_;
    const refresh_times times_;
    const std::function<void()> forget_;
    std::mutex mutex_;
    std::condition_variable_any done_;
    std::optional<aws_credentials> current_;
    std::exception_ptr failure_;  // of the last attempt
    std::chrono::system_clock::time_point next_attempt_{};
    std::chrono::system_clock::time_point next_drop_{};  // of credentials that were refused
    bool must_forget_ = false;                           // before the next attempt
    std::uint64_t attempt_ = 0;
    bool is_asking_ = false;
    std::jthread asking_;  // ends before the rest goes
};

HOLDFAST_DECL refreshing_credentials::refreshing_credentials(aws_credentials_provider source, clock_function clock,
                                                             refresh_times times, std::function<void()> forget)
    : state_(std::make_shared<state>(std::move(source), std::move(clock), times, std::move(forget))) {}

HOLDFAST_DECL std::optional<aws_credentials> refreshing_credentials::operator()(const std::stop_token& stop,
                                                                                detail::steady_time deadline) const {
    return state_->get(stop, deadline);
}

HOLDFAST_DECL std::optional<aws_credentials> refreshing_credentials::renew(const aws_credentials& refused,
                                                                           const std::stop_token& stop,
                                                                           detail::steady_time deadline) const {
    return state_->renew(refused, stop, deadline);
}

}  // namespace holdfast::auth

#endif
