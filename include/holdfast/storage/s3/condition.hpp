#ifndef HOLDFAST_STORAGE_S3_CONDITION_HPP
#define HOLDFAST_STORAGE_S3_CONDITION_HPP

#include <optional>
#include <string>
#include <string_view>

#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/storage/s3/client.hpp>

namespace holdfast::s3 {

/// When a put may replace what is there.
struct put_condition {
    bool if_absent = false;
    std::string if_match = {};  ///< an etag; empty: any

    bool is_any() const noexcept { return !if_absent && if_match.empty(); }
};

/// A name for one put, stored with its object, by which the writer knows it again.
HOLDFAST_DECL std::string new_writer_mark();

/// The headers of a put that begins an object: encryption, storage class, and the mark where there is one.
HOLDFAST_DECL void add_object_headers(operation& what, const s3_options& options, std::string_view mark = {});

/// The headers of the request that commits an object.
HOLDFAST_DECL void add_condition_headers(operation& what, const put_condition& condition);

/// Whether the server refused a put because of its condition.
HOLDFAST_DECL bool is_condition_failure(const http::response& answer, const put_condition& condition);

struct found_object {
    object_info info;
    std::string mark;
};

/// HEAD of an object; nothing where there is none. Errors: as `client::require`, `not_configured` for a missing
/// bucket.
HOLDFAST_DECL std::optional<found_object> find_object(client& store, std::string_view verb, const object_key& key,
                                                      std::stop_token stop = {}, const std::string& if_match = {});

/// The same of an object that has to be there. Errors: `not_found`; as `require_etag`.
HOLDFAST_DECL object_info require_object(client& store, std::string_view verb, const object_key& key,
                                         std::stop_token stop = {}, const std::string& if_match = {});

/// Errors: `unsupported` where the server gives no ETag of an object: nothing else tells that it is still the same one.
HOLDFAST_DECL void require_etag(std::string_view verb, const object_info& object);

/// A header's value; empty where there is none.
inline std::string_view header_of(const http::response& answer, std::string_view name) {
    const std::string* value = answer.headers.find(name);
    return value != nullptr ? std::string_view(*value) : std::string_view();
}

/// When the server answered; the time here where it does not say.
HOLDFAST_DECL std::chrono::system_clock::time_point date_of(const http::response& answer, const client& store);

/// When the object of an answer was last modified; as `date_of` where the server does not say.
HOLDFAST_DECL std::chrono::system_clock::time_point modified_of(const http::response& answer, const client& store);

/// The ETag header in its one form; empty where there is none.
HOLDFAST_DECL std::string etag_of(const http::response& answer);

}  // namespace holdfast::s3

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/s3/impl/condition.ipp>
#endif

#endif
