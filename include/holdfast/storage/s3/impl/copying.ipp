#ifndef HOLDFAST_STORAGE_S3_IMPL_COPYING_IPP
#define HOLDFAST_STORAGE_S3_IMPL_COPYING_IPP

#include <holdfast/storage/s3/bulk.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/percent_encoding.hpp>
#include <holdfast/storage/s3/condition.hpp>
#include <holdfast/storage/s3/multipart.hpp>
#include <holdfast/storage/s3/parallel_parts.hpp>
#include <holdfast/storage/s3/upload.hpp>
#include <holdfast/storage/s3/wire.hpp>

namespace holdfast::s3 {

inline constexpr std::uint64_t largest_single_copy = 5'000'000'000;

inline std::string copy_source_of(const client& store, const object_key& from) {
    return detail::percent_encode('/' + store.bucket() + '/' + store.object_name("copy", from), true);
}

inline object_info copy_single(client& store, const object_info& from, const object_key& to) {
    operation what{.verb = "copy", .shown = to.str(), .method = "PUT", .object = store.object_name("copy", to)};
    add_object_headers(what, store.options());
    what.headers.set("x-amz-copy-source", copy_source_of(store, from.key));
    what.headers.set("x-amz-copy-source-if-match", from.etag);
    object_info info{.key = to, .size = from.size};
    what.read = [&](const http::response& answer) { info.etag = parse_etag(answer.text); };
    info.modified = date_of(store.require(what), store);
    return info;
}

inline object_info copy_parts(client& store, const object_info& from, const object_key& to) {
    const part_plan plan = plan_parts("copy", to, from.size, store.options().copy_part_size);
    multipart_upload upload(store, {.verb = "copy", .key = to});
    upload.create();
    std::vector<part> copied(static_cast<std::size_t>(plan.count()));
    const std::string source = copy_source_of(store, from.key);
    for_each_part(copied.size(), store.options().connections, {}, [&](std::size_t i, const std::stop_token& stop) {
        const std::uint64_t offset = i * plan.part_size;
        const std::uint64_t size = std::min(plan.part_size, plan.size - offset);
        copied[i] = upload.copy_part(static_cast<unsigned>(i + 1), source, from.etag, offset, size, stop);
    });
    auto info = upload.complete(copied);
    if (!info) throw error(errc::precondition_failed, "copy", to.str(), "the server refused the object");
    return std::move(*info);
}

HOLDFAST_DECL object_info copy_object(client& store, const object_key& from, const object_key& to) {
    store.object_name("copy", to);
    const object_info found = require_object(store, "copy", from);
    if (from == to) return found;  // S3 refuses to copy an object to itself
    const std::uint64_t largest = std::min(store.options().copy_part_size, largest_single_copy);
    return found.size <= largest ? copy_single(store, found, to) : copy_parts(store, found, to);
}

}  // namespace holdfast::s3

#endif
