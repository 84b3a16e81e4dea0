#ifndef HOLDFAST_STORAGE_S3_WIRE_HPP
#define HOLDFAST_STORAGE_S3_WIRE_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/detail/config.hpp>
#include <holdfast/detail/xml_reader.hpp>
#include <holdfast/storage/s3/dates.hpp>
#include <holdfast/storage/s3/error_answer.hpp>

// The bytes of the S3 REST API: what is sent and what is answered, as values. No socket, no clock, no file.
// Every parser throws `corrupt` for a document that is not what it should be.
namespace holdfast::s3 {

using query = std::vector<std::pair<std::string, std::string>>;

/// "/a/b?x=1&y=": path percent-encoded once, '/' kept; query fields encoded, in the order given.
/// @param path decoded, from its first '/' on
HOLDFAST_DECL std::string make_target(std::string_view path, const query& fields = {});

/// The one form in which an ETag is kept, compared and sent, whether a header or a document had it: in quotes, as in
/// the ETag header; "W/" is dropped. Empty stays empty.
HOLDFAST_DECL std::string canonical_etag(std::string_view etag);

struct listed_object {
    std::string key;  ///< as stored, decoded
    std::uint64_t size = 0;
    std::chrono::system_clock::time_point modified{};
    std::string etag;
};
struct object_page {
    std::vector<listed_object> objects;
    std::string next_token;  ///< empty: the last page
};
HOLDFAST_DECL object_page parse_objects(std::string_view xml);  // ListObjectsV2 with encoding-type=url

struct part {
    unsigned number = 0;  ///< from 1
    std::uint64_t size = 0;
    std::string etag;
    std::optional<std::uint32_t> crc32c;
};
struct part_page {
    std::vector<part> parts;
    std::string next_marker;  ///< empty: the last page
};
HOLDFAST_DECL part_page parse_parts(std::string_view xml);  // ListParts

struct unfinished_upload {
    std::string key;
    std::string id;
    std::chrono::system_clock::time_point initiated{};
};
struct upload_page {
    std::vector<unfinished_upload> uploads;
    std::string next_key_marker;  ///< empty: the last page
    std::string next_id_marker;
};
HOLDFAST_DECL upload_page parse_uploads(std::string_view xml);  // ListMultipartUploads with encoding-type=url

HOLDFAST_DECL std::string parse_upload_id(std::string_view xml);  // CreateMultipartUpload
HOLDFAST_DECL std::string parse_etag(std::string_view xml);       // CompleteMultipartUpload, CopyObject, UploadPartCopy

struct delete_failure {
    std::string key;
    failure what;
};
HOLDFAST_DECL std::vector<delete_failure> parse_delete_failures(std::string_view xml);  // DeleteObjects

/// @param parts in ascending order
HOLDFAST_DECL std::string render_complete(std::span<const part> parts);  // CompleteMultipartUpload

using detail::is_xml_text;  ///< whether `render_delete` can name a key; one that it cannot is deleted on its own

/// Asks for the failures alone.
/// Errors: `invalid_argument` for more than 1000 keys, and for one that XML cannot carry.
HOLDFAST_DECL std::string render_delete(std::span<const std::string> keys);  // DeleteObjects

/// x-amz-checksum-crc32c: base64 of the four bytes, most significant first.
HOLDFAST_DECL std::string render_crc32c(std::uint32_t crc);
HOLDFAST_DECL std::optional<std::uint32_t> parse_crc32c(std::string_view text);  ///< none for a composite one ("…-7")

/// "bytes 0-9/100" as first offset and total size; none for any other text.
struct content_range {
    std::uint64_t offset = 0;
    std::uint64_t total = 0;
};
HOLDFAST_DECL std::optional<content_range> parse_content_range(std::string_view text);

}  // namespace holdfast::s3

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/s3/impl/wire.ipp>
#include <holdfast/storage/s3/impl/wire_answers.ipp>
#endif

#endif
