#ifndef HOLDFAST_TESTS_SUPPORT_FAILING_STORAGE_HPP
#define HOLDFAST_TESTS_SUPPORT_FAILING_STORAGE_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/storage/backend.hpp>

/// One call to a wrapped store.
struct storage_step {
    std::uint64_t number;        ///< 0 for the first; `url` is not counted
    std::string_view operation;  ///< the member's name
    std::string_view key;        ///< or the prefix, or the first of a batch
    bool done;                   ///< false: about to begin; true: has taken effect and is about to return
};

/// Called twice for each step; what it throws reaches the caller of the step.
using storage_hook = std::function<void(const storage_step&)>;

/// A store in which every step from `number` on fails, that step after it took effect where `done` is set.
inline storage_hook die_at(std::uint64_t number, bool done) {
    return [=](const storage_step& step) {
        if (step.number > number || (step.number == number && step.done == done)) {
            throw holdfast::error(holdfast::errc::unavailable, step.operation, step.key, "the process died here");
        }
    };
}

/// Asks to stop when step `number` has taken effect.
inline storage_hook stop_after(std::uint64_t number, std::stop_source stop) {
    return [=](const storage_step& step) mutable {
        if (step.number == number && step.done) stop.request_stop();
    };
}

/// Stores so many empty objects. @return their keys: k0, k1, …
template <class Storage>
std::vector<holdfast::object_key> put_many(const Storage& storage, std::size_t count) {
    std::vector<holdfast::object_key> keys;
    for (std::size_t i = 0; i < count; ++i) {
        keys.emplace_back("k" + std::to_string(i));
        storage.put(keys.back(), holdfast::byte_source{}, {});
    }
    return keys;
}

/// Calls a hook around every operation of a store that it passes on, with the abilities that the store has.
/// Copies share the count.
template <holdfast::storage_backend Storage>
class failing_storage {
public:
    failing_storage(Storage storage, storage_hook hook)
        : storage_(std::move(storage)), hook_(std::make_shared<const storage_hook>(std::move(hook))) {}

    /// How many steps began.
    std::uint64_t steps() const { return *count_; }

    holdfast::object_info put(const holdfast::object_key& key, const holdfast::byte_source& source,
                              const holdfast::put_options& options = {}) const {
        return step("put", key.str(), [&] { return storage_.put(key, source, options); });
    }
    holdfast::object_info get(const holdfast::object_key& key, holdfast::byte_sink& sink,
                              const holdfast::get_options& options = {}) const {
        return step("get", key.str(), [&] { return storage_.get(key, sink, options); });
    }
    std::optional<holdfast::object_info> head(const holdfast::object_key& key) const {
        return step("head", key.str(), [&] { return storage_.head(key); });
    }
    void list(std::string_view prefix, const holdfast::list_visitor& visit) const {
        step("list", prefix, [&] { return storage_.list(prefix, visit), true; });
    }
    void remove(const holdfast::object_key& key) const {
        step("remove", key.str(), [&] { return storage_.remove(key), true; });
    }
    holdfast::store_url url() const { return storage_.url(); }

    bool put_if_absent(const holdfast::object_key& key, const holdfast::byte_source& source,
                       const holdfast::put_options& options = {}) const
        requires holdfast::create_only_storage<Storage>
    {
        return step("put_if_absent", key.str(), [&] { return storage_.put_if_absent(key, source, options); });
    }
    bool put_if_match(const holdfast::object_key& key, const holdfast::byte_source& source, const std::string& etag,
                      const holdfast::put_options& options = {}) const
        requires holdfast::compare_and_swap_storage<Storage>
    {
        return step("put_if_match", key.str(), [&] { return storage_.put_if_match(key, source, etag, options); });
    }
    holdfast::object_info copy(const holdfast::object_key& from, const holdfast::object_key& to) const
        requires holdfast::copying_storage<Storage>
    {
        return step("copy", to.str(), [&] { return storage_.copy(from, to); });
    }
    void remove_batch(std::span<const holdfast::object_key> keys) const
        requires holdfast::batch_remove_storage<Storage>
    {
        const std::string_view first = keys.empty() ? std::string_view() : keys.front().str();
        step("remove_batch", first, [&] { return storage_.remove_batch(keys), true; });
    }
    holdfast::object_info put_stream(const holdfast::object_key& key, const holdfast::byte_stream& stream,
                                     const holdfast::put_options& options = {}) const
        requires holdfast::streaming_storage<Storage>
    {
        return step("put_stream", key.str(), [&] { return storage_.put_stream(key, stream, options); });
    }
    std::vector<holdfast::stored_object> put_batch(const holdfast::object_key& prefix,
                                                   std::span<const holdfast::pending_object> objects,
                                                   const holdfast::put_options& options = {},
                                                   const holdfast::transfer_limits& limits = {}) const
        requires holdfast::batch_put_storage<Storage>
    {
        return step("put_batch", prefix.str(), [&] { return storage_.put_batch(prefix, objects, options, limits); });
    }

private:
    template <class Call>
    auto step(std::string_view operation, std::string_view key, Call call) const {
        const std::uint64_t number = (*count_)++;
        (*hook_)({number, operation, key, false});
        auto result = call();
        (*hook_)({number, operation, key, true});
        return result;
    }

    Storage storage_;
    std::shared_ptr<const storage_hook> hook_;
    std::shared_ptr<std::atomic<std::uint64_t>> count_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

/// A hook for `failing_storage`: step `number` and all that follow fail, as if the process had died there.
inline storage_hook fail_from(std::uint64_t number, holdfast::errc kind = holdfast::errc::unavailable) {
    return [=](const storage_step& step) {
        if (step.number >= number) throw holdfast::error(kind, step.operation, step.key, "this test lets it fail");
    };
}

/// A hook for `failing_storage`: only step `number` fails; it takes effect first where `done` is true.
inline storage_hook fail_at(std::uint64_t number, bool done = false,
                            holdfast::errc kind = holdfast::errc::unavailable) {
    return [=](const storage_step& step) {
        if (step.number == number && step.done == done) {
            throw holdfast::error(kind, step.operation, step.key, "this test lets it fail");
        }
    };
}

#endif
