#ifndef HOLDFAST_STORAGE_S3_HPP
#define HOLDFAST_STORAGE_S3_HPP

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <holdfast/detail/config.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/s3/config.hpp>

namespace holdfast {

namespace s3 {
class client;
}

/// Objects in an S3 bucket, or in any store that speaks S3, below a prefix.
///
/// Effects: an object beyond two parts goes up as a multipart upload, its parts in parallel; one that fails or is
/// stopped is aborted, and one whose process was killed is continued by the next put of the same key, where
/// `s3_options::resume` allows it. Every request is retried as `s3_options::retry` says; a read that breaks off
/// continues where it was, guarded by the ETag. Conditional puts carry a mark of their own
/// (x-amz-meta-holdfast-writer), so that one whose answer was lost is recognised.
/// Thread safety: copies share connections, credentials and limits; all calls from any number of threads.
/// Errors beyond the concept's: `not_configured` (no such bucket, which is no empty store but a wrong name; a bad
/// setting), `untrusted` (TLS), `corrupt` (a body other than its checksum), `unsupported` (`get`, `head` and `copy` of
/// an object of which the server gives no ETag). Wire: Amazon S3 REST API, 2006-03-01.
class s3_storage {
public:
    /// @param url "s3://bucket/prefix". Errors: `invalid_argument`, `not_configured`; no request is made.
    HOLDFAST_DECL explicit s3_storage(std::string_view url, s3_options options = {});
    HOLDFAST_DECL explicit s3_storage(const store_url& url, s3_options options = {});

    HOLDFAST_DECL object_info put(const object_key& key, const byte_source& source,
                                  const put_options& options = {}) const;
    HOLDFAST_DECL object_info get(const object_key& key, byte_sink& sink, const get_options& options = {}) const;
    HOLDFAST_DECL std::optional<object_info> head(const object_key& key) const;
    HOLDFAST_DECL void list(std::string_view prefix, const list_visitor& visit) const;
    HOLDFAST_DECL void remove(const object_key& key) const;
    HOLDFAST_DECL store_url url() const;

    HOLDFAST_DECL bool put_if_absent(const object_key& key, const byte_source& source,
                                     const put_options& options = {}) const;
    HOLDFAST_DECL bool put_if_match(const object_key& key, const byte_source& source, const std::string& etag,
                                    const put_options& options = {}) const;
    HOLDFAST_DECL object_info copy(const object_key& from, const object_key& to) const;
    HOLDFAST_DECL void remove_batch(std::span<const object_key> keys) const;
    HOLDFAST_DECL object_info put_stream(const object_key& key, const byte_stream& stream,
                                         const put_options& options = {}) const;

    /// Aborts the multipart uploads below `prefix/` (empty: the whole store) that were begun `age` ago or earlier,
    /// and returns how many; an `age` shorter than the longest upload makes a live one fail. Errors: the first one,
    /// after all were tried.
    HOLDFAST_DECL std::size_t clean_unfinished(std::string_view prefix, std::chrono::seconds age) const;
    std::size_t clean_unfinished(std::chrono::seconds age) const { return clean_unfinished("", age); }

private:
    store_url url_;
    std::shared_ptr<s3::client> client_;
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/impl/s3.ipp>
#endif

#endif
