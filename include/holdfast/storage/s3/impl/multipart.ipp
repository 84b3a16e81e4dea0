#ifndef HOLDFAST_STORAGE_S3_IMPL_MULTIPART_IPP
#define HOLDFAST_STORAGE_S3_IMPL_MULTIPART_IPP

#include <holdfast/storage/s3/multipart.hpp>

#include <algorithm>
#include <thread>
#include <utility>

#include <holdfast/storage/s3/content.hpp>
#include <holdfast/storage/s3/failures.hpp>

namespace holdfast::s3 {

HOLDFAST_DECL unfinished_uploads list_unfinished(client& store, const operation& what, const std::string& prefix) {
    const bool is_key = !prefix.empty() && !prefix.ends_with('/');
    unfinished_uploads found;
    upload_page page;
    do {
        operation list{.verb = what.verb, .shown = what.shown, .stop = what.stop, .deadline = what.deadline};
        list.fields = {{"uploads", ""}, {"encoding-type", "url"}, {"prefix", prefix}};
        const std::pair after(page.next_key_marker, page.next_id_marker);
        if (!after.first.empty()) {
            list.fields.emplace_back("key-marker", after.first);
            list.fields.emplace_back("upload-id-marker", after.second);
        }
        list.read = [&](const http::response& answer) { page = parse_uploads(answer.text); };
        found.as_of = date_of(store.require(list), store);
        if (!after.first.empty() && after == std::pair(page.next_key_marker, page.next_id_marker)) {
            throw_same_page(list);
        }
        for (auto& upload : page.uploads) {
            if (is_key ? upload.key == prefix : upload.key.starts_with(prefix))
                found.uploads.push_back(std::move(upload));
        }
        page.uploads.clear();
    } while (!page.next_key_marker.empty());
    return found;
}

HOLDFAST_DECL void abort_upload(client& store, operation what, const std::string& id) {
    what.method = "DELETE";
    what.fields = {{"uploadId", id}};
    const http::response answer = store.send(what).answer;
    if (answer.status != 404 && find_failure(answer)) store.fail(what, answer);
}

inline std::chrono::milliseconds cleaning_time(const client& store) {
    constexpr std::chrono::milliseconds longest{20'000};
    return std::min(longest, store.options().deadline);
}

// A part that the server still works on may land after the abort and keep its bytes, so that aborting again is needed
// (AbortMultipartUpload's documentation). This long a server may take for a part that it has received.
inline constexpr std::chrono::milliseconds landing_time{250};

HOLDFAST_DECL multipart_upload::multipart_upload(client& store, plan what)
    : store_(store), plan_(std::move(what)), object_(store.object_name(plan_.verb, plan_.key)) {}

HOLDFAST_DECL multipart_upload::~multipart_upload() {
    if (id_.empty()) return;
    plan_.stop = {};  // also where the caller asked to stop
    deadline_ = cleaning_time(store_);
    try {
        abort_upload(store_, begin("DELETE"), id_);
        if (!has_parts_under_way_) return;
        std::this_thread::sleep_for(landing_time);
        abort_upload(store_, begin("DELETE"), id_);
    } catch (...) {
        // what stays is found by the next put of the key, and by `clean_unfinished`
    }
}

HOLDFAST_DECL operation multipart_upload::begin(std::string method) const {
    return {.verb = plan_.verb,
            .shown = plan_.key.str(),
            .method = std::move(method),
            .object = object_,
            .stop = plan_.stop,
            .deadline = deadline_};
}

HOLDFAST_DECL void multipart_upload::fail(const operation& what, const http::response& answer) const {
    const auto why = find_failure(answer);
    const bool is_stale =
        why && (why->code == "NoSuchUpload" || why->code == "InvalidPart" || why->code == "ConditionalRequestConflict");
    const errc kind = why ? kind_of(*why, answer.status) : errc::unavailable;
    const bool is_unfit = is_taken_over_ && (kind == errc::invalid_argument || kind == errc::corrupt);
    if (!is_stale && !is_unfit) store_.fail(what, answer);
    throw upload_lost(errc::unavailable, plan_.verb, plan_.key.str(),
                      "another program ended or changed the upload while it went on; see that one at a time writes "
                      "the key, and try again" +
                          server_words(why.value_or(failure{}), answer.status));
}

// What the server began without saying so: the one upload of the key, still without parts, where there was none before.
HOLDFAST_DECL std::optional<std::string> multipart_upload::find_lost() {
    if (was_alone_ != true) return std::nullopt;
    try {
        const auto found = list_unfinished(store_, begin("GET"), object_);
        if (found.uploads.size() != 1) return std::nullopt;
        id_ = found.uploads.front().id;
        const bool is_empty = parts().empty();
        std::string id = std::exchange(id_, {});
        if (is_empty) return id;
    } catch (const error& failure) {
        id_.clear();
        if (failure.kind() == errc::cancelled && plan_.stop.stop_requested()) throw;
    }
    return std::nullopt;
}

HOLDFAST_DECL void multipart_upload::create() {
    if (!was_alone_) find_unfinished();
    if (!plan_.checksums) return create_once(false);
    try {
        create_once(true);
    } catch (const error& failure) {
        // a server that does not know checksums of the whole object
        if (failure.kind() != errc::invalid_argument && failure.kind() != errc::unsupported) throw;
        create_once(false);
    }
}

HOLDFAST_DECL void multipart_upload::create_once(bool whole_checksum) {
    mark_ = new_writer_mark();
    operation what = begin("POST");
    what.fields = {{"uploads", ""}};
    add_object_headers(what, store_.options(), mark_);
    if (plan_.checksums) what.headers.set("x-amz-checksum-algorithm", "CRC32C");
    if (whole_checksum) what.headers.set("x-amz-checksum-type", "FULL_OBJECT");
    std::string id;
    bool is_answered = false;
    what.read = [&](const http::response& answer) {
        id = parse_upload_id(answer.text);
        is_answered = true;
    };
    bool is_lost = false;  // an answer, and with it perhaps an id
    what.lost = [&] { is_lost = true; };
    what.settled = [&] {
        if (auto begun = is_lost ? find_lost() : std::nullopt) id = std::move(*begun);
        return !id.empty();
    };
    try {
        store_.require(what);
    } catch (const error& failure) {
        if (is_lost && (failure.is_retryable() || failure.kind() == errc::cancelled)) give_up_creating();
        throw;
    }
    id_ = std::move(id);
    is_taken_over_ = !is_answered;
    has_whole_checksum_ = whole_checksum;
}

// What an attempt began whose answer was lost goes to the destructor.
HOLDFAST_DECL void multipart_upload::give_up_creating() noexcept {
    plan_.stop = {};
    deadline_ = cleaning_time(store_);
    if (auto begun = find_lost()) id_ = std::move(*begun);
}

HOLDFAST_DECL void multipart_upload::take_over(std::string id) {
    id_ = std::move(id);
    mark_.clear();
    is_taken_over_ = true;
    has_whole_checksum_ = plan_.checksums;
}

HOLDFAST_DECL std::optional<std::string> multipart_upload::find_unfinished() {
    was_alone_ = false;
    try {
        const auto found = list_unfinished(store_, begin("GET"), object_);
        was_alone_ = found.uploads.empty();
        const auto newest = std::ranges::max_element(found.uploads, {}, &unfinished_upload::initiated);
        return newest != found.uploads.end() ? std::optional(newest->id) : std::nullopt;
    } catch (const error& failure) {
        if (failure.kind() == errc::cancelled || failure.kind() == errc::not_configured) throw;
        return std::nullopt;  // the put itself needs no list
    }
}

HOLDFAST_DECL std::vector<part> multipart_upload::parts() {
    std::vector<part> found;
    part_page page;
    do {
        operation what = begin("GET");
        what.fields = {{"uploadId", id_}};
        const std::string after = page.next_marker;
        if (!after.empty()) what.fields.emplace_back("part-number-marker", after);
        what.read = [&](const http::response& answer) { page = parse_parts(answer.text); };
        const http::response answer = store_.send(what).answer;
        if (find_failure(answer)) fail(what, answer);
        what.read(answer);  // an answer that can't be read says so now
        if (!after.empty() && page.next_marker == after) throw_same_page(what);
        found.insert(found.end(), page.parts.begin(), page.parts.end());
    } while (!page.next_marker.empty());
    return found;
}

HOLDFAST_DECL http::response multipart_upload::require_part(const operation& what) {
    http::response answer;
    try {
        answer = store_.send(what).answer;
    } catch (...) {
        has_parts_under_way_ = true;
        throw;
    }
    if (find_failure(answer)) fail(what, answer);
    return answer;
}

HOLDFAST_DECL part multipart_upload::send_part(unsigned number, const byte_source& body, const std::stop_token& stop) {
    operation what = begin("PUT");
    what.stop = stop;
    what.fields = {{"partNumber", std::to_string(number)}, {"uploadId", id_}};
    part sent{.number = number, .size = body.size(), .etag = {}, .crc32c = {}};
    sent.crc32c = seal_body(what, body, store_.options().integrity, plan_.digest, store_.blocks());
    what.read = [&](const http::response& answer) {
        sent.etag = etag_of(answer);
        if (sent.etag.empty()) throw error(errc::corrupt, plan_.verb, plan_.key.str(), "the answer lacks the ETag");
    };
    what.read(require_part(what));
    return sent;
}

HOLDFAST_DECL part multipart_upload::copy_part(unsigned number, const std::string& copy_source, const std::string& etag,
                                               std::uint64_t offset, std::uint64_t size, const std::stop_token& stop) {
    operation what = begin("PUT");
    what.stop = stop;
    what.fields = {{"partNumber", std::to_string(number)}, {"uploadId", id_}};
    what.headers.set("x-amz-copy-source", copy_source);
    what.headers.set("x-amz-copy-source-range",
                     "bytes=" + std::to_string(offset) + '-' + std::to_string(offset + size - 1));
    if (!etag.empty()) what.headers.set("x-amz-copy-source-if-match", etag);
    part copied{.number = number, .size = size, .etag = {}, .crc32c = {}};
    what.read = [&](const http::response& answer) { copied.etag = parse_etag(answer.text); };
    what.read(require_part(what));
    return copied;
}

}  // namespace holdfast::s3

#endif
