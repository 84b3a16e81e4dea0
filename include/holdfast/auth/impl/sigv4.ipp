#ifndef HOLDFAST_AUTH_IMPL_SIGV4_IPP
#define HOLDFAST_AUTH_IMPL_SIGV4_IPP

#include <holdfast/auth/sigv4.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include <holdfast/auth/sigv4_canonical.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/secret.hpp>
#include <holdfast/detail/ascii.hpp>
#include <holdfast/detail/digest.hpp>
#include <holdfast/detail/hex.hpp>
#include <holdfast/detail/percent_encoding.hpp>

namespace holdfast::detail {

constexpr std::size_t sigv4_day_size = 8;  // the YYYYMMDD of YYYYMMDDTHHMMSSZ

inline void append_digits(std::string& text, unsigned value, int count) {
    text.append(static_cast<std::size_t>(count), '0');
    for (auto digit = text.rbegin(); count > 0; --count, ++digit, value /= 10) {
        *digit = static_cast<char>('0' + value % 10);
    }
}

inline std::string sigv4_timestamp(std::chrono::system_clock::time_point now) {
    const auto midnight = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date(midnight);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(now - midnight));
    std::string text;
    text.reserve(17);
    append_digits(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    append_digits(text, static_cast<unsigned>(date.month()), 2);
    append_digits(text, static_cast<unsigned>(date.day()), 2);
    text += 'T';
    append_digits(text, static_cast<unsigned>(time.hours().count()), 2);
    append_digits(text, static_cast<unsigned>(time.minutes().count()), 2);
    append_digits(text, static_cast<unsigned>(time.seconds().count()), 2);
    return text += 'Z';
}

inline void check_scope_part(std::string_view part, std::string_view what) {
    const auto is_plain = [](char c) { return is_ascii_alphanumeric(c) || c == '-' || c == '_' || c == '.'; };
    if (part.empty() || !std::ranges::all_of(part, is_plain)) {
        throw error(errc::invalid_argument, "sign", "",
                    "the " + std::string(what) + " of a signature is a name like \"us-east-1\"; set it");
    }
}

inline void check_signing_credentials(const auth::aws_credentials& credentials) {
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
        throw error(errc::invalid_argument, "sign", "",
                    "the credentials have no access key id or no secret; give both");
    }
    const auto is_printable = [](const std::string& text) { return std::ranges::none_of(text, is_ascii_control); };
    if (!is_printable(credentials.access_key_id) || !is_printable(credentials.session_token.reveal())) {
        throw error(errc::invalid_argument, "sign", "",
                    "the access key id or the session token holds a control character (a line end?); remove it");
    }
}

inline bool is_sigv4_query_field(std::string_view field) noexcept {
    constexpr std::string_view names[] = {"X-Amz-Algorithm",    "X-Amz-Credential", "X-Amz-Date",
                                          "X-Amz-Expires",      "X-Amz-Signature",  "X-Amz-Security-Token",
                                          "X-Amz-SignedHeaders"};
    return std::ranges::find(names, field.substr(0, field.find('='))) != std::end(names);
}

// What stands behind the '?', without the fields of an earlier signing.
inline std::string sigv4_unsigned_query(std::string_view query) {
    std::string kept;
    while (!query.empty()) {
        const std::string_view field = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(field.size() + 1, query.size()));
        if (!field.empty() && !is_sigv4_query_field(field)) kept.append(field).append(1, '&');
    }
    return kept;
}

inline std::string_view path_of_target(std::string_view target) noexcept {
    return target.substr(0, target.find('?'));
}

inline std::string_view query_of_target(std::string_view target) noexcept {
    return target.substr(std::min(path_of_target(target).size() + 1, target.size()));
}

