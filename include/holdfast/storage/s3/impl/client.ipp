#ifndef HOLDFAST_STORAGE_S3_IMPL_CLIENT_IPP
#define HOLDFAST_STORAGE_S3_IMPL_CLIENT_IPP

#include <holdfast/storage/s3/client.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include <holdfast/auth/aws_credential_chain.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/steady_time.hpp>
#include <holdfast/http/beast_transport.hpp>
#include <holdfast/storage/s3/failures.hpp>
#include <holdfast/storage/s3/wire.hpp>

namespace holdfast::s3 {

HOLDFAST_DECL void exchange_slots::take(const std::stop_token& stop, std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_until(lock, stop, deadline, [&] { return free_ > 0; })) {
        --free_;
        return;
    }
    if (stop.stop_requested()) throw error(errc::cancelled, "send", "", "the caller asked to stop");
    throw error(errc::timed_out, "send", "",
                "no connection became free before the deadline; allow more connections or a later deadline");
}

HOLDFAST_DECL void exchange_slots::give_back() noexcept {
    {
        const std::scoped_lock lock(mutex_);
        ++free_;
    }
    changed_.notify_one();
}

class held_slot {
public:
    held_slot(exchange_slots& slots, const std::stop_token& stop, std::chrono::steady_clock::time_point deadline)
        : slots_(slots) {
        slots_.take(stop, deadline);
    }
    held_slot(const held_slot&) = delete;
    held_slot& operator=(const held_slot&) = delete;
    ~held_slot() { slots_.give_back(); }

private:
    exchange_slots& slots_;
};

inline http::any_transport choose_transport(const s3_options& options) {
    if (options.custom_transport) return options.custom_transport;
    return http::beast_transport(options.transport);
}

// Metaflow's setting of certificates is not for the services that give credentials.
inline http::any_transport choose_credentials_transport(const s3_options& options, const http::any_transport& own) {
    if (options.custom_transport || !options.credentials_transport) return own;
    return http::beast_transport(*options.credentials_transport);
}

// The server's time, where that is AWS's: an endpoint of one's own may have a wrong one.
inline clock_function choose_credentials_clock(const s3_options& options,
                                               std::shared_ptr<const std::atomic<std::int64_t>> offset,
                                               bool custom_endpoint) {
    if (custom_endpoint) return options.clock;
    return
        [clock = options.clock, offset = std::move(offset)] { return clock() + std::chrono::seconds(offset->load()); };
}

HOLDFAST_DECL client::provider client::choose_provider(bool custom_endpoint) const {
    if (options_.anonymous) return {};
    if (options_.provider) return [ask = options_.provider](const auto&...) { return ask(); };
    if (options_.credentials) return [keys = *options_.credentials](const auto&...) { return std::optional(keys); };
    return [chain = auth::aws_credential_chain(
                {.surroundings = options_.surroundings,
                 .profile = options_.profile,
                 .role_arn = options_.role_arn,
                 .session_vars = options_.session_vars,
                 .region = options_.region,
                 .hosts = {.dual_stack = options_.dual_stack, .fips = options_.fips},
                 .transport = choose_credentials_transport(options_, transport_),
                 .clock = choose_credentials_clock(options_, clock_offset_, custom_endpoint)})](
               const auth::aws_credentials* refused, const std::stop_token& stop, deadline_point deadline) {
        return refused != nullptr ? chain.renew(*refused, stop, deadline) : chain(stop, deadline);
    };
}

HOLDFAST_DECL client::client(bucket_address address, s3_options options)
    : options_(std::move(options)),
      bucket_(address.bucket),
      prefix_(address.prefix.empty() ? "" : address.prefix + '/'),
      transport_(choose_transport(options_)),
      provider_(choose_provider(address.custom)),
      retry_(options_.retry),
      slots_(std::max(options_.connections, 1U)) {
    auth::sigv4_signer signer(address.region, "s3");
    site_ = std::make_shared<const site>(site{std::move(address), std::move(signer)});
}

HOLDFAST_DECL std::string client::object_name(std::string_view verb, const object_key& key) const {
    std::string name = prefix_ + key.str();
    if (name.size() <= object_key::max_size) return name;
    throw error(errc::invalid_argument, verb, key.str(),
                "S3 takes keys of at most 1024 bytes, the store's prefix included; use shorter names");
}

HOLDFAST_DECL std::shared_ptr<const client::site> client::current_site() const {
    const std::scoped_lock lock(mutex_);
    return site_;
}

HOLDFAST_DECL std::chrono::system_clock::time_point client::now() const {
    return options_.clock() + std::chrono::seconds(clock_offset_->load());
}

HOLDFAST_DECL std::optional<auth::aws_credentials> client::credentials(const auth::aws_credentials* refused,
                                                                       const std::stop_token& stop,
                                                                       deadline_point deadline) const {
    if (options_.anonymous) return std::nullopt;
    auto found = provider_(refused, stop, deadline);
    if (found) return found;
    throw error(errc::access_denied, "sign", "",
                "there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile, or ask for "
                "anonymous access");
}

