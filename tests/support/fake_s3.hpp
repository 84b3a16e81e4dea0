#ifndef HOLDFAST_TESTS_SUPPORT_FAKE_S3_HPP
#define HOLDFAST_TESTS_SUPPORT_FAKE_S3_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/digest.hpp>
#include <holdfast/detail/hex.hpp>
#include <holdfast/detail/percent_encoding.hpp>
#include <holdfast/detail/xml_reader.hpp>
#include <holdfast/http/transport.hpp>
#include <holdfast/storage/s3/wire.hpp>
#include <tests/support/scripted_transport.hpp>

namespace testing_support {

/// One bucket of an S3 server, in memory, as a transport; does what the S3 backend asks for as AWS and versitygw do,
/// and checks no signature. Copies share the bucket.
class fake_s3 {
public:
    struct object {
        std::string content = {};
        std::string etag = {};  ///< in quotes
        std::string mark = {};
        std::optional<std::uint32_t> crc32c = {};  ///< of the whole
        std::chrono::system_clock::time_point modified = {};
    };
    struct upload {
        std::string key = {};
        std::string mark = {};
        bool has_checksums = false;
        std::chrono::system_clock::time_point initiated = {};
        std::map<unsigned, object> parts = {};
    };
    struct limits {
        std::size_t page = 1000;  ///< of every list
        std::size_t least_part = 5U << 20;
    };
    struct contents {
        std::mutex mutex;
        std::string bucket = "bucket";
        std::string region = {};  ///< where set, requests have to be signed for it
        limits rules;
        std::chrono::system_clock::time_point now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24};
        std::map<std::string, object> objects;
        std::map<std::string, upload> uploads;
        std::vector<http::request> requests;
        unsigned next_id = 0;
    };

    contents& state() const noexcept { return *state_; }

    http::response operator()(const http::request& message, const http::exchange_options& options) const {
        const call asked(message);
        http::response answer;
        {
            const std::scoped_lock lock(state_->mutex);
            http::request seen = message;
            seen.body = {};
            state_->requests.push_back(std::move(seen));
            answer = is_elsewhere(asked)              ? wrong_region()
                     : asked.bucket != state_->bucket ? failure(404, "NoSuchBucket")
                                                      : serve(asked);
            answer.headers.set("Date", http_date(state_->now));
            answer.headers.set("x-amz-request-id", "REQUEST" + std::to_string(state_->requests.size()));
        }
        if (message.method != "HEAD") answer.headers.set("Content-Length", std::to_string(answer.text.size()));
        if (message.method == "HEAD") answer.text.clear();
        return deliver(std::move(answer), options);
    }

    std::size_t request_count() const {
        const std::scoped_lock lock(state_->mutex);
        return state_->requests.size();
    }

    static std::string http_date(std::chrono::system_clock::time_point time) {
        return format(time, "%a, %d %b %Y %T GMT");
    }
    static std::string iso_date(std::chrono::system_clock::time_point time) { return format(time, "%Y-%m-%dT%T.000Z"); }

    static http::response failure(unsigned status, const std::string& code) {
        http::response answer;
        answer.status = status;
        answer.text =
            "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>the fake refuses</Message></Error>";
        return answer;
    }

private:
    // A request in its parts.
    struct call {
        explicit call(const http::request& from) : message(from), body(body_of(from)) {
            std::string_view target = from.target;
            const auto mark = target.find('?');
            std::string_view path = target.substr(0, mark);
            path.remove_prefix(1);
            const auto slash = path.find('/');
            bucket = decode(path.substr(0, slash));
            if (slash != std::string_view::npos) key = decode(path.substr(slash + 1));
            if (mark == std::string_view::npos) return;
            for (std::string_view rest = target.substr(mark + 1); !rest.empty();) {
                const std::string_view field = rest.substr(0, rest.find('&'));
                rest.remove_prefix(std::min(field.size() + 1, rest.size()));
                const auto equals = std::min(field.find('='), field.size());
                query[decode(field.substr(0, equals))] = decode(field.substr(std::min(equals + 1, field.size())));
            }
        }

