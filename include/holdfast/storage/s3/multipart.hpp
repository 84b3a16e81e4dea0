#ifndef HOLDFAST_STORAGE_S3_MULTIPART_HPP
#define HOLDFAST_STORAGE_S3_MULTIPART_HPP

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/storage/s3/client.hpp>
#include <holdfast/storage/s3/condition.hpp>
#include <holdfast/storage/s3/wire.hpp>

namespace holdfast::s3 {

inline constexpr std::uint64_t most_parts = 10'000;
inline constexpr std::uint64_t largest_part = std::uint64_t{5} << 30;

/// A multipart upload that is no longer what its writer thinks: gone, or written to by another. Beginning anew helps.
class upload_lost : public error {
public:
    using error::error;
};

struct unfinished_uploads {
    std::vector<unfinished_upload> uploads;
    std::chrono::system_clock::time_point as_of;  ///< by the server's clock
};

/// The unfinished uploads of exactly this key, or all below a prefix that ends at '/'.
HOLDFAST_DECL unfinished_uploads list_unfinished(client& store, const operation& what, const std::string& prefix);

/// Aborts an upload; one that is gone is no error.
HOLDFAST_DECL void abort_upload(client& store, operation what, const std::string& id);

/// One multipart upload of an object, aborted unless it is completed.
/// Thread safety: `send_part` and `copy_part` from any number of threads.
class multipart_upload {
public:
    struct plan {
        std::string_view verb;
        object_key key;
        put_condition condition = {};
        std::stop_token stop = {};
        bool checksums = false;  ///< CRC32C of each part and of the whole
        bool digest = false;     ///< compute the CRC32C of parts whatever the integrity
    };

    HOLDFAST_DECL multipart_upload(client& store, plan what);
    multipart_upload(const multipart_upload&) = delete;
    multipart_upload& operator=(const multipart_upload&) = delete;
    HOLDFAST_DECL ~multipart_upload();

    /// Begins an upload. Where the answer to that is lost, what the server began is looked for and taken over, if
    /// `find_unfinished`, which is asked before where the caller has not, saw no other upload of the key: nothing else
    /// tells one's own from another writer's. If not, an upload without parts may stay.
    HOLDFAST_DECL void create();

    /// Goes on with an upload that another process began.
    HOLDFAST_DECL void take_over(std::string id);

    /// An unfinished upload of the key that may be taken over; the newest one. Nothing where the server can't tell.
    HOLDFAST_DECL std::optional<std::string> find_unfinished();

    /// The parts that the server has. Errors: `upload_lost`.
    HOLDFAST_DECL std::vector<part> parts();

    /// Errors: `upload_lost`; those of `client::require`.
    HOLDFAST_DECL part send_part(unsigned number, const byte_source& body, const std::stop_token& stop);

    /// Copies [offset, offset + size) of an object of this server.
    HOLDFAST_DECL part copy_part(unsigned number, const std::string& copy_source, const std::string& etag,
                                 std::uint64_t offset, std::uint64_t size, const std::stop_token& stop);

    /// Makes the object of the parts, in ascending order; nothing where the condition fails. Errors: `upload_lost`.
    HOLDFAST_DECL std::optional<object_info> complete(std::span<const part> parts);

private:
    HOLDFAST_DECL operation begin(std::string method) const;
    HOLDFAST_DECL void create_once(bool whole_checksum);
    HOLDFAST_DECL void give_up_creating() noexcept;
    HOLDFAST_DECL std::optional<std::string> find_lost();
    HOLDFAST_DECL http::response require_part(const operation& what);
    HOLDFAST_DECL std::optional<object_info> find_landed(std::uint64_t size, const std::string& etag);
    [[noreturn]] HOLDFAST_DECL void fail(const operation& what, const http::response& answer) const;

    client& store_;
    plan plan_;
    std::string object_;
    std::string mark_;  // empty: another process began the upload
    std::string id_;    // empty: none is open
    bool is_taken_over_ = false;
    std::atomic<bool> has_parts_under_way_ = false;  // perhaps: the answer to one never came
    bool has_whole_checksum_ = false;
    std::optional<bool> was_alone_ = {};  // whether `find_unfinished` saw no upload of the key; none: it was not asked
    std::optional<std::chrono::milliseconds> deadline_ = {};  // of each operation; none: the store's
};

}  // namespace holdfast::s3

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/s3/impl/multipart.ipp>
#include <holdfast/storage/s3/impl/multipart_complete.ipp>
#endif

#endif
