#ifndef HOLDFAST_AUTH_AWS_IMPL_REFRESHING_IPP
#define HOLDFAST_AUTH_AWS_IMPL_REFRESHING_IPP

#include <holdfast/auth/aws/refreshing.hpp>

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <utility>

#include <holdfast/core/error.hpp>

namespace holdfast::auth {

class refreshing_credentials::state {
public:
    state(aws_credentials_provider source, clock_function clock, refresh_times times)
        : source_(std::move(source)), clock_(std::move(clock)), times_(times) {}

    std::optional<aws_credentials> get() {
        std::unique_lock lock(mutex_);
        const auto now = clock_();
        if (!is_within(now, times_.advisory)) return current_;
        if (is_asking_) return is_within(now, times_.mandatory) ? wait(lock) : current_;
        if (is_good(now) && now < next_attempt_) return current_;
        return refresh(lock);
    }

private:
    bool is_within(std::chrono::system_clock::time_point now, std::chrono::seconds window) const {
        return !current_ || (current_->expires && *current_->expires - now < window);
    }

    bool is_good(std::chrono::system_clock::time_point now) const {
        return current_ && (!current_->expires || *current_->expires > now);
    }

    std::optional<aws_credentials> wait(std::unique_lock<std::mutex>& lock) {
        const std::uint64_t mine = attempt_;
        done_.wait(lock, [&] { return !is_asking_ || attempt_ != mine; });
        return outcome();
    }

    std::optional<aws_credentials> refresh(std::unique_lock<std::mutex>& lock) {
        is_asking_ = true;
        ++attempt_;
        lock.unlock();
        std::optional<aws_credentials> found;
        std::exception_ptr failure;
        try {
            found = checked(source_());
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        is_asking_ = false;
        failure_ = failure;
        if (found) current_ = std::move(found);
        next_attempt_ = clock_() + times_.pause;
        done_.notify_all();
        return outcome();
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
    std::mutex mutex_;
    std::condition_variable done_;
    std::optional<aws_credentials> current_;
    std::exception_ptr failure_;  // of the last attempt
    std::chrono::system_clock::time_point next_attempt_{};
    std::uint64_t attempt_ = 0;
    bool is_asking_ = false;
};

HOLDFAST_DECL refreshing_credentials::refreshing_credentials(aws_credentials_provider source, clock_function clock,
                                                             refresh_times times)
    : state_(std::make_shared<state>(std::move(source), std::move(clock), times)) {}

HOLDFAST_DECL std::optional<aws_credentials> refreshing_credentials::operator()() const {
    return state_->get();
}

}  // namespace holdfast::auth

#endif
