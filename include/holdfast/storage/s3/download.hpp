#ifndef HOLDFAST_STORAGE_S3_DOWNLOAD_HPP
#define HOLDFAST_STORAGE_S3_DOWNLOAD_HPP

#include <cstdint>
#include <optional>
#include <string>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/http/message.hpp>
#include <holdfast/http/transport.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/s3/client.hpp>
#include <holdfast/storage/s3/operation.hpp>

namespace holdfast::s3 {

/// One read of an object or of a range of it, which goes on where it broke off.
///
/// Effects: one GET. A repetition asks for what is missing, of the same ETag, so that no byte reaches the sink
/// twice. A whole object whose answer carries a checksum of the whole is checked by it.
class download {
public:
    HOLDFAST_DECL download(client& store, const object_key& key, byte_sink& sink, const get_options& options);

    /// Errors: `not_found`, `precondition_failed`, `corrupt`; as `require_etag`, before the sink has anything; those of
    /// `client::require` and of the sink.
    HOLDFAST_DECL object_info run();

private:
    HOLDFAST_DECL object_info look() const;
    HOLDFAST_DECL void ask(http::request& message) const;
    HOLDFAST_DECL http::body_destination accept(const http::response& answer);
    HOLDFAST_DECL void accept_first(const http::response& answer);
    HOLDFAST_DECL void verify() const;
    bool is_done() const noexcept { return info_ && delivered_ == expected_; }
    [[noreturn]] HOLDFAST_DECL void refuse(const char* why) const;

    client& store_;
    const object_key& key_;
    byte_sink& sink_;
    const get_options& options_;
    std::uint64_t begin_;                    // of the range asked for
    std::uint64_t delivered_ = 0;            // bytes that the sink has
    std::uint64_t expected_ = 0;             // bytes that it shall get
    std::optional<object_info> info_;        // what the first answer told
    std::optional<std::uint32_t> checksum_;  // of the whole object
    std::optional<crc32c_sink> checking_;
};

}  // namespace holdfast::s3

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/s3/impl/download.ipp>
#endif

#endif
