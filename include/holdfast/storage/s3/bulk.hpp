#ifndef HOLDFAST_STORAGE_S3_BULK_HPP
#define HOLDFAST_STORAGE_S3_BULK_HPP

#include <span>
#include <string_view>

#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/s3/client.hpp>

namespace holdfast::s3 {

/// Visits the objects below `prefix/`, on this thread, while the next page is fetched by another.
HOLDFAST_DECL void list_objects(client& store, std::string_view prefix, const list_visitor& visit);

HOLDFAST_DECL void remove_object(client& store, const object_key& key);

/// Removes a thousand objects a request, several requests at a time; what a server won't remove by name in XML, or
/// not many at once, is removed object by object. A key that can't be removed keeps no other from it.
/// Errors: that of the first such key.
HOLDFAST_DECL void remove_objects(client& store, std::span<const object_key> keys);

/// Copies within the bucket; what is larger than `s3_options::copy_part_size` or 5 GB in parts, several at once.
HOLDFAST_DECL object_info copy_object(client& store, const object_key& from, const object_key& to);

}  // namespace holdfast::s3

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/s3/impl/copying.ipp>
#include <holdfast/storage/s3/impl/listing.ipp>
#include <holdfast/storage/s3/impl/removal.ipp>
#endif

#endif
