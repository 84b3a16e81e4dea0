#ifndef HOLDFAST_AUTH_AWS_REFRESHING_HPP
#define HOLDFAST_AUTH_AWS_REFRESHING_HPP

#include <chrono>
#include <memory>
#include <optional>

#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/core/clock.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

/// How long before their end credentials are renewed.
struct refresh_times {
    std::chrono::seconds advisory{15 * 60};   ///< by the first caller who comes, while others take the old ones
    std::chrono::seconds mandatory{10 * 60};  ///< everyone waits
    std::chrono::seconds pause{10};           ///< between two attempts while the old ones are good
};

/// Keeps the credentials of a source and renews them ahead of their end.
///
/// One caller at a time asks the source. Where that fails the old ones are handed out until they end.
/// Thread safety: copies share what is kept; calls from any number of threads.
/// Errors: those of the source, to everyone who waits for it; `access_denied` where the source's are over already.
class refreshing_credentials {
public:
    HOLDFAST_DECL refreshing_credentials(aws_credentials_provider source, clock_function clock,
                                         refresh_times times = {});

    HOLDFAST_DECL std::optional<aws_credentials> operator()() const;

private:
    class state;
    std::shared_ptr<state> state_;
};

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/refreshing.ipp>
#endif

#endif
