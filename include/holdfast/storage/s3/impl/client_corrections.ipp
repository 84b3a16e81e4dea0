#ifndef HOLDFAST_STORAGE_S3_IMPL_CLIENT_CORRECTIONS_IPP
#define HOLDFAST_STORAGE_S3_IMPL_CLIENT_CORRECTIONS_IPP

#include <holdfast/storage/s3/client.hpp>

#include <chrono>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/storage/s3/endpoint.hpp>
#include <holdfast/storage/s3/wire.hpp>

namespace holdfast::s3 {

HOLDFAST_DECL bool client::correct(const operation& what, const http::response& answer, const site& place,
                                   corrections& done, deadline_point deadline) {
    const auto why = find_failure(answer);
    if (!why || answer.status < 300 || answer.status >= 500) return false;
    return correct_region(what, answer, *why, place, done, deadline) || correct_clock(answer, done) ||
           correct_credentials(*why, done);
}

HOLDFAST_DECL bool client::correct_region(const operation& what, const http::response& answer, const failure& why,
                                          const site& place, corrections& done, deadline_point deadline) {
    if (done.region) return false;
    std::string region = why.region;
    const bool is_redirect = answer.status == 301 || answer.status == 302 || answer.status == 307;
    if (region.empty() && is_redirect && !place.address.custom) {
        done.region = true;
        region = ask_region(what, place, done, deadline);
    }
    if (region.empty() || region == place.address.region) return false;
    if (!place.address.custom && !is_region(region)) return false;
    done.region = true;
    bucket_address moved = in_region(place.address, region);
    const std::scoped_lock lock(mutex_);
    site_ = std::make_shared<const site>(site{std::move(moved), auth::sigv4_signer(std::move(region), "s3")});
    return true;
}

HOLDFAST_DECL std::string client::ask_region(const operation& what, const site& place, corrections& done,
                                             deadline_point deadline) {
    const operation look{.verb = what.verb, .shown = what.shown, .method = "HEAD", .stop = what.stop};
    http::exchange_state state;
    const auto why = find_failure(exchange_once(look, place, done, state, deadline));
    return why ? why->region : std::string();
}

HOLDFAST_DECL bool client::correct_clock(const http::response& answer, corrections& done) {
    constexpr std::chrono::minutes tolerated{5};  // servers allow 15
    if (done.clock || options_.anonymous || (answer.status != 403 && answer.status != 400)) return false;
    const std::string* date = answer.headers.find("date");
    const auto theirs = date != nullptr ? parse_http_date(*date) : std::nullopt;
    if (!theirs) return false;
    const auto difference = *theirs - now();
    if (difference < tolerated && -difference < tolerated) return false;
    done.clock = true;
    clock_offset_ = std::chrono::duration_cast<std::chrono::seconds>(*theirs - options_.clock()).count();
    return true;
}

HOLDFAST_DECL bool client::correct_credentials(const failure& why, corrections& done) {
    const bool are_old = why.code == "ExpiredToken" || why.code == "InvalidToken" ||
                         why.code == "TokenRefreshRequired" || why.code == "InvalidAccessKeyId";
    if (done.credentials || !are_old) return false;
    done.credentials = true;
    const auto now_good = credentials();
    return now_good && (now_good->access_key_id != done.used.access_key_id ||
                        !(now_good->session_token == done.used.session_token));
}

}  // namespace holdfast::s3

#endif
