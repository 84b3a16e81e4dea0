#ifndef HOLDFAST_STORAGE_ORDERED_READ_HPP
#define HOLDFAST_STORAGE_ORDERED_READ_HPP

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/transfer_limits.hpp>

namespace holdfast {

/// Takes the next bytes of an object.
using byte_consumer = std::function<void(std::span<const std::byte>)>;

namespace detail {

/// What `head` says, as a precondition of the reads that follow. Errors: `not_found`, `precondition_failed`.
template <storage_backend Storage>
object_info require_object(const Storage& storage, const object_key& key, const get_options& options) {
    auto info = storage.head(key);
    if (!info) throw error(errc::not_found, "get", key.str(), "the store has no such object; list what it has");
    if (!options.if_match.empty() && options.if_match != info->etag) {
        throw error(errc::precondition_failed, "get", key.str(), "the object was replaced; look at it again");
    }
    return std::move(*info);
}

/// How an object is cut into ranges.
struct range_plan {
    std::uint64_t begin;
    std::uint64_t end;
    std::uint64_t size;  // of every range but the last
    std::size_t count;
    std::size_t window;  // ranges in memory at once

    byte_range at(std::size_t i) const noexcept {
        const std::uint64_t offset = begin + i * size;
        return {offset, std::min(size, end - offset)};
    }
};

inline range_plan plan_ranges(const byte_range& asked, std::uint64_t object_size, const transfer_limits& limits) {
    const std::uint64_t begin = std::min(asked.offset, object_size);
    const std::uint64_t end = begin + std::min(asked.size, object_size - begin);
    const std::uint64_t memory = memory_of(limits);
    const std::uint64_t share = std::max(memory / std::max(limits.connections, 1U), worth_a_request);
    const std::uint64_t size = std::min({longest_range(limits), memory, share});
    const std::uint64_t count = begin == end ? 0 : (end - begin - 1) / size + 1;
    const std::uint64_t window = std::min<std::uint64_t>(memory / size, count);
    return {begin, end, size, static_cast<std::size_t>(count), static_cast<std::size_t>(window)};
}

/// Fetches ranges ahead in threads of its own; `take` hands them over in order. The memory of a range serves the
/// later ones: memory that is touched for the first time costs more than the bytes that come into it.
class range_prefetch {
public:
    using fetch_function = std::function<std::string(std::size_t, std::string room, std::stop_token)>;

    range_prefetch(const range_plan& plan, unsigned connections, fetch_function fetch, std::stop_token stop)
        : plan_(plan), fetch_(std::move(fetch)), ready_(plan.count), outer_stop_(std::move(stop), [this] { end(); }) {
        const std::size_t threads = std::min<std::size_t>(std::max(connections, 1U), plan_.window);
        workers_.reserve(threads);
        try {
            while (workers_.size() < threads) workers_.emplace_back([this] { work(); });
        } catch (const std::system_error&) {
            if (workers_.empty()) throw;  // else the system has no more threads; those that run do the work
        }
    }

    range_prefetch(const range_prefetch&) = delete;
    range_prefetch& operator=(const range_prefetch&) = delete;
    ~range_prefetch() { end(); }

    /// Waits for the next range, which stands until the next call. Errors: that of the fetch; `cancelled`.
    const std::string& take(const object_key& key) {
        std::unique_lock lock(mutex_);
        if (taken_ > 0) spare_.push_back(std::move(current_));
        given_back_ = taken_;
        changed_.notify_all();
        changed_.wait(lock, stop_.get_token(), [&] { return failure_ || ready_[taken_]; });
        if (failure_) std::rethrow_exception(failure_);
        check_not_stopped(stop_.get_token(), "get", key.str());
        return current_ = std::move(*ready_[taken_++]);
    }

private:
    void end() noexcept { stop_.request_stop(); }

    struct task {
        std::size_t index;
        std::string room;
    };

    std::optional<task> next() {
        std::unique_lock lock(mutex_);
        const auto token = stop_.get_token();
        changed_.wait(lock, token, [&] { return next_ == plan_.count || next_ < given_back_ + plan_.window; });
        if (token.stop_requested() || next_ == plan_.count) return std::nullopt;
        task taken{next_++, {}};
        if (!spare_.empty()) {
            taken.room = std::move(spare_.back());
            spare_.pop_back();
        }
        return taken;
    }

    void work() noexcept {
        while (auto turn = next()) {
            try {
                std::string bytes = fetch_(turn->index, std::move(turn->room), stop_.get_token());
                const std::scoped_lock lock(mutex_);
                ready_[turn->index] = std::move(bytes);
            } catch (...) {
                keep_first_failure(std::current_exception());
                end();
            }
            changed_.notify_all();
        }
    }

    void keep_first_failure(std::exception_ptr failure) {
        const std::scoped_lock lock(mutex_);
        if (!failure_) failure_ = std::move(failure);
    }

    const range_plan plan_;
    const fetch_function fetch_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<std::optional<std::string>> ready_;
    std::string current_;             // what the consumer has
    std::vector<std::string> spare_;  // memory that no range is in
    std::size_t next_ = 0;            // first range that no worker has taken up
    std::size_t taken_ = 0;           // first range that the consumer has not had
    std::size_t given_back_ = 0;      // ranges whose memory is free again
    std::exception_ptr failure_;
    std::stop_source stop_;
    std::stop_callback<std::function<void()>> outer_stop_;
    std::vector<std::jthread> workers_;  // last, so that they end before what they use
};

/// Hands a part of an object to `consume`, of the state that `object` says; as `read_in_order`.
template <storage_backend Storage>
void read_part_in_order(const Storage& storage, const object_info& object, const byte_range& part,
                        const byte_consumer& consume, const std::stop_token& stop, const transfer_limits& limits) {
    const auto plan = plan_ranges(part, object.size, limits);
    const auto fetch = [&](std::size_t i, std::string room, std::stop_token fetch_stop) {
        const byte_range range = plan.at(i);
        room.resize(static_cast<std::size_t>(range.size));
        span_sink sink(range.offset, std::as_writable_bytes(std::span(room)));
        storage.get(object.key, sink, {.range = range, .if_match = object.etag, .stop = std::move(fetch_stop)});
        sink.check_whole(object.key.str());
        return room;
    };
    const auto deliver = [&](const std::string& bytes) { consume(std::as_bytes(std::span(bytes))); };
    if (plan.window <= 1 || limits.connections <= 1) {
        std::string bytes;
        for (std::size_t i = 0; i < plan.count; ++i) deliver(bytes = fetch(i, std::move(bytes), stop));
        return;
    }
    range_prefetch ahead(plan, limits.connections, fetch, stop);
    for (std::size_t i = 0; i < plan.count; ++i) deliver(ahead.take(object.key));
}

}  // namespace detail

/// Hands the bytes of an object to `consume` in order, on the calling thread, while the next ranges arrive in
/// others.
///
/// Effects: holds at most `limits.memory` bytes; ranges are shorter where it would not hold one for each connection.
/// An object of one range, and any with one connection, is read on the calling thread. All ranges are of one state of
/// the object. An exception of `consume` ends the reads and is passed on.
/// Errors: `not_found`; `precondition_failed` where the object is replaced meanwhile.
template <storage_backend Storage>
object_info read_in_order(const Storage& storage, const object_key& key, const byte_consumer& consume,
                          const get_options& options = {}, const transfer_limits& limits = {}) {
    object_info info = detail::require_object(storage, key, options);
    detail::read_part_in_order(storage, info, options.range, consume, options.stop, limits);
    return info;
}

}  // namespace holdfast

#endif
