#include <holdfast/storage/operations.hpp>

#include <doctest/doctest.h>

#include <string>

#include <holdfast/storage/memory.hpp>
#include <tests/support/failing_storage.hpp>

using namespace holdfast;

TEST_CASE("texts up to the limit are read, by one get") {
    const memory_storage store;
    const object_key key("key");
    put_text(store, key, "12345");
    const failing_storage storage(store, [](const storage_step&) {});
    CHECK(get_text(storage, key, 5) == "12345");
    CHECK(storage.steps() == 1);
    CHECK(find_text(storage, key, 5) == "12345");
    for (const std::uint64_t limit : {0U, 4U}) {
        try {
            get_text(storage, key, limit);
            FAIL("no error");
        } catch (const error& failure) {
            CHECK(failure.kind() == errc::too_large);
            CHECK(failure.key() == "key");
        }
    }
}

TEST_CASE("an absent text is an error of get_text and an answer of find_text") {
    const memory_storage store;
    CHECK_FALSE(find_text(store, object_key("key")));
    try {
        get_text(store, object_key("key"));
        FAIL("no error");
    } catch (const error& failure) {
        CHECK(failure.kind() == errc::not_found);
    }
    put_text(store, object_key("key"), "");
    CHECK(find_text(store, object_key("key")) == "");
    const failing_storage failing(store, fail_at(0));
    CHECK_THROWS_AS(find_text(failing, object_key("key")), error);
}
