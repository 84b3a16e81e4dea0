#ifndef HOLDFAST_HTTP_IMPL_RETRY_IPP
#define HOLDFAST_HTTP_IMPL_RETRY_IPP

#include <holdfast/http/retry.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/ascii.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/detail/steady_time.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/http/http_date.hpp>

namespace holdfast::detail {

constexpr unsigned retry_first_success_gives = 1;

constexpr unsigned retry_cost(http::verdict meaning) noexcept {
    return meaning == http::verdict::throttled ? 5 : 14;
}

// The 53 bits of a double's fraction.
inline double random_for_retry() {
    std::uint64_t bits = 0;
    random_bytes(std::as_writable_bytes(std::span(&bits, 1)));
    return std::ldexp(static_cast<double>(bits >> 11), -53);
}

inline void sleep_for_retry(std::chrono::milliseconds time, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, time, [] { return false; });
}

// What a header says of a time to wait, at most `longest`; nothing where it is absent or says something else.
template <class Unit>
std::optional<std::chrono::milliseconds> waiting_time_in(const http::response& answer, std::string_view name,
                                                         std::chrono::milliseconds longest) {
    const std::string* text = answer.headers.find(name);
    if (text == nullptr || text->empty() || !std::ranges::all_of(*text, is_ascii_digit)) return std::nullopt;
    const auto count = parse_decimal<std::uint32_t>(*text);
    return count ? std::min<std::chrono::milliseconds>(Unit(*count), longest) : longest;
}

inline std::optional<std::chrono::milliseconds> waiting_time_until(const http::response& answer,
                                                                   const clock_function& clock) {
    const std::string* text = answer.headers.find("Retry-After");
    const auto until = text != nullptr ? http::parse_http_date(*text) : std::nullopt;
    if (!until) return std::nullopt;
    const std::string* date = answer.headers.find("Date");
    const auto server_time = date != nullptr ? http::parse_http_date(*date) : std::nullopt;
    // the clock's nanoseconds can't hold the centuries that may lie between
    return std::chrono::floor<std::chrono::milliseconds>(*until) -
           std::chrono::floor<std::chrono::milliseconds>(server_time ? *server_time : clock());
}

// What the server asks for; zero where it asks for nothing.
inline std::chrono::milliseconds requested_retry_delay(const http::response& answer, std::chrono::milliseconds longest,
                                                       const clock_function& clock) {
    constexpr std::chrono::milliseconds none{0};
    const auto amazon = waiting_time_in<std::chrono::milliseconds>(answer, "x-amz-retry-after", longest);
    const auto seconds = waiting_time_in<std::chrono::seconds>(answer, "Retry-After", longest);
    const auto until = waiting_time_until(answer, clock);
    return std::min(std::max({none, amazon.value_or(none), seconds.value_or(none), until.value_or(none)}), longest);
}

struct retry_outcome {
    http::response answer = {};
    std::exception_ptr failure = nullptr;
    http::verdict meaning = http::verdict::final;
    bool sent = true;

    http::response take() {
        if (failure) std::rethrow_exception(failure);
        return std::move(answer);
    }
};

inline retry_outcome try_for_retry(const http::retry::attempt& try_once, const http::retry::judge& decide,
                                   unsigned number) {
    http::exchange_state state;
    retry_outcome outcome;
    try {
        outcome.answer = try_once(number, state);
        outcome.meaning = decide(outcome.answer);
    } catch (const error& failure) {
        outcome.failure = std::current_exception();
        outcome.sent = state.sent || outcome.answer.status != 0;  // `decide` throws as well
        if (failure.is_retryable()) {
            outcome.meaning = failure.kind() == errc::throttled ? http::verdict::throttled : http::verdict::transient;
        }
    }
    return outcome;
}

}  // namespace holdfast::detail

namespace holdfast::http {

class retry::state {
public:
    state(retry_options given, std::function<double()> random_source,
          std::function<void(std::chrono::milliseconds, std::stop_token)> sleeper, clock_function local_clock)
        : options(given),
          random(random_source ? std::move(random_source) : detail::random_for_retry),
          sleep(sleeper ? std::move(sleeper) : detail::sleep_for_retry),
          clock(std::move(local_clock)),
          tokens_(given.budget) {}

    bool take(unsigned count) {
        const std::lock_guard lock(mutex_);
        if (tokens_ < count) return false;
        tokens_ -= count;
        return true;
    }

    void give(unsigned count) {
        const std::lock_guard lock(mutex_);
        tokens_ += std::min(count, options.budget - tokens_);
    }

    // Before the `number`-th retry.
    std::chrono::milliseconds delay(unsigned number, const detail::retry_outcome& outcome) const {
        const bool throttled = outcome.meaning == verdict::throttled;
        const auto base = throttled ? options.throttled_delay : options.transient_delay;
        const double doubled = std::ldexp(static_cast<double>(base.count()), static_cast<int>(number) - 1);
        const auto longest = std::min(options.longest_delay, detail::longest_wait);
        const double capped = std::min(doubled, static_cast<double>(longest.count()));
        const std::chrono::milliseconds jittered(static_cast<std::int64_t>(capped * random()));
        return std::max(jittered, detail::requested_retry_delay(outcome.answer, longest, clock));
    }

    const retry_options options;
    const std::function<double()> random;
    const std::function<void(std::chrono::milliseconds, std::stop_token)> sleep;
    const clock_function clock;

private:
    std::mutex mutex_;
    unsigned tokens_;
};

HOLDFAST_DECL verdict judge_status(const response& answer) {
    switch (answer.status) {
        case 429:
        case 503:
            return verdict::throttled;
        case 500:
        case 502:
        case 504:
            return verdict::transient;
        default:
            return verdict::final;
    }
}

HOLDFAST_DECL retry::retry(retry_options options, std::function<double()> random,
                           std::function<void(std::chrono::milliseconds, std::stop_token)> sleep, clock_function clock)
    : state_(std::make_shared<state>(options, std::move(random), std::move(sleep), std::move(clock))) {}

HOLDFAST_DECL response retry::operator()(const attempt& try_once, const judge& decide, const call& what) const {
    const auto is_over = [&](std::chrono::milliseconds delay) {
        const auto now = std::chrono::steady_clock::now();
        return now >= what.deadline || what.deadline - now < delay;
    };
    detail::check_not_stopped(what.stop, "send", "");
    if (is_over({})) {
        throw error(errc::timed_out, "send", "", "the deadline passed before the request; allow more time");
    }
    unsigned paid = detail::retry_first_success_gives;
    for (unsigned number = 1;; ++number) {
        auto outcome = detail::try_for_retry(try_once, decide, number);
        if (!outcome.failure && outcome.answer.status / 100 == 2 && outcome.meaning == verdict::final) {
            state_->give(paid);
        }
        // a server that asks to slow down has not done what it was asked
        const bool repeatable = what.idempotent || !outcome.sent || outcome.meaning == verdict::throttled;
        if (outcome.meaning == verdict::final || !repeatable || number >= state_->options.attempts) {
            return outcome.take();
        }
        const auto delay = state_->delay(number, outcome);
        const unsigned cost = detail::retry_cost(outcome.meaning);
        if (is_over(delay) || !state_->take(cost)) return outcome.take();
        paid = cost;
        state_->sleep(delay, what.stop);
        detail::check_not_stopped(what.stop, "send", "");
        if (is_over({})) return outcome.take();
    }
}

}  // namespace holdfast::http

#endif