inline std::string sigv4_canonical_request(std::string_view method, std::string_view path, std::string_view query,
                                           const sigv4_canonical_fields& headers, std::string_view payload_hash) {
    std::string text;
    text.reserve(method.size() + path.size() + query.size() + headers.lines.size() + headers.names.size() +
                 payload_hash.size() + 5);
    for (const std::string_view part : {method, path, query, std::string_view(headers.lines)}) {
        text.append(part).append(1, '\n');
    }
    return text.append(headers.names).append(1, '\n').append(payload_hash);
}

// Fields that a signature in the query takes the place of.
inline void drop_header_signature(sigv4_field_list& list) {
    std::erase_if(list, [](const auto& field) {
        return equals_ignoring_ascii_case(field.first, "X-Amz-Date") ||
               equals_ignoring_ascii_case(field.first, "X-Amz-Security-Token") ||
               equals_ignoring_ascii_case(field.first, "X-Amz-Content-SHA256");
    });
}

inline hmac_sha256_code sigv4_key(const secret& secret_access_key, std::string_view day, std::string_view region,
                                  std::string_view service) {
    const std::string seed = "AWS4" + secret_access_key.reveal();
    hmac_sha256_code key = hmac_sha256(std::as_bytes(std::span(seed)), day);
    for (const std::string_view step : {region, service, std::string_view("aws4_request")}) {
        key = hmac_sha256(key, step);
    }
    return key;
}

}  // namespace holdfast::detail

namespace holdfast::auth {

// The last few keys: credentials that are being replaced, and the two days around midnight.
class sigv4_signer::key_cache {
public:
    template <typename Derive>
    detail::hmac_sha256_code get(std::string_view day, const aws_credentials& credentials, Derive derive) {
        const std::lock_guard lock(mutex_);
        for (const auto& each : entries_) {
            if (each.day == day && each.access_key_id == credentials.access_key_id &&
                each.secret_access_key == credentials.secret_access_key) {
                return each.key;
            }
        }
        const detail::hmac_sha256_code key = derive();
        entries_[next_] = {std::string(day), credentials.access_key_id, credentials.secret_access_key, key};
        next_ = (next_ + 1) % entries_.size();
        return key;
    }

private:
    struct entry {
        std::string day;
        std::string access_key_id;
        secret secret_access_key;
        detail::hmac_sha256_code key = {};
    };

