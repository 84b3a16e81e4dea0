#ifndef HOLDFAST_STORAGE_S3_IMPL_CONDITION_IPP
#define HOLDFAST_STORAGE_S3_IMPL_CONDITION_IPP

#include <holdfast/storage/s3/condition.hpp>

#include <array>
#include <cstddef>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/hex.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/storage/s3/digits.hpp>
#include <holdfast/storage/s3/wire.hpp>

namespace holdfast::s3 {

inline constexpr char writer_mark_header[] = "x-amz-meta-holdfast-writer";

HOLDFAST_DECL std::string new_writer_mark() {
    std::array<std::byte, 16> random{};
    detail::random_bytes(random);
    return detail::to_hex(random);
}

HOLDFAST_DECL void add_object_headers(operation& what, const s3_options& options, std::string_view mark) {
    if (!options.server_side_encryption.empty()) {
        what.headers.set("x-amz-server-side-encryption", options.server_side_encryption);
    }
    if (!options.kms_key_id.empty()) {
        what.headers.set("x-amz-server-side-encryption-aws-kms-key-id", options.kms_key_id);
    }
    if (!options.storage_class.empty()) what.headers.set("x-amz-storage-class", options.storage_class);
    if (!mark.empty()) what.headers.set(writer_mark_header, std::string(mark));
}

HOLDFAST_DECL void add_condition_headers(operation& what, const put_condition& condition) {
    if (condition.if_absent) what.headers.set("If-None-Match", "*");
    if (!condition.if_match.empty()) what.headers.set("If-Match", canonical_etag(condition.if_match));
}

HOLDFAST_DECL bool is_condition_failure(const http::response& answer, const put_condition& condition) {
    if (condition.is_any()) return false;
    if (answer.status == 412) return true;
    const auto why = find_failure(answer);
    return why && why->code == "NoSuchKey" && !condition.if_match.empty();
}

HOLDFAST_DECL std::string etag_of(const http::response& answer) {
    return canonical_etag(header_of(answer, "ETag"));
}

HOLDFAST_DECL std::chrono::system_clock::time_point date_of(const http::response& answer, const client& store) {
    return parse_http_date(header_of(answer, "Date")).value_or(store.now());
}

HOLDFAST_DECL std::chrono::system_clock::time_point modified_of(const http::response& answer, const client& store) {
    const auto said = parse_http_date(header_of(answer, "Last-Modified"));
    return said ? *said : date_of(answer, store);
}

HOLDFAST_DECL std::optional<found_object> find_object(client& store, std::string_view verb, const object_key& key,
                                                      std::stop_token stop, const std::string& if_match) {
    operation look{.verb = verb,
                   .shown = key.str(),
                   .method = "HEAD",
                   .object = store.object_name(verb, key),
                   .stop = std::move(stop)};
    if (!if_match.empty()) look.headers.set("If-Match", canonical_etag(if_match));
    const http::response answer = store.send(look).answer;
    if (answer.status == 404) {
        store.require_bucket(look);
        return std::nullopt;
    }
    if (find_failure(answer)) store.fail(look, answer);
    const auto size = parse_digits(header_of(answer, "Content-Length"));
    if (!size) {
        throw error(errc::corrupt, verb, key.str(), "the server does not tell the object's size; check the endpoint");
    }
    const auto modified = modified_of(answer, store);
    return found_object{.info = {.key = key, .size = *size, .modified = modified, .etag = etag_of(answer)},
                        .mark = std::string(header_of(answer, writer_mark_header))};
}

HOLDFAST_DECL object_info require_object(client& store, std::string_view verb, const object_key& key,
                                         std::stop_token stop, const std::string& if_match) {
    auto found = find_object(store, verb, key, std::move(stop), if_match);
    if (!found) throw error(errc::not_found, verb, key.str(), "the store has no such object; list what it has");
    require_etag(verb, found->info);
    return std::move(found->info);
}

HOLDFAST_DECL void require_etag(std::string_view verb, const object_info& object) {
    if (!object.etag.empty()) return;
    throw error(errc::unsupported, verb, object.key.str(),
                "the server gives no ETag, which tells whether an object is still the same; store the object through "
                "this endpoint, or use one that gives an ETag of every object");
}

}  // namespace holdfast::s3

#endif
