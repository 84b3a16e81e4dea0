#ifndef HOLDFAST_AUTH_AWS_STS_HPP
#define HOLDFAST_AUTH_AWS_STS_HPP

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/auth/aws/exchange.hpp>
#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/auth/sigv4.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/http/message.hpp>

namespace holdfast::auth {

/// AWS's Security Token Service in one region.
class sts_client {
public:
    using parameters = std::vector<std::pair<std::string, std::string>>;

    /// Errors: `not_configured` where `url` is none.
    HOLDFAST_DECL sts_client(aws_caller caller, std::string region, std::string_view url);

    /// Calls an action that answers with credentials, up to five times where the failure is a passing one.
    /// @param signer signs the call; none: it goes unsigned
    /// @param role for messages
    /// Errors: `access_denied` with the service's code, `throttled`, `unavailable`; those of the transport.
    HOLDFAST_DECL aws_credentials call(std::string_view action, const parameters& fields,
                                       const std::optional<aws_credentials>& signer, std::string_view role) const;

    std::chrono::system_clock::time_point now() const { return caller_.clock(); }

private:
    aws_caller caller_;
    http::url server_;
    sigv4_signer signature_;
};

/// The name of a session that nobody named: "holdfast-session-" and the time in seconds.
HOLDFAST_DECL std::string default_session_name(std::chrono::system_clock::time_point now);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/sts.ipp>
#endif

#endif
