#include <holdfast/storage/any.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>
#include <holdfast/storage/operations.hpp>
#include <tests/support/archetype_storage.hpp>
#include <tests/support/failing_storage.hpp>

using namespace holdfast;

namespace {

/// The operations that reach the store behind an `any_storage`.
template <storage_backend Storage>
struct recorded {
    std::shared_ptr<std::vector<std::string>> operations = std::make_shared<std::vector<std::string>>();
    any_storage storage{failing_storage(Storage(), [log = operations](const storage_step& step) {
        if (!step.done) log->emplace_back(step.operation);
    })};
};

using operations = std::vector<std::string>;

}  // namespace

TEST_CASE("any_storage passes abilities on") {
    const recorded<memory_storage> any;
    const object_key key("key");
    put_if_absent(any.storage, key, byte_source{});
    put_if_match(any.storage, key, byte_source{}, "1");
    copy(any.storage, key, object_key("other"));
    put_stream(any.storage, key, [](auto) { return 0; });
    remove_all(any.storage, std::vector{key});
    reserve(any.storage, key);
    CHECK(*any.operations ==
          operations{"put_if_absent", "put_if_match", "copy", "put_stream", "remove_batch", "put_if_absent"});
}

TEST_CASE("any_storage passes a batch on whole") {
    const detail::temp_directory scratch;
    std::vector<std::string> operations;
    const any_storage any(failing_storage(local_storage(scratch.path()), [&](const storage_step& step) {
        if (!step.done) operations.emplace_back(step.operation);
    }));
    put_all(any, object_key("x"), std::vector<pending_put>{{object_key("x/a"), {}}, {object_key("x/b"), {}}});
    CHECK(operations == std::vector<std::string>{"put_batch"});
}

TEST_CASE("any_storage makes abilities of primitives where there are none") {
    const recorded<archetype_storage> any;
    const object_key key("key");
    SUBCASE("put_if_absent") {
        put_if_absent(any.storage, key, byte_source{});
        CHECK(*any.operations == operations{"head", "put"});
    }
    SUBCASE("put_if_match") {
        CHECK_FALSE(put_if_match(any.storage, key, byte_source{}, "1"));
        CHECK(*any.operations == operations{"head"});
    }
    SUBCASE("put_batch") {
        put_all(any.storage, key, std::vector<pending_put>{{key / "a", {}}, {key / "b", {}}});
        CHECK(*any.operations == operations{"put", "put"});
    }
    SUBCASE("reserve is the claims protocol, not put_if_absent") {
        CHECK(reserve(any.storage, key));
        CHECK(*any.operations == operations{"put", "list"});
    }
}

TEST_CASE("copies of any_storage share what is held, and any_storage is not wrapped again") {
    const any_storage first = memory_storage();
    const any_storage copied = first;
    put_text(first, object_key("key"), "text");
    CHECK(get_text(copied, object_key("key")) == "text");
    CHECK(copied.url().scheme == "memory");
}