HOLDFAST_DECL http::request client::make_request(const operation& what, const site& place) const {
    const bucket_address& address = place.address;
    http::request message{.method = what.method, .server = address.server, .headers = what.headers, .body = what.body};
    std::string path = address.base_path;
    if (address.virtual_hosted) message.server.host = bucket_ + '.' + address.server.host;
    if (!address.virtual_hosted) path += '/' + bucket_;
    if (address.virtual_hosted || !what.object.empty()) path += '/' + what.object;
    message.target = make_target(path, what.fields);
    if (options_.requester_pays) message.headers.set("x-amz-request-payer", "requester");
    constexpr std::uint64_t worth_asking = 1U << 20;
    message.expect_continue = message.body.size() > worth_asking && !bucket_is_known_ && may_expect_;
    if (what.prepare) what.prepare(message);
    return message;
}

HOLDFAST_DECL http::response client::exchange_once(const operation& what, const site& place, corrections& done,
                                                   http::exchange_state& state, deadline_point deadline) {
    state = {};
    auto keys = credentials(nullptr, what.stop, deadline);  // may take long, and requests of its own
    const held_slot slot(slots_, what.stop, deadline);
    http::request message = make_request(what, place);
    if (keys) {
        done.offset = std::chrono::seconds(clock_offset_->load());
        done.signed_at = options_.clock() + done.offset;
        place.signer.sign(message, *keys, done.signed_at, what.payload_hash);
        done.used = std::move(*keys);
    }
    const http::exchange_options options{
        .destination = what.destination, .deadline = deadline, .stop = what.stop, .state = &state};
    try {
        http::response answer = transport_(message, options);
        if (what.finished) what.finished(state);
        return answer;
    } catch (...) {
        if (what.finished) what.finished(state);
        if (what.lost && state.sent) what.lost();
        throw;
    }
}

HOLDFAST_DECL http::response client::exchange(const operation& what, corrections& done, http::exchange_state& state,
                                              deadline_point deadline) {
    for (;;) {
        const auto place = current_site();
        http::response answer = exchange_once(what, *place, done, state, deadline);
        ask_reason(what, answer, *place, done, deadline);
        if (!correct(what, answer, *place, done, deadline)) return answer;
    }
}

// A single put that met another one can be sent again; a multipart upload has to be begun anew. A gateway to a file
// system says the second also where a directory was removed by another request at the wrong moment.
inline bool is_passing_conflict(const operation& what, const failure& why) {
    return (why.code == "ConditionalRequestConflict" && what.method == "PUT") ||
           why.code == "ExistingObjectIsDirectory";
}

HOLDFAST_DECL http::verdict client::judge(const operation& what, const http::response& answer) {
    const retry_hint hint = retry_hint_of(answer);
    if (hint == retry_hint::throttled) return http::verdict::throttled;
    if (hint == retry_hint::transient) return http::verdict::transient;
    if (const auto why = find_failure(answer)) {
        if (why->code == "NoSuchKey") bucket_is_known_ = true;
        return is_passing_conflict(what, *why) ? http::verdict::transient : http::verdict::final;
    }
    bucket_is_known_ = true;
    try {
        if (what.read) what.read(answer);
    } catch (const error& unreadable) {
        if (unreadable.kind() != errc::corrupt) throw;
        return http::verdict::transient;
    }
    return http::verdict::final;
}

// Whether a request with this answer may have been performed; a server that is too busy (503) did nothing.
inline bool tells_nothing(unsigned status) {
    return status == 500 || status == 502 || status == 504;
}

HOLDFAST_DECL outcome client::send(const operation& what) {
    outcome result;
    corrections done;
    const auto deadline = detail::after(what.deadline.value_or(options_.deadline));
    const auto try_once = [&](unsigned, http::exchange_state& state) {
        if (result.repeated && what.settled && what.settled()) {
            result.settled = true;
            http::response nothing;
            nothing.status = 200;
            return nothing;
        }
        try {
            return exchange(what, done, state, deadline);
        } catch (...) {
            result.repeated |= state.sent;
            throw;
        }
    };
    const auto decide = [&](const http::response& answer) {
        const auto verdict = result.settled ? http::verdict::final : judge(what, answer);
        result.is_passing = verdict != http::verdict::final;
        if (result.is_passing && what.lost && tells_nothing(answer.status)) what.lost();
        result.repeated |= result.is_passing;
        return verdict;
    };
    try {
        result.answer = retry_(try_once, decide, {.deadline = deadline, .stop = what.stop});
    } catch (const error& failure) {
        throw in_terms_of(what, failure);
    }
    return result;
}

HOLDFAST_DECL http::response client::require(const operation& what) {
    outcome result = send(what);
    if (find_failure(result.answer)) fail(what, result.answer);
    if (what.read && result.is_passing) what.read(result.answer);  // again, for the error that it stands for
    return std::move(result.answer);
}

HOLDFAST_DECL void client::require_bucket(const operation& what) {
    if (bucket_is_known_) return;
    operation look{.verb = what.verb, .shown = what.shown, .method = "HEAD", .stop = what.stop};
    const outcome result = send(look);
    if (result.answer.status == 404) throw_no_bucket(what, bucket_);
    if (!result.is_passing) bucket_is_known_ = true;
}

HOLDFAST_DECL void client::fail(const operation& what, const http::response& answer) const {
    throw_refused(what, answer, bucket_);
}

}  // namespace holdfast::s3

#endif