    std::mutex mutex_;
    std::array<entry, 4> entries_;
    std::size_t next_ = 0;
};

HOLDFAST_DECL sigv4_signer::sigv4_signer(std::string region, std::string service)
    : sigv4_signer(std::move(region), service,
                   service == "s3" ? sigv4_path_rule::as_sent : sigv4_path_rule::normalised) {}

HOLDFAST_DECL sigv4_signer::sigv4_signer(std::string region, std::string service, sigv4_path_rule path_rule)
    : region_(std::move(region)),
      service_(std::move(service)),
      scope_("/" + region_ + "/" + service_ + "/aws4_request"),
      path_rule_(path_rule),
      keys_(std::make_shared<key_cache>()) {
    detail::check_scope_part(region_, "region");
    detail::check_scope_part(service_, "service");
}

HOLDFAST_DECL detail::hmac_sha256_code sigv4_signer::key_of(const aws_credentials& credentials,
                                                            std::string_view day) const {
    return keys_->get(day, credentials,
                      [&] { return detail::sigv4_key(credentials.secret_access_key, day, region_, service_); });
}

HOLDFAST_DECL std::string sigv4_signer::canonical_path(std::string_view target) const {
    const std::string_view path = detail::path_of_target(target);
    if (path_rule_ == sigv4_path_rule::normalised) return detail::sigv4_normalised_path(path);
    return path.empty() ? "/" : std::string(path);
}

HOLDFAST_DECL sigv4_artefacts sigv4_signer::prove(std::string canonical_request, const aws_credentials& credentials,
                                                  std::string_view timestamp) const {
    const std::string_view day = timestamp.substr(0, detail::sigv4_day_size);
    sigv4_artefacts made{std::move(canonical_request), "AWS4-HMAC-SHA256\n", {}};
    made.string_to_sign.append(timestamp).append(1, '\n').append(day).append(scope_).append(1, '\n');
    made.string_to_sign += detail::sha256_hex(made.canonical_request);
    made.signature = detail::to_hex(detail::hmac_sha256(key_of(credentials, day), made.string_to_sign));
    return made;
}

HOLDFAST_DECL sigv4_artefacts sigv4_signer::sign(http::request& message, const aws_credentials& credentials,
                                                 std::chrono::system_clock::time_point now,
                                                 std::string_view payload_hash) const {
    detail::check_signing_credentials(credentials);
    const std::string timestamp = detail::sigv4_timestamp(now);
    message.headers.set("X-Amz-Date", timestamp);
    message.headers.erase("X-Amz-Security-Token");
    if (!credentials.session_token.empty()) {
        message.headers.set("X-Amz-Security-Token", credentials.session_token.reveal());
    }
    if (service_ == "s3") message.headers.set("X-Amz-Content-SHA256", std::string(payload_hash));

    const std::string host = message.server.host_header();
    const auto headers = detail::sigv4_canonicalise(detail::sigv4_signed_fields(host, message.headers));
    const std::string query =
        detail::sigv4_canonical_query(detail::sigv4_parse_query(detail::query_of_target(message.target)));
    sigv4_artefacts made = prove(
        detail::sigv4_canonical_request(message.method, canonical_path(message.target), query, headers, payload_hash),
        credentials, timestamp);

    std::string authorization = "AWS4-HMAC-SHA256 Credential=";
    authorization.reserve(180 + credentials.access_key_id.size() + scope_.size() + headers.names.size());
    authorization.append(credentials.access_key_id).append(1, '/');
    authorization.append(timestamp, 0, detail::sigv4_day_size).append(scope_);
    authorization.append(", SignedHeaders=").append(headers.names).append(", Signature=").append(made.signature);
    message.headers.set("Authorization", std::move(authorization));
    return made;
}

HOLDFAST_DECL sigv4_presigned sigv4_signer::presign(const http::request& message, const aws_credentials& credentials,
                                                    std::chrono::system_clock::time_point now,
                                                    std::chrono::seconds lifetime,
                                                    std::string_view payload_hash) const {
    using namespace std::chrono_literals;
    detail::check_signing_credentials(credentials);
    if (lifetime < 1s || lifetime > std::chrono::days(7)) {
        throw error(errc::invalid_argument, "presign", "",
                    "a signed URL lives from 1 second to 7 days; choose among them");
    }
    const std::string timestamp = detail::sigv4_timestamp(now);
    const std::string host = message.server.host_header();
    auto list = detail::sigv4_signed_fields(host, message.headers);
    detail::drop_header_signature(list);
    const auto headers = detail::sigv4_canonicalise(std::move(list));
    const std::string day_and_scope = timestamp.substr(0, detail::sigv4_day_size) + scope_;

    std::string query = detail::sigv4_unsigned_query(detail::query_of_target(message.target));
    query += "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=";
    query += detail::percent_encode(credentials.access_key_id + "/" + day_and_scope, false);
    query += "&X-Amz-Date=" + timestamp + "&X-Amz-Expires=" + std::to_string(lifetime.count());
    query += "&X-Amz-SignedHeaders=" + detail::percent_encode(headers.names, false);
    if (!credentials.session_token.empty()) {
        query += "&X-Amz-Security-Token=" + detail::percent_encode(credentials.session_token.reveal(), false);
    }
    const std::string canonical = detail::sigv4_canonical_query(detail::sigv4_parse_query(query));
    sigv4_artefacts made = prove(detail::sigv4_canonical_request(message.method, canonical_path(message.target),
                                                                 canonical, headers, payload_hash),
                                 credentials, timestamp);
    std::string target(detail::path_of_target(message.target));
    target.append(1, '?').append(query).append("&X-Amz-Signature=").append(made.signature);
    return {std::move(target), std::move(made)};
}

}  // namespace holdfast::auth

#endif
