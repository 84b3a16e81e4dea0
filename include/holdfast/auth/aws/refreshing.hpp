#ifndef HOLDFAST_AUTH_AWS_REFRESHING_HPP
#define HOLDFAST_AUTH_AWS_REFRESHING_HPP

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/core/clock.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/steady_time.hpp>

namespace holdfast::auth {

/// How long before their end credentials are renewed.
struct refresh_times {
    std::chrono::seconds advisory{15 * 60};   ///< by the first caller who comes, while others take the old ones
    std::chrono::seconds mandatory{10 * 60};  ///< everyone waits
    std::chrono::seconds pause{10};           ///< between two attempts while the old ones are good, or were refused
};

/// Keeps the credentials of a source and renews them ahead of their end.
///
/// The source is asked by one thread at a time, of this object's own, since it may take minutes and knows no caller.
/// Where that fails the old ones are handed out until they end. The last copy, when it goes, waits for the source.
/// Thread safety: copies share what is kept; calls from any number of threads.
/// Errors: those of the source, to everyone who waits for it; `access_denied` where the source's are over already.
class refreshing_credentials {
public:
    /// @param forget called before the source is asked because its credentials were refused
    HOLDFAST_DECL refreshing_credentials(aws_credentials_provider source, clock_function clock,
                                         refresh_times times = {}, std::function<void()> forget = {});

    /// Errors: also `cancelled` and `timed_out`, where there are no good ones when `stop` is asked to, or at the
    /// deadline; the source goes on and serves later calls.
    HOLDFAST_DECL std::optional<aws_credentials> operator()(
        const std::stop_token& stop = {}, detail::steady_time deadline = detail::after(detail::longest_wait)) const;

    /// The same after a service took `refused` for over, whatever the clock here says: where they are still what is
    /// kept, they are dropped and the source is asked, once for all who wait. Those that it had already may come back.
    HOLDFAST_DECL std::optional<aws_credentials> renew(
        const aws_credentials& refused, const std::stop_token& stop = {},
        detail::steady_time deadline = detail::after(detail::longest_wait)) const;

private:
    class state;
    std::shared_ptr<state> state_;
};

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/refreshing.ipp>
#endif

#endif
