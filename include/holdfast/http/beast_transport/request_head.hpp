#ifndef HOLDFAST_HTTP_BEAST_TRANSPORT_REQUEST_HEAD_HPP
#define HOLDFAST_HTTP_BEAST_TRANSPORT_REQUEST_HEAD_HPP

#include <string>
#include <string_view>

#include <holdfast/detail/config.hpp>
#include <holdfast/http/message.hpp>
#include <holdfast/http/proxy.hpp>

namespace holdfast::http {

/// The header of a request as it goes over the wire, the empty line included.
/// @param plain_proxy the proxy that is asked for it, not through a tunnel; null: the server itself
/// @param user_agent as the value of a field may be
/// Errors: `invalid_argument` for a method, host or target that would break the header.
HOLDFAST_DECL std::string render_request_head(const request& message, std::string_view user_agent,
                                              const proxy* plain_proxy);

/// The header that asks a proxy for a tunnel. Errors: `invalid_argument` for a host that would break the header.
HOLDFAST_DECL std::string render_connect_head(const origin& server, std::string_view user_agent, const proxy& by);

/// The fields after the last chunk, the empty line included.
HOLDFAST_DECL std::string render_trailer(const fields& trailer);

}  // namespace holdfast::http

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/http/beast_transport/impl/request_head.ipp>
#endif

#endif