        std::string header(std::string_view name) const {
            const std::string* value = message.headers.find(name);
            return value != nullptr ? *value : std::string();
        }
        bool has(const std::string& field) const { return query.contains(field); }
        std::string field(const std::string& name) const { return has(name) ? query.at(name) : std::string(); }

        const http::request& message;
        std::string body;
        std::string bucket;
        std::string key;
        std::map<std::string, std::string> query;
    };

    static std::string decode(std::string_view text) { return detail::percent_decode(text).value_or("?"); }
    static std::string encode(std::string_view text) { return detail::percent_encode(text, true); }

    static std::string format(std::chrono::system_clock::time_point time, const char* pattern) {
        const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
        std::tm parts{};
        gmtime_r(&seconds, &parts);
        char text[64];
        return {text, std::strftime(text, sizeof text, pattern, &parts)};
    }

    static std::string md5(std::string_view text) {
        detail::digest digest(detail::digest_algorithm::md5);
        digest.update(std::as_bytes(std::span(text)));
        return detail::to_hex(digest.finish());
    }

    static http::response success(std::string xml = {}, unsigned status = 200) {
        http::response answer;
        answer.status = status;
        answer.text = std::move(xml);
        return answer;
    }

    static std::string element(const std::string& name, const std::string& text) {
        return "<" + name + ">" + text + "</" + name + ">";
    }

    bool is_elsewhere(const call& asked) const {
        const std::string scope = '/' + state_->region + "/s3/aws4_request";
        return !state_->region.empty() && asked.header("Authorization").find(scope) == std::string::npos;
    }

    http::response wrong_region() const {
        return success(
            "<Error><Code>AuthorizationHeaderMalformed</Code>" + element("Region", state_->region) + "</Error>", 400);
    }

    http::response serve(const call& asked) const {
        const std::string& method = asked.message.method;
        if (auto refused = check_body(asked)) return *refused;
        if (asked.key.empty()) return serve_bucket(asked);
        if (asked.has("uploads") && method == "POST") return create(asked);
        if (asked.has("uploadId")) return serve_upload(asked);
        if (method == "PUT") return asked.header("x-amz-copy-source").empty() ? put(asked) : copy(asked);
        if (method == "DELETE") {
            state_->objects.erase(asked.key);
            return success({}, 204);
        }
        return get(asked);
    }

    http::response serve_bucket(const call& asked) const {
        if (asked.message.method == "HEAD") return success();
        if (asked.has("delete")) return remove_many(asked);
        if (asked.has("uploads")) return list_uploads(asked);
        return list(asked);
    }

    static std::optional<http::response> check_body(const call& asked) {
        const std::string hash = asked.header("x-amz-content-sha256");
        if (!hash.empty() && hash != "UNSIGNED-PAYLOAD" && hash != detail::sha256_hex(asked.body)) {
            return failure(400, "XAmzContentSHA256Mismatch");
        }
        const auto crc = s3::parse_crc32c(asked.header("x-amz-checksum-crc32c"));
        const bool is_of_body = !asked.has("uploadId") || asked.has("partNumber");
        if (crc && is_of_body && *crc != crc_of(asked.body)) return failure(400, "BadDigest");
        return std::nullopt;
    }

    static std::uint32_t crc_of(std::string_view text) { return detail::crc32c(0, std::as_bytes(std::span(text))); }

    std::optional<http::response> check_condition(const call& asked) const {
        const auto found = state_->objects.find(asked.key);
        const bool exists = found != state_->objects.end();
        if (asked.header("If-None-Match") == "*" && exists) return failure(412, "PreconditionFailed");
        const std::string wanted = asked.header("If-Match");
        if (wanted.empty()) return std::nullopt;
        if (!exists) return failure(404, "NoSuchKey");
        if (found->second.etag != wanted) return failure(412, "PreconditionFailed");
        return std::nullopt;
    }

