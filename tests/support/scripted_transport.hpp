#ifndef HOLDFAST_TESTS_SUPPORT_SCRIPTED_TRANSPORT_HPP
#define HOLDFAST_TESTS_SUPPORT_SCRIPTED_TRANSPORT_HPP

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/http/transport.hpp>

namespace testing_support {

using namespace holdfast;

/// The whole body of a request, in memory.
inline std::string body_of(const http::request& message) {
    std::string text(message.body.size(), '\0');
    message.body.read(0, std::as_writable_bytes(std::span(text)));
    return text;
}

/// Hands a response to its reader as a transport does: the body goes to the sink that the reader names.
inline http::response deliver(http::response answer, const http::exchange_options& options) {
    if (options.state != nullptr) options.state->sent = true;
    std::string body = std::exchange(answer.text, {});
    const auto target = options.destination ? options.destination(answer) : http::body_destination{};
    if (target.sink == nullptr) {
        answer.text = std::move(body);
    } else {
        target.sink->write(target.offset, std::as_bytes(std::span(body)));
        if (options.state != nullptr) options.state->delivered = body.size();
    }
    return answer;
}

/// A transport whose server is a function; keeps what it was asked.
class scripted_transport {
public:
    using server = std::function<http::response(const http::request&)>;

    explicit scripted_transport(server answer) : state_(std::make_shared<state>(std::move(answer))) {}

    /// Answers the requests in the given order. Errors: `unavailable` where there is no further answer.
    static scripted_transport in_order(std::vector<http::response> answers) {
        return scripted_transport([answers = std::move(answers), next = std::size_t{0}](const http::request&) mutable {
            if (next == answers.size()) throw error(errc::unavailable, "send", "", "the script has no further answer");
            return answers[next++];
        });
    }

    http::response operator()(const http::request& message, const http::exchange_options& options) const {
        http::response answer;
        {
            const std::lock_guard lock(state_->mutex);
            state_->requests.push_back(message);
            answer = state_->answer(message);
        }
        return deliver(std::move(answer), options);
    }

    std::vector<http::request> requests() const {
        const std::lock_guard lock(state_->mutex);
        return state_->requests;
    }

private:
    struct state {
        explicit state(server function) : answer(std::move(function)) {}
        std::mutex mutex;
        server answer;
        std::vector<http::request> requests;
    };
    std::shared_ptr<state> state_;
};

/// Calls `scenario(transport)` with the network failing at the first request, then at the second, …, until it runs
/// through without meeting the failure; returns how many requests that took. `before` says whether the failing
/// request reaches the server first (its answer is lost) or not (the connection is refused).
template <class Scenario>
std::size_t fail_at_every_request(const http::any_transport& good, bool reaches_server, Scenario scenario) {
    for (std::size_t step = 0;; ++step) {
        std::mutex mutex;
        std::size_t count = 0;
        bool failed = false;
        scenario(http::any_transport([&](const http::request& message, const http::exchange_options& options) {
            bool fails = false;
            {
                const std::lock_guard lock(mutex);
                fails = count++ == step;
                failed |= fails;
            }
            if (fails && reaches_server) {
                good(message, {});
                if (options.state != nullptr) options.state->sent = true;
            }
            if (fails) throw error(errc::unavailable, "send", "", "the script cuts the connection here");
            return good(message, options);
        }));
        if (!failed) return step;
    }
}

}  // namespace testing_support

#endif
