#ifndef HOLDFAST_STORAGE_S3_UPLOAD_HPP
#define HOLDFAST_STORAGE_S3_UPLOAD_HPP

#include <cstdint>
#include <optional>
#include <string_view>

#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/byte_stream.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/s3/client.hpp>
#include <holdfast/storage/s3/condition.hpp>

namespace holdfast::s3 {

/// How an object is cut into parts of the same size, the last one excepted.
struct part_plan {
    std::uint64_t part_size = 0;
    std::uint64_t size = 0;

    std::uint64_t count() const noexcept { return size == 0 ? 0 : (size - 1) / part_size + 1; }
};

/// Errors: `too_large` beyond 10,000 parts of 5 GiB.
HOLDFAST_DECL part_plan plan_parts(std::string_view verb, const object_key& key, std::uint64_t size,
                                   std::uint64_t wanted);

/// Stores an object where the condition holds; nothing where it does not.
///
/// Effects: one request, or a multipart upload where the source is beyond two parts. A put whose answer was lost
/// and whose repetition meets the object is recognised by its mark.
HOLDFAST_DECL std::optional<object_info> put_object(client& store, const object_key& key, const byte_source& source,
                                                    const put_options& options, const put_condition& condition = {});

/// Stores what a stream gives: in one request up to one part, else in parts that are sent while later ones are
/// read. Memory: one part for each connection, four at most, and one being read.
HOLDFAST_DECL object_info put_stream(client& store, const object_key& key, const byte_stream& stream,
                                     const put_options& options);

}  // namespace holdfast::s3

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/s3/impl/upload.ipp>
#include <holdfast/storage/s3/impl/upload_stream.ipp>
#endif

#endif
