#ifndef HOLDFAST_HTTP_RETRY_HPP
#define HOLDFAST_HTTP_RETRY_HPP

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>

#include <holdfast/core/clock.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/http/transport.hpp>

namespace holdfast::http {

struct retry_options {
    unsigned attempts = 5;                             ///< the first one included; at least 1
    std::chrono::milliseconds transient_delay{50};     ///< doubled at each retry, times a random number in [0, 1)
    std::chrono::milliseconds throttled_delay{1'000};  ///< the same after "slow down"
    std::chrono::milliseconds longest_delay{20'000};   ///< cap of either, and of what a server asks for; at most a year
    unsigned budget = 500;                             ///< tokens; a retry takes 14 (5 when throttled), its success
                                                       ///< gives them back, and a success at once gives 1; without
                                                       ///< tokens nothing is retried
};

/// What a response means for the one who may ask again.
enum class verdict { final, transient, throttled };

/// Statuses 500, 502, 503, 504 are transient (503 and 429 throttled), any other final.
HOLDFAST_DECL verdict judge_status(const response& answer);

/// Repeats attempts that failed for a passing reason. Copies share the budget.
///
/// Thread safety: calls from any number of threads.
/// Wire: the "standard" retry mode of the AWS SDKs: full jitter, token bucket; `Retry-After` in seconds or as a
/// date (by the response's own `Date`, where it has one) and `x-amz-retry-after` in milliseconds lengthen the delay.
class retry {
public:
    using attempt = std::function<response(unsigned number, exchange_state& state)>;  // number: 1, 2, …
    using judge = std::function<verdict(const response&)>;

    struct call {
        bool idempotent = true;  ///< whether an attempt that the server may have seen can be repeated
        std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
        std::stop_token stop = {};
    };

    /// @param random a number in [0, 1), from any thread; empty: the system's
    /// @param sleep waits for a time, less where `stop` is asked to; empty: the system's
    /// @param clock for a `Retry-After` date in a response without `Date`
    HOLDFAST_DECL explicit retry(retry_options options = {}, std::function<double()> random = {},
                                 std::function<void(std::chrono::milliseconds, std::stop_token)> sleep = {},
                                 clock_function clock = system_clock());

    /// The response of the last attempt, whatever it is. An attempt is repeated where `decide` finds its response
    /// transient or throttled, and where it threw an `error` that `is_retryable`. One that is not idempotent is
    /// repeated only where the state says that nothing was sent, or the outcome is throttled: the server refused.
    /// An attempt for which the deadline leaves no time is not waited for: what the one before it met is the end.
    /// Errors: that of the last attempt; `cancelled`; `timed_out` where the deadline has passed before the first.
    HOLDFAST_DECL response operator()(const attempt& try_once, const judge& decide, const call& what) const;

private:
    class state;
    std::shared_ptr<state> state_;
};

}  // namespace holdfast::http

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/http/impl/retry.ipp>
#endif

#endif