    object make_object(std::string content, std::string mark, bool checked) const {
        object made{.content = std::move(content), .mark = std::move(mark), .modified = state_->now};
        made.etag = '"' + md5(made.content) + '"';
        if (checked) made.crc32c = crc_of(made.content);
        return made;
    }

    http::response put(const call& asked) const {
        if (auto refused = check_condition(asked)) return *refused;
        auto& stored = state_->objects[asked.key];
        stored = make_object(asked.body, asked.header("x-amz-meta-holdfast-writer"),
                             !asked.header("x-amz-checksum-crc32c").empty());
        http::response answer = success();
        answer.headers.set("ETag", stored.etag);
        return answer;
    }

    http::response copy(const call& asked) const {
        const auto from = find_source(asked);
        if (!from) return failure(404, "NoSuchKey");
        if (*from == asked.key) return failure(400, "InvalidRequest");
        object copied = state_->objects.at(*from);
        copied.etag = '"' + md5(copied.content) + '"';
        copied.modified = state_->now;
        state_->objects[asked.key] = copied;
        return success("<CopyObjectResult>" + element("ETag", copied.etag) + "</CopyObjectResult>");
    }

    std::optional<std::string> find_source(const call& asked) const {
        std::string source = decode(asked.header("x-amz-copy-source"));
        source.erase(0, source.starts_with('/') ? 1 : 0);
        source.erase(0, state_->bucket.size() + 1);
        const auto found = state_->objects.find(source);
        if (found == state_->objects.end()) return std::nullopt;
        const std::string wanted = asked.header("x-amz-copy-source-if-match");
        return wanted.empty() || wanted == found->second.etag ? std::optional(source) : std::nullopt;
    }

    http::response get(const call& asked) const {
        const auto found = state_->objects.find(asked.key);
        if (found == state_->objects.end()) return failure(404, "NoSuchKey");
        const object& stored = found->second;
        const std::string wanted = asked.header("If-Match");
        if (!wanted.empty() && wanted != stored.etag) return failure(412, "PreconditionFailed");
        http::response answer = success(stored.content);
        answer.headers.set("Content-Length", std::to_string(stored.content.size()));
        answer.headers.set("ETag", stored.etag);
        answer.headers.set("Last-Modified", http_date(stored.modified));
        if (!stored.mark.empty()) answer.headers.set("x-amz-meta-holdfast-writer", stored.mark);
        const bool is_checked = asked.header("x-amz-checksum-mode") == "ENABLED" && stored.crc32c;
        if (is_checked) answer.headers.set("x-amz-checksum-crc32c", s3::render_crc32c(*stored.crc32c));
        const std::string range = asked.header("Range");
        return range.empty() ? answer : cut(std::move(answer), range);
    }

    static http::response cut(http::response answer, const std::string& range) {
        const std::size_t dash = range.find('-');
        const std::uint64_t total = answer.text.size();
        const std::uint64_t begin = std::stoull(range.substr(6, dash - 6));
        if (begin >= total) return failure(416, "InvalidRange");
        const std::string last = range.substr(dash + 1);
        const std::uint64_t end = last.empty() ? total : std::min<std::uint64_t>(total, std::stoull(last) + 1);
        answer.status = 206;
        answer.text = answer.text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
        answer.headers.set("Content-Range", "bytes " + std::to_string(begin) + '-' + std::to_string(end - 1) + '/' +
                                                std::to_string(total));
        if (answer.text.size() != total) answer.headers.erase("x-amz-checksum-crc32c");
        return answer;
    }

