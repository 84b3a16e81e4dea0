#ifndef HOLDFAST_STORAGE_S3_IMPL_UPLOAD_STREAM_IPP
#define HOLDFAST_STORAGE_S3_IMPL_UPLOAD_STREAM_IPP

#include <holdfast/storage/s3/upload.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <future>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/storage/s3/content.hpp>
#include <holdfast/storage/s3/multipart.hpp>

namespace holdfast::s3 {

// Grows with the number of parts, so that 10,000 of them hold 17 TB where the first has 16 MiB.
inline std::uint64_t stream_part_size(std::uint64_t first, unsigned number) {
    constexpr unsigned step = 1'000;
    return std::min(first << ((number - 1) / step), largest_part);
}

// Up to `size` bytes; fewer only at the end.
inline std::string read_part(const byte_stream& stream, std::uint64_t size, const std::stop_token& stop,
                             const object_key& key) {
    constexpr std::uint64_t step = 1U << 20;
    std::string text;
    text.reserve(static_cast<std::size_t>(size));
    while (text.size() < size) {
        detail::check_not_stopped(stop, "put", key.str());
        const std::size_t begin = text.size();
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size - begin, step));
        text.resize(begin + wanted);
        const std::size_t count = stream(std::as_writable_bytes(std::span(text)).subspan(begin));
        text.resize(begin + std::min(count, wanted));
        if (count == 0) break;
    }
    return text;
}

// Sends parts in the background, a few at a time, each from memory of its own.
class part_queue {
public:
    part_queue(client& store, multipart_upload& upload)
        : upload_(upload), limit_(std::min(store.options().connections, 4U)) {}
    part_queue(const part_queue&) = delete;
    part_queue& operator=(const part_queue&) = delete;
    ~part_queue() { stop_.request_stop(); }  // the futures wait for their threads

    // Waits where enough parts are under way. Errors: those of an earlier part.
    void push(std::string text) {
        while (pending_.size() >= limit_) take_first();
        const unsigned number = ++count_;
        pending_.push_back(std::async([this, number, bytes = std::move(text), stop = stop_.get_token()]() mutable {
            return upload_.send_part(number, byte_source::from_text(std::move(bytes)), stop);
        }));
    }

    unsigned count() const noexcept { return count_; }
    void stop() noexcept { stop_.request_stop(); }

    std::vector<part> finish() {
        while (!pending_.empty()) take_first();
        return std::move(sent_);
    }

private:
    void take_first() {
        std::future<part> first = std::move(pending_.front());
        pending_.pop_front();
        sent_.push_back(first.get());
    }

    multipart_upload& upload_;
    unsigned limit_;
    unsigned count_ = 0;
    std::stop_source stop_;
    std::vector<part> sent_;
    std::deque<std::future<part>> pending_;  // goes first: its threads use the rest
};

HOLDFAST_DECL object_info put_stream(client& store, const object_key& key, const byte_stream& stream,
                                     const put_options& options) {
    const std::uint64_t first_size = store.options().part_size;
    std::string text = read_part(stream, first_size, options.stop, key);
    if (text.size() < first_size) return *put_object(store, key, byte_source::from_text(std::move(text)), options);
    multipart_upload upload(store, {.verb = "put",
                                    .key = key,
                                    .stop = options.stop,
                                    .checksums = store.options().integrity == s3_integrity::crc32c,
                                    .digest = options.digest});
    upload.create();
    part_queue queue(store, upload);
    const std::stop_callback pass_on(options.stop, [&] { queue.stop(); });
    while (!text.empty()) {
        if (queue.count() == most_parts) {
            throw error(errc::too_large, "put", key.str(), "the stream is beyond 10,000 parts; raise the part size");
        }
        queue.push(std::move(text));
        text = read_part(stream, stream_part_size(first_size, queue.count() + 1), options.stop, key);
    }
    auto info = upload.complete(queue.finish());
    if (!info) throw error(errc::precondition_failed, "put", key.str(), "the server refused the object");
    if (!options.digest) info->crc32c.reset();
    return *info;
}

}  // namespace holdfast::s3

#endif
