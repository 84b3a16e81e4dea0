#ifndef HOLDFAST_HTTP_IMPL_BEAST_TRANSPORT_IPP
#define HOLDFAST_HTTP_IMPL_BEAST_TRANSPORT_IPP

#include <holdfast/http/beast_transport.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/http/beast_transport/answer_reader.hpp>
#include <holdfast/http/beast_transport/body_reader.hpp>
#include <holdfast/http/beast_transport/connection.hpp>
#include <holdfast/http/beast_transport/connection_pool.hpp>
#include <holdfast/http/beast_transport/connector.hpp>
#include <holdfast/http/beast_transport/patience.hpp>
#include <holdfast/http/beast_transport/request_head.hpp>
#include <holdfast/http/beast_transport/request_sender.hpp>

namespace holdfast::detail {

// Whether a request may go out a second time where the first connection broke before any answer: the server may
// have acted on it. A condition ("create only") would then meet what the first one did.
inline bool may_send_twice(const http::request& message) {
    constexpr std::array<std::string_view, 4> methods{"GET", "HEAD", "PUT", "DELETE"};
    return std::ranges::find(methods, message.method) != methods.end() && !message.stream &&
           message.headers.find("If-Match") == nullptr && message.headers.find("If-None-Match") == nullptr;
}

// Whether a kept connection broke in such a way that the server had most likely closed it before.
inline bool may_go_out_again(const http::connection& broken, const http::request& message) {
    return broken.is_lost() && broken.received() == 0 &&
           (may_send_twice(message) || (broken.sent() == 0 && !message.stream));
}

inline http::connector_options connector_options_of(const http::transport_options& options) {
    return {.connect_timeout = options.connect_timeout,
            .tls_timeout = options.tls_timeout,
            .tls = {.ca_bundle = options.ca_bundle,
                    .verify_certificate = options.verify_certificate,
                    .client_certificate = options.client_certificate,
                    .client_key = options.client_key},
            .user_agent = options.user_agent};
}

}  // namespace holdfast::detail

namespace holdfast::http {

class beast_transport::state {
public:
    explicit state(transport_options options)
        : options_(std::move(options)),
          connector_(detail::connector_options_of(options_)),
          pool_(options_.keep_alive, options_.idle_connections) {
        fields().add("User-Agent", options_.user_agent);  // throws where it would break a header
    }

    response run(const request& message, const exchange_options& options) {
        if (options.state != nullptr) *options.state = {};
        const proxy* const by = message.direct ? nullptr : options_.proxies.find(message.server);
        const bool is_tunnel = by != nullptr && message.server.tls;
        const route way{.first = by != nullptr ? by->server : message.server,
                        .tunnel = is_tunnel ? std::optional(message.server) : std::nullopt};
        const std::string head = render_request_head(message, options_.user_agent, is_tunnel ? nullptr : by);
        const patience waits(message.server.host_header(), options_.idle_timeout,
                             {.deadline = options.deadline, .stop = options.stop});
        waits.check("send");
        if (auto reused = pool_.take(way)) {
            try {
                return exchange(reused, message, head, waits, options);
            } catch (const error&) {
                if (reused == nullptr || !detail::may_go_out_again(*reused, message)) throw;
            }
        }
        auto fresh = connector_.connect(way, by, waits);
        return exchange(fresh, message, head, waits, options);
    }

private:
    struct outcome {
        response answer;
        bool is_reusable = false;
    };

    response exchange(std::unique_ptr<connection>& via, const request& message, const std::string& head,
                      const patience& waits, const exchange_options& options) {
        outcome result = speak(*via, message, head, waits, options);
        // a wish to stop has ended the connection, perhaps after the last byte
        if (result.is_reusable && !options.stop.stop_requested()) pool_.put(std::move(via));
        return std::move(result.answer);
    }

    outcome speak(connection& via, const request& message, const std::string& head, const patience& waits,
                  const exchange_options& options) const {
        const std::stop_callback on_stop(options.stop, [wire = &via.wire()] { wire->shut_down(); });
        via.begin_exchange();
        if (options.state != nullptr) options.state->sent = true;
        answer_reader answer(via, waits, message.method != "HEAD");
        request_sender sender(via, waits, answer);
        const bool is_whole = sender.send(message, head, options_.continue_timeout);
        if (is_whole) answer.await();
        outcome result{.answer = answer.parser().head()};
        if (result.answer.status / 100 == 2) sender.check_success();
        body_reader(via, waits, options, result.answer).read(answer.parser());
        result.is_reusable = is_whole && is_reusable(via, answer.parser());
        return result;
    }

    static bool is_reusable(connection& used, const response_parser& parser) {
        return parser.keeps_alive() && parser.body() != framing::until_close && used.input().unread().empty();
    }

    transport_options options_;
    connector connector_;
    connection_pool pool_;
};

HOLDFAST_DECL beast_transport::beast_transport(transport_options options)
    : state_(std::make_shared<state>(std::move(options))) {}

HOLDFAST_DECL response beast_transport::operator()(const request& message, const exchange_options& options) const {
    return state_->run(message, options);
}

}  // namespace holdfast::http

#endif
