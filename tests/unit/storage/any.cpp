#include <holdfast/storage/any.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>
#include <holdfast/storage/operations.hpp>
#include <tests/support/archetype_storage.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/failures.hpp>

using namespace holdfast;
using testing_support::failure_of;

namespace {

using operations = std::vector<std::string>;

/// An `any_storage`, and the operations that reach the store behind it, from whatever thread.
class recorded {
public:
    template <storage_backend Storage>
    explicit recorded(Storage behind)
        : storage(failing_storage(std::move(behind), [this](const storage_step& step) {
              const std::scoped_lock lock(mutex_);
              if (!step.done) operations_.emplace_back(step.operation);
          })) {}
    recorded(const recorded&) = delete;
    recorded& operator=(const recorded&) = delete;

    operations seen() const {
        const std::scoped_lock lock(mutex_);
        return operations_;
    }

private:
    mutable std::mutex mutex_;
    operations operations_;

public:
    const any_storage storage;  ///< after what its operations are written to
};

}  // namespace

TEST_CASE("any_storage passes abilities on") {
    const recorded any{memory_storage()};
    const object_key key("key");
    put_if_absent(any.storage, key, byte_source{});
    put_if_match(any.storage, key, byte_source{}, "1");
    copy(any.storage, key, object_key("other"));
    put_stream(any.storage, key, [](auto) { return 0; });
    remove_all(any.storage, std::vector{key});
    reserve(any.storage, key);
    CHECK(any.seen() ==
          operations{"put_if_absent", "put_if_match", "copy", "put_stream", "remove_batch", "put_if_absent"});
}

TEST_CASE("any_storage passes a batch on whole") {
    const detail::temp_directory scratch;
    const recorded any{local_storage(scratch.path())};
    put_all(any.storage, object_key("x"), std::vector<pending_object>{{"a", {}}, {"b", {}}});
    CHECK(any.seen() == operations{"put_batch"});
}

TEST_CASE("any_storage makes abilities of primitives where there are none") {
    const recorded any{archetype_storage()};
    const object_key key("key");
    SUBCASE("put_if_absent") {
        put_if_absent(any.storage, key, byte_source{});
        CHECK(any.seen() == operations{"head", "put"});
    }
    SUBCASE("put_if_match") {
        CHECK_FALSE(put_if_match(any.storage, key, byte_source{}, "1"));
        CHECK(any.seen() == operations{"head"});
    }
    SUBCASE("put_batch") {
        put_all(any.storage, key, std::vector<pending_object>{{"a", {}}, {"b", {}}});
        CHECK(any.seen() == operations{"put", "put"});
    }
    SUBCASE("reserve is the claims protocol, not put_if_absent") {
        CHECK(reserve(any.storage, key));
        CHECK(any.seen() == operations{"put", "list"});
    }
}

TEST_CASE_TEMPLATE("any_storage passes the limits and the stop of a removal on", Storage, archetype_storage,
                   memory_storage) {
    const Storage store;
    const auto keys = put_many(store, 2'500);
    std::stop_source stop;
    const failing_storage watched(store, stop_after(1, stop));
    const any_storage any(watched);
    CHECK(failure_of([&] { remove_all(any, keys, {.connections = 1}, stop.get_token()); }) == errc::cancelled);
    CHECK(watched.steps() == 2);
    CHECK(store.head(keys.back()));
    any.remove_batch(keys);
    CHECK_FALSE(store.head(keys.back()));
}

TEST_CASE("copies of any_storage share what is held, and any_storage is not wrapped again") {
    const any_storage first = memory_storage();
    const any_storage copied = first;
    put_text(first, object_key("key"), "text");
    CHECK(get_text(copied, object_key("key")) == "text");
    CHECK(copied.url().scheme == "memory");
}