    http::response list(const call& asked) const {
        const std::string prefix = asked.field("prefix");
        const std::string after = asked.field("continuation-token");
        std::string xml = "<ListBucketResult><EncodingType>url</EncodingType>";
        std::size_t count = 0;
        std::string last;
        bool is_cut = false;
        for (const auto& [key, stored] : state_->objects) {
            if (!key.starts_with(prefix) || (!after.empty() && key <= after)) continue;
            if (count++ == state_->rules.page) {
                is_cut = true;
                break;
            }
            last = key;
            xml += "<Contents>" + element("Key", encode(key)) + element("LastModified", iso_date(stored.modified)) +
                   element("ETag", stored.etag) + element("Size", std::to_string(stored.content.size())) +
                   "</Contents>";
        }
        xml += element("IsTruncated", is_cut ? "true" : "false");
        if (is_cut) xml += element("NextContinuationToken", escape(last));
        return success(xml + "</ListBucketResult>");
    }

    static std::string escape(const std::string& text) {
        std::string escaped;
        for (const char c : text) escaped += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
        return escaped;
    }

    // The texts of all elements of a name, in order.
    static std::vector<std::string> texts_of(std::string_view xml, std::string_view name) {
        using event = detail::xml_reader::event;
        detail::xml_reader reader(xml);
        std::vector<std::string> texts;
        bool inside = false;
        for (auto now = reader.next(); now != event::done; now = reader.next()) {
            if (now == event::start) inside = reader.name() == name;
            if (now == event::text && inside) texts.push_back(reader.text());
            if (now == event::end) inside = false;
        }
        return texts;
    }

    http::response remove_many(const call& asked) const {
        const bool is_proved = !asked.header("Content-MD5").empty() || !asked.header("x-amz-checksum-crc32c").empty();
        const auto keys = texts_of(asked.body, "Key");
        if (!is_proved || keys.size() > 1000) return failure(400, "InvalidRequest");
        for (const auto& key : keys) state_->objects.erase(key);
        return success("<DeleteResult/>");
    }

    http::response create(const call& asked) const {
        const std::string id = "upload-" + std::to_string(++state_->next_id);
        state_->uploads[id] = {.key = asked.key,
                               .mark = asked.header("x-amz-meta-holdfast-writer"),
                               .has_checksums = asked.header("x-amz-checksum-algorithm") == "CRC32C",
                               .initiated = state_->now};
        return success("<InitiateMultipartUploadResult>" + element("UploadId", id) +
                       "</InitiateMultipartUploadResult>");
    }

    http::response serve_upload(const call& asked) const {
        const std::string id = asked.field("uploadId");
        const auto found = state_->uploads.find(id);
        if (found == state_->uploads.end() || found->second.key != asked.key) return failure(404, "NoSuchUpload");
        if (asked.message.method == "GET") return list_parts(asked, found->second);
        if (asked.message.method == "PUT") return put_part(asked, found->second);
        if (asked.message.method == "POST") return complete(asked, found);
        state_->uploads.erase(found);
        return success({}, 204);
    }

    http::response put_part(const call& asked, upload& into) const {
        object made = make_object(asked.body, {}, !asked.header("x-amz-checksum-crc32c").empty());
        const bool is_copy = !asked.header("x-amz-copy-source").empty();
        if (is_copy) {
            const auto from = find_source(asked);
            if (!from) return failure(404, "NoSuchKey");
            const std::string range = asked.header("x-amz-copy-source-range");
            made = make_object(cut(success(state_->objects.at(*from).content), range).text, {}, false);
        }
        const auto number = static_cast<unsigned>(std::stoul(asked.field("partNumber")));
        http::response answer = success();
        answer.headers.set("ETag", made.etag);
        if (is_copy) answer.text = "<CopyPartResult>" + element("ETag", made.etag) + "</CopyPartResult>";
        into.parts[number] = std::move(made);
        return answer;
    }

