#include <benchmarks/stand_in/service.hpp>

namespace stand_in {

namespace {

constexpr std::string_view last_character = "\xf4\x8f\xbf\xbf";

}  // namespace

answer service::list(const request& message) {
    const bool second = message.asks("list-type");
    const bool urlencoded = message.field("encoding-type") == "url";
    const auto bucket = bucket_of(message.path) + "/";
    const auto prefix = bucket + message.field("prefix");
    const auto delimiter = message.field("delimiter");
    const auto most = message.asks("max-keys") ? number(message.field("max-keys")) : 1000;
    auto after = message.field(second ? "continuation-token" : "marker");
    if (after.empty()) after = message.field("start-after");

    std::string content;
    std::string last;
    std::uint64_t count = 0;
    const std::lock_guard lock(objects_.mutex);
    const auto& all = objects_.by_key;
    auto entry = after.empty() ? all.lower_bound(prefix) : all.upper_bound(bucket + after);
    for (; entry != all.end() && entry->first.starts_with(prefix) && count < most; ++count) {
        const auto end = delimiter.empty() ? std::string::npos : entry->first.find(delimiter, prefix.size());
        if (end != std::string::npos) {
            const auto common = entry->first.substr(0, end + delimiter.size());
            content += element("CommonPrefixes", element("Prefix", encoded(common.substr(bucket.size()), urlencoded)));
            last = common.substr(bucket.size()) + std::string(last_character);
            entry = all.upper_bound(common + std::string(last_character));
            continue;
        }
        last = entry->first.substr(bucket.size());
        content += element("Contents", element("Key", encoded(last, urlencoded)) +
                                           element("LastModified", xml_date(entry->second->modified)) +
                                           element("ETag", entry->second->etag) +
                                           element("Size", std::to_string(entry->second->size)) +
                                           element("StorageClass", "STANDARD"));
        ++entry;
    }
    const bool more = entry != all.end() && entry->first.starts_with(prefix);
    auto head = element("Name", bucket_of(message.path)) +
                element("Prefix", encoded(message.field("prefix"), urlencoded)) +
                element("KeyCount", std::to_string(count)) + element("MaxKeys", std::to_string(most)) +
                element("IsTruncated", more ? "true" : "false");
    if (urlencoded) head += element("EncodingType", "url");
    if (!delimiter.empty()) head += element("Delimiter", encoded(delimiter, urlencoded));
    if (more) head += element(second ? "NextContinuationToken" : "NextMarker", encoded(last, urlencoded && !second));
    return with_kind(document("ListBucketResult", head + content), "list");
}

answer service::list_uploads(const request& message) {
    const auto bucket = bucket_of(message.path) + "/";
    const bool urlencoded = message.field("encoding-type") == "url";
    std::string content = element("IsTruncated", "false");
    const std::lock_guard lock(objects_.mutex);
    for (const auto& [id, begun] : objects_.uploads) {
        if (!begun.key.starts_with(bucket + message.field("prefix"))) continue;
        content += element("Upload", element("Key", encoded(begun.key.substr(bucket.size()), urlencoded)) +
                                         element("UploadId", id) + element("Initiated", xml_date(begun.initiated)));
    }
    return with_kind(document("ListMultipartUploadsResult", content), "list uploads");
}

answer service::list_parts(const request& message) {
    const std::lock_guard lock(objects_.mutex);
    const auto found = objects_.uploads.find(message.field("uploadId"));
    if (found == objects_.uploads.end()) return with_kind(failure(404, "NoSuchUpload"), "list parts");
    std::string content = element("IsTruncated", "false");
    for (const auto& [number, part] : found->second.parts) {
        auto fields = element("PartNumber", std::to_string(number)) + element("ETag", part->etag) +
                      element("Size", std::to_string(part->size));
        const auto crc = part->headers.find("x-amz-checksum-crc32c");
        if (crc != part->headers.end()) fields += element("ChecksumCRC32C", crc->second);
        content += element("Part", fields);
    }
    return with_kind(document("ListPartsResult", content), "list parts");
}

}  // namespace stand_in
