#include <benchmarks/stand_in/service.hpp>

namespace stand_in {

namespace {

std::string without_quotes(std::string text) {
    std::erase(text, '"');
    return text;
}

bool is_bucket(const std::string& path) {
    const auto slash = path.find('/');
    return slash == std::string::npos || slash + 1 == path.size();
}

void keep_headers(const request& message, std::map<std::string, std::string>& kept) {
    for (const auto& [name, value] : message.headers) {
        const bool checksum = name.starts_with("x-amz-checksum-") && !name.ends_with("-algorithm");
        if (checksum || name.starts_with("x-amz-meta-")) kept[name] = value;
    }
}

/// The text between <name> and </name>, from `from` on, which moves behind it; empty at the end.
std::string next_element(const std::string& xml, const std::string& name, std::size_t& from) {
    const auto open = xml.find("<" + name + ">", from);
    const auto close = xml.find("</" + name + ">", open);
    if (close == std::string::npos) return {};
    from = close;
    std::string text = xml.substr(open + name.size() + 2, close - open - name.size() - 2);
    for (const auto& [entity, plain] : {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&amp;", "&"}}) {
        for (auto at = text.find(entity); at != std::string::npos; at = text.find(entity, at + 1)) {
            text.replace(at, std::string_view(entity).size(), plain);
        }
    }
    return text;
}

std::pair<std::uint64_t, std::uint64_t> range_of(std::string_view text) {
    const auto equals = text.find('=');
    const auto dash = text.find('-', equals);
    if (equals == std::string_view::npos || dash == std::string_view::npos) throw closed("a range was expected");
    const auto last = text.substr(dash + 1);
    if (dash == equals + 1) return {UINT64_MAX, number(last)};
    const auto first = number(text.substr(equals + 1, dash - equals - 1));
    return {first, last.empty() ? UINT64_MAX : number(last) - first + 1};
}

}  // namespace

answer service::of_s3(const request& message, body& content) {
    const bool bucket = is_bucket(message.path);
    if (message.method == "PUT") {
        if (!bucket) return put(message, content);
        content.discard();
        return {.kind = "bucket"};
    }
    const auto text = content.text();
    if (message.method == "POST" && message.asks("delete")) return remove_many(message, text);
    if (message.method == "POST" && message.asks("uploads")) return create_upload(message);
    if (message.method == "POST" && message.asks("uploadId")) return complete(message, text);
    if (message.method == "DELETE") return remove(message);
    if (message.method == "HEAD" && bucket) {
        return {.headers = {{"x-amz-bucket-region", "us-east-1"}}, .kind = "bucket"};
    }
    if (message.method == "GET" && message.asks("uploadId")) return list_parts(message);
    if (message.method == "GET" && bucket && message.asks("uploads")) return list_uploads(message);
    if (message.method == "GET" && bucket && message.asks("location")) {
        return with_kind(document("LocationConstraint", ""), "bucket");
    }
    if (message.method == "GET" && bucket) return list(message);
    if (message.method == "GET" || message.method == "HEAD") return get(message);
    return with_kind(failure(501, "NotImplemented"), "other");
}

answer service::put(const request& message, body& content) {
    const bool copy = !message.header("x-amz-copy-source").empty();
    object made;
    if (copy) {
        content.discard();
        if (auto refused = copied(message, made); refused.status != 200) return refused;
    } else {
        made = receive(content, message.path.starts_with("keep"));
        keep_headers(message, made.headers);
    }
    return message.asks("uploadId") ? stored_part(message, std::move(made), copy)
                                    : stored(message, std::move(made), copy);
}

answer service::copied(const request& message, object& made) {
    auto source = percent_decoded(message.header("x-amz-copy-source"));
    source.erase(0, source.starts_with('/') ? 1 : 0);
    const auto from = objects_.find(source);
    if (!from) return with_kind(failure(404, "NoSuchKey"), "copy");
    const auto& range = message.header("x-amz-copy-source-range");
    const auto [first, size] = range.empty() ? std::pair<std::uint64_t, std::uint64_t>{0, from->size} : range_of(range);
    made.etag = new_etag();
    append(made, *from, first, size);
    if (range.empty()) made.headers = from->headers;
    return {};
}

answer service::stored_part(const request& message, object&& made, bool copy) {
    auto kept = std::make_shared<object>(std::move(made));
    const std::lock_guard lock(objects_.mutex);
    const auto found = objects_.uploads.find(message.field("uploadId"));
    if (found == objects_.uploads.end()) return with_kind(failure(404, "NoSuchUpload"), "part");
    found->second.parts[static_cast<unsigned>(number(message.field("partNumber")))] = kept;
    if (copy) return with_kind(document("CopyPartResult", element("ETag", kept->etag)), "copy");
    answer done{.headers = {{"ETag", kept->etag}}, .kind = "part"};
    for (const auto& header : kept->headers) done.headers.push_back(header);
    return done;
}

answer service::stored(const request& message, object&& made, bool copy) {
    auto kept = std::make_shared<object>(std::move(made));
    const std::lock_guard lock(objects_.mutex);
    const auto found = objects_.by_key.find(message.path);
    const bool exists = found != objects_.by_key.end();
    const auto& wanted = message.header("if-match");
    if ((exists && !message.header("if-none-match").empty()) ||
        (!wanted.empty() && (!exists || without_quotes(wanted) != without_quotes(found->second->etag)))) {
        return with_kind(failure(412, "PreconditionFailed"), "put");
    }
    objects_.by_key[message.path] = kept;
    if (copy) {
        return with_kind(document("CopyObjectResult",
                                  element("ETag", kept->etag) + element("LastModified", xml_date(kept->modified))),
                         "copy");
    }
    return {.headers = {{"ETag", kept->etag}}, .kind = "put"};
}

answer service::get(const request& message) {
    const auto kind = lower(message.method);
    const auto found = objects_.find(message.path);
    if (!found) return with_kind(failure(404, "NoSuchKey"), kind);
    const auto& wanted = message.header("if-match");
    if (!wanted.empty() && without_quotes(wanted) != without_quotes(found->etag)) {
        return with_kind(failure(412, "PreconditionFailed"), kind);
    }
    answer made{.content = found, .size = found->size, .kind = kind};
    made.headers = {{"ETag", found->etag},
                    {"Accept-Ranges", "bytes"},
                    {"Content-Type", "binary/octet-stream"},
                    {"Last-Modified", date(found->modified, "%a, %d %b %Y %H:%M:%S GMT")}};
    const bool checksums = !message.header("x-amz-checksum-mode").empty() && message.header("range").empty();
    for (const auto& header : found->headers) {
        if (checksums || header.first.starts_with("x-amz-meta-")) made.headers.push_back(header);
    }
    if (message.header("range").empty()) return made;
    auto [first, size] = range_of(message.header("range"));
    if (first == UINT64_MAX) first = found->size - std::min(size, found->size);
    if (first >= found->size) return with_kind(failure(416, "InvalidRange"), kind);
    made.status = 206;
    made.offset = first;
    made.size = std::min(size, found->size - first);
    made.headers.emplace_back("Content-Range", "bytes " + std::to_string(first) + "-" +
                                                   std::to_string(first + made.size - 1) + "/" +
                                                   std::to_string(found->size));
    return made;
}

answer service::create_upload(const request& message) {
    const auto id = "upload-" + std::to_string(++next_upload_);
    upload begun{.key = message.path, .headers = {}};
    keep_headers(message, begun.headers);
    const std::lock_guard lock(objects_.mutex);
    objects_.uploads.emplace(id, std::move(begun));
    const auto slash = message.path.find('/');
    return with_kind(
        document("InitiateMultipartUploadResult", element("Bucket", bucket_of(message.path)) +
                                                      element("Key", encoded(message.path.substr(slash + 1), false)) +
                                                      element("UploadId", id)),
        "multipart");
}

answer service::complete(const request& message, const std::string& text) {
    const std::lock_guard lock(objects_.mutex);
    const auto found = objects_.uploads.find(message.field("uploadId"));
    if (found == objects_.uploads.end()) return with_kind(failure(404, "NoSuchUpload"), "multipart");
    if (!message.header("if-none-match").empty() && objects_.by_key.contains(message.path)) {
        return with_kind(failure(412, "PreconditionFailed"), "multipart");
    }
    object made{.etag = new_etag(), .headers = found->second.headers};
    keep_headers(message, made.headers);
    std::size_t from = 0;
    for (auto number_text = next_element(text, "PartNumber", from); !number_text.empty();
         number_text = next_element(text, "PartNumber", from)) {
        const auto part = found->second.parts.find(static_cast<unsigned>(number(number_text)));
        if (part == found->second.parts.end()) return with_kind(failure(400, "InvalidPart"), "multipart");
        append(made, *part->second, 0, part->second->size);
    }
    if (made.segments.empty()) return with_kind(failure(400, "MalformedXML"), "multipart");
    objects_.uploads.erase(found);
    const auto kept = std::make_shared<object>(std::move(made));
    objects_.by_key[message.path] = kept;
    const auto slash = message.path.find('/');
    return with_kind(
        document("CompleteMultipartUploadResult", element("Bucket", bucket_of(message.path)) +
                                                      element("Key", encoded(message.path.substr(slash + 1), false)) +
                                                      element("ETag", kept->etag)),
        "multipart");
}

answer service::remove(const request& message) {
    const std::lock_guard lock(objects_.mutex);
    if (message.asks("uploadId")) {
        const bool known = objects_.uploads.erase(message.field("uploadId")) > 0;
        return known ? answer{.status = 204, .kind = "abort"} : with_kind(failure(404, "NoSuchUpload"), "abort");
    }
    objects_.by_key.erase(message.path);
    return {.status = 204, .kind = "delete"};
}

answer service::remove_many(const request& message, const std::string& text) {
    const std::lock_guard lock(objects_.mutex);
    std::size_t from = 0;
    for (auto key = next_element(text, "Key", from); !key.empty(); key = next_element(text, "Key", from)) {
        objects_.by_key.erase(bucket_of(message.path) + "/" + key);
    }
    return with_kind(document("DeleteResult", ""), "delete many");
}

answer service::control(const request& message) {
    if (message.path == "_stand_in/pattern") return {.text = std::string(pattern_.once())};
    if (message.path == "_stand_in/delay") {
        delay_ = static_cast<long>(number(message.field("us")));
        return {};
    }
    if (message.path == "_stand_in/clear") {
        const std::lock_guard lock(objects_.mutex);
        objects_.by_key.clear();
        objects_.uploads.clear();
        return {};
    }
    if (message.path == "_stand_in/stored") {
        std::uint64_t count = 0;
        std::uint64_t bytes = 0;
        const auto prefix = message.field("prefix");
        const std::lock_guard lock(objects_.mutex);
        for (auto entry = objects_.by_key.lower_bound(prefix);
             entry != objects_.by_key.end() && entry->first.starts_with(prefix); ++entry) {
            ++count;
            bytes += entry->second->size;
        }
        return {.text = "{\"objects\": " + std::to_string(count) + ", \"bytes\": " + std::to_string(bytes) +
                        ", \"uploads\": " + std::to_string(objects_.uploads.size()) + "}"};
    }
    if (message.path != "_stand_in/counts") return failure(404, "NoSuchKey");
    const std::lock_guard lock(counts_mutex_);
    std::string kinds;
    for (const auto& [kind, count] : kinds_) {
        kinds += (kinds.empty() ? "\"" : ", \"") + kind + "\": " + std::to_string(count);
    }
    answer made{.text = "{\"connections\": " + std::to_string(connections_) +
                        ", \"requests\": " + std::to_string(requests_) + ", \"kinds\": {" + kinds + "}}"};
    if (message.method == "POST") {
        kinds_.clear();
        requests_ = 0;
        connections_ = 0;
    }
    return made;
}

}  // namespace stand_in