    http::response complete(const call& asked, std::map<std::string, upload>::iterator found) const {
        if (auto refused = check_condition(asked)) return *refused;
        const upload& from = found->second;
        const auto numbers = texts_of(asked.body, "PartNumber");
        const auto etags = texts_of(asked.body, "ETag");
        std::string content;
        std::string digests;
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            const auto part = from.parts.find(static_cast<unsigned>(std::stoul(numbers[i])));
            if (part == from.parts.end() || part->second.etag != etags[i]) return failure(400, "InvalidPart");
            const bool is_last = i + 1 == numbers.size();
            if (!is_last && part->second.content.size() < state_->rules.least_part)
                return failure(400, "EntityTooSmall");
            if (from.has_checksums && !part->second.crc32c) return failure(400, "InvalidPart");
            if (!from.has_checksums && asked.body.find("ChecksumCRC32C") != std::string::npos) {
                return failure(400, "InvalidPart");
            }
            content += part->second.content;
            const auto bytes = *detail::from_hex(etags[i].substr(1, 32));
            digests.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        }
        object made = make_object(std::move(content), from.mark, from.has_checksums);
        made.etag = '"' + md5(digests) + '-' + std::to_string(numbers.size()) + '"';
        const auto crc = s3::parse_crc32c(asked.header("x-amz-checksum-crc32c"));
        if (crc && made.crc32c && *crc != *made.crc32c) return failure(400, "BadDigest");
        state_->uploads.erase(found);
        const std::string etag = made.etag;
        state_->objects[asked.key] = std::move(made);
        return success("\n<CompleteMultipartUploadResult>" + element("ETag", etag) +
                       "</CompleteMultipartUploadResult>");
    }

    http::response list_parts(const call& asked, const upload& of) const {
        const std::string marker = asked.field("part-number-marker");
        const unsigned after = marker.empty() ? 0 : static_cast<unsigned>(std::stoul(marker));
        std::string xml = "<ListPartsResult>";
        std::size_t count = 0;
        unsigned last = 0;
        bool is_cut = false;
        for (const auto& [number, stored] : of.parts) {
            if (number <= after) continue;
            if (count++ == state_->rules.page) {
                is_cut = true;
                break;
            }
            last = number;
            xml += "<Part>" + element("PartNumber", std::to_string(number)) + element("ETag", stored.etag) +
                   element("Size", std::to_string(stored.content.size()));
            if (stored.crc32c) xml += element("ChecksumCRC32C", s3::render_crc32c(*stored.crc32c));
            xml += "</Part>";
        }
        xml += element("IsTruncated", is_cut ? "true" : "false");
        return success(xml + element("NextPartNumberMarker", std::to_string(last)) + "</ListPartsResult>");
    }

    http::response list_uploads(const call& asked) const {
        const std::string prefix = asked.field("prefix");
        const std::pair after{asked.field("key-marker"), asked.field("upload-id-marker")};
        std::set<std::pair<std::string, std::string>> sorted;
        for (const auto& [id, one] : state_->uploads) {
            const std::pair place{one.key, id};
            if (one.key.starts_with(prefix) && place > after) sorted.insert(place);
        }
        std::string xml = "<ListMultipartUploadsResult><EncodingType>url</EncodingType>";
        std::size_t count = 0;
        std::pair<std::string, std::string> last;
        for (const auto& place : sorted) {
            if (count++ == state_->rules.page) break;
            last = place;
            xml += "<Upload>" + element("Key", encode(place.first)) + element("UploadId", place.second) +
                   element("Initiated", iso_date(state_->uploads.at(place.second).initiated)) + "</Upload>";
        }
        const bool is_cut = count > state_->rules.page;
        xml += element("IsTruncated", is_cut ? "true" : "false");
        if (is_cut) xml += element("NextKeyMarker", encode(last.first)) + element("NextUploadIdMarker", last.second);
        return success(xml + "</ListMultipartUploadsResult>");
    }

    std::shared_ptr<contents> state_ = std::make_shared<contents>();
};

}  // namespace testing_support

#endif
