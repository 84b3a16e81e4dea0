#ifndef HOLDFAST_STORAGE_S3_IMPL_DOWNLOAD_IPP
#define HOLDFAST_STORAGE_S3_IMPL_DOWNLOAD_IPP

#include <holdfast/storage/s3/download.hpp>

#include <algorithm>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/storage/s3/condition.hpp>
#include <holdfast/storage/s3/digits.hpp>
#include <holdfast/storage/s3/wire.hpp>

namespace holdfast::s3 {

// Beyond every object, and within what servers can count.
inline constexpr std::uint64_t beyond_objects = std::uint64_t{1} << 60;

inline bool is_whole(const byte_range& range) noexcept {
    return range.offset == 0 && range.size >= beyond_objects;
}

HOLDFAST_DECL download::download(client& store, const object_key& key, byte_sink& sink, const get_options& options)
    : store_(store), key_(key), sink_(sink), options_(options), begin_(options.range.offset) {}

HOLDFAST_DECL void download::refuse(const char* why) const {
    throw error(errc::corrupt, "get", key_.str(), why);
}

HOLDFAST_DECL object_info download::look() const {
    return require_object(store_, "get", key_, options_.stop, options_.if_match);
}

HOLDFAST_DECL void download::ask(http::request& message) const {
    const byte_range& range = options_.range;
    const std::uint64_t from = begin_ + delivered_;
    if (!is_whole(range) || delivered_ > 0) {
        const std::uint64_t end = range.size >= beyond_objects ? beyond_objects : begin_ + range.size;
        const std::string last = end >= beyond_objects ? "" : std::to_string(end - 1);
        message.headers.set("Range", "bytes=" + std::to_string(from) + '-' + last);
    }
    const std::string& etag = delivered_ > 0 ? info_->etag : options_.if_match;
    if (!etag.empty()) message.headers.set("If-Match", canonical_etag(etag));
    const bool may_be_whole = range.offset == 0 && delivered_ == 0;
    if (may_be_whole && store_.options().integrity == s3_integrity::crc32c) {
        message.headers.set("x-amz-checksum-mode", "ENABLED");
    }
}

HOLDFAST_DECL void download::accept_first(const http::response& answer) {
    const auto length = parse_digits(header_of(answer, "Content-Length"));
    const auto range = parse_content_range(header_of(answer, "Content-Range"));
    if (answer.status == 206 && !range) refuse("the server sent a range and does not say which; check the endpoint");
    if (answer.status == 200 && !length) refuse("the server does not tell the object's size; check the endpoint");
    const std::uint64_t total = answer.status == 206 ? range->total : *length;
    if (begin_ >= total && total > 0) refuse("the server sent a range that it should not have");
    expected_ = std::min(options_.range.size, total - std::min(begin_, total));
    if (answer.status == 200 && expected_ != total) {
        refuse("the server sent the whole object where a range was asked for; use an endpoint that knows ranges");
    }
    info_ = object_info{.key = key_, .size = total, .modified = modified_of(answer, store_), .etag = etag_of(answer)};
    require_etag("get", *info_);
    checksum_.reset();
    checking_.reset();
    if (store_.options().integrity == s3_integrity::crc32c && expected_ == total) {
        checksum_ = parse_crc32c(header_of(answer, "x-amz-checksum-crc32c"));
    }
    if (checksum_) checking_.emplace(sink_);
}

HOLDFAST_DECL http::body_destination download::accept(const http::response& answer) {
    if (answer.status != 200 && answer.status != 206) return {};
    if (delivered_ == 0) {
        accept_first(answer);
    } else if (answer.status != 206 || etag_of(answer) != info_->etag) {
        refuse("the object changed, or the server does not know ranges, while it was read; get it again");
    }
    const std::uint64_t missing = expected_ - delivered_;
    const auto length = parse_digits(header_of(answer, "Content-Length"));
    if (length && *length != missing) refuse("the server sends another number of bytes than was asked for");
    const auto range = parse_content_range(header_of(answer, "Content-Range"));
    if (answer.status == 206 && (!range || range->offset != begin_ + delivered_ || range->total != info_->size)) {
        refuse("the server sends another range than was asked for; check the endpoint");
    }
    byte_sink& target = checking_ ? static_cast<byte_sink&>(*checking_) : sink_;
    return {.sink = &target, .offset = begin_ + delivered_};
}

HOLDFAST_DECL void download::verify() const {
    if (!info_) refuse("the server answers with neither the object nor a range of it; check the endpoint");
    if (delivered_ != expected_) refuse("fewer bytes arrived than the object has; get it again");
    if (checking_ && checking_->value(expected_) != *checksum_) {
        refuse("what arrived is not what the checksum says; get it again, and store it anew if that does not help");
    }
}

HOLDFAST_DECL object_info download::run() {
    detail::check_not_stopped(options_.stop, "get", key_.str());
    if (options_.range.size == 0 || begin_ >= beyond_objects) return look();
    operation what{.verb = "get",
                   .shown = key_.str(),
                   .object = store_.object_name("get", key_),
                   .stop = options_.stop,
                   .prepare = [this](http::request& message) { ask(message); },
                   .destination = [this](const http::response& answer) { return accept(answer); },
                   .finished = [this](const http::exchange_state& state) { delivered_ += state.delivered; },
                   .settled = [this] { return is_done(); }};
    const outcome result = store_.send(what);
    if (!result.settled && find_failure(result.answer)) {
        if (result.answer.status == 416 && delivered_ == 0) return look();
        store_.fail(what, result.answer);
    }
    verify();
    return std::move(*info_);
}

}  // namespace holdfast::s3

#endif
