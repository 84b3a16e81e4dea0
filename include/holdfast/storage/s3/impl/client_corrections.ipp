#ifndef HOLDFAST_STORAGE_S3_IMPL_CLIENT_CORRECTIONS_IPP
#define HOLDFAST_STORAGE_S3_IMPL_CLIENT_CORRECTIONS_IPP

#include <holdfast/storage/s3/client.hpp>

#include <chrono>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/storage/s3/endpoint.hpp>
#include <holdfast/storage/s3/wire.hpp>

namespace holdfast::s3 {

// A redirect that does not say where to, and what becomes of a HEAD, whose answer has no body: a wrong region, expired
// credentials.
inline bool hides_its_reason(const operation& what, const http::response& answer) {
    const bool is_redirect = answer.status == 301 || answer.status == 302 || answer.status == 307;
    if (!is_redirect && !(answer.status == 400 && what.method == "HEAD")) return false;
    const auto why = find_failure(answer);
    return why->region.empty() && (is_redirect || answer.text.empty());
}

HOLDFAST_DECL void client::ask_reason(const operation& what, http::response& answer, const site& place,
                                      corrections& done, deadline_point deadline) {
    if (done.reason || !hides_its_reason(what, answer)) return;
    operation look{.verb = what.verb, .shown = what.shown, .stop = what.stop};
    look.fields = {{"list-type", "2"}, {"max-keys", "1"}, {"prefix", prefix_}};
    http::exchange_state state;
    corrections other;
    http::response told = exchange_once(look, place, other, state, deadline);
    if (retry_hint_of(told) != retry_hint::none) {  // the repetition asks for the reason again
        answer = std::move(told);
        return;
    }
    done.reason = true;
    if (const auto why = find_failure(told); why && !why->region.empty()) {
        answer.headers.set("x-amz-bucket-region", why->region);
    }
    if (told.status == answer.status && answer.text.empty()) answer.text = std::move(told.text);
}

HOLDFAST_DECL bool client::correct(const operation& what, const http::response& answer, const site& place,
                                   corrections& done, deadline_point deadline) {
    const auto why = find_failure(answer);
    if (!why || answer.status < 300 || answer.status >= 500) return false;
    return correct_region(*why, place, done) || correct_clock(answer, done) ||
           correct_credentials(what, *why, done, deadline) || correct_expectation(answer, done);
}

// RFC 9110, section 10.1.1: what a server or proxy does not know is left out.
HOLDFAST_DECL bool client::correct_expectation(const http::response& answer, corrections& done) {
    if (done.expectation || answer.status != 417) return false;
    done.expectation = true;
    may_expect_ = false;
    return true;
}

HOLDFAST_DECL bool client::correct_region(const failure& why, const site& place, corrections& done) {
    std::string region = why.region;
    if (done.region || region.empty() || region == place.address.region) return false;
    if (!place.address.custom && !is_region(region)) return false;
    done.region = true;
    bucket_address moved = in_region(place.address, region);
    const std::scoped_lock lock(mutex_);
    site_ = std::make_shared<const site>(site{std::move(moved), auth::sigv4_signer(std::move(region), "s3")});
    return true;
}

// In whole seconds, since a Date may be further away than the clock's nanoseconds reach.
inline std::chrono::seconds seconds_between(std::chrono::system_clock::time_point from,
                                            std::chrono::system_clock::time_point to) {
    return std::chrono::floor<std::chrono::seconds>(to) - std::chrono::floor<std::chrono::seconds>(from);
}

HOLDFAST_DECL bool client::correct_clock(const http::response& answer, corrections& done) {
    constexpr std::chrono::minutes tolerated{5};  // servers allow 15
    constexpr std::chrono::years believable{100};
    if (done.clock || options_.anonymous || (answer.status != 403 && answer.status != 400)) return false;
    const std::string* date = answer.headers.find("date");
    const auto theirs = date != nullptr ? parse_http_date(*date) : std::nullopt;
    if (!theirs) return false;
    const auto here = options_.clock();
    const auto is_near = [&](std::chrono::system_clock::time_point time) {
        return std::chrono::abs(seconds_between(time, *theirs)) < tolerated;
    };
    // not by now(), which another request may have corrected meanwhile; a body may have taken long to send
    if (is_near(done.signed_at) || is_near(here + done.offset)) return false;
    const auto offset = seconds_between(here, *theirs);
    if (std::chrono::abs(offset) > believable) return false;
    done.clock = true;
    *clock_offset_ = offset.count();
    return true;
}

HOLDFAST_DECL bool client::correct_credentials(const operation& what, const failure& why, corrections& done,
                                               deadline_point deadline) {
    const bool are_old = why.code == "ExpiredToken" || why.code == "InvalidToken" ||
                         why.code == "TokenRefreshRequired" || why.code == "InvalidAccessKeyId";
    if (done.credentials || !are_old) return false;
    done.credentials = true;
    const auto now_good = credentials(&done.used, what.stop, deadline);
    return now_good && !auth::are_same(*now_good, done.used);
}

}  // namespace holdfast::s3

#endif
