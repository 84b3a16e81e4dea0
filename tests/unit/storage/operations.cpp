#include <holdfast/storage/operations.hpp>

#include <doctest/doctest.h>

#include <stop_token>
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

TEST_CASE("no text is asked for after a stop") {
    const memory_storage store;
    put_text(store, object_key("key"), "text");
    const failing_storage watched(store, [](const storage_step&) {});
    std::stop_source stop;
    CHECK(get_text(watched, object_key("key"), 4, stop.get_token()) == "text");
    CHECK(watched.steps() == 1);
    stop.request_stop();
    for (const char* name : {"key", "absent"}) {
        try {
            find_text(watched, object_key(name), 4, stop.get_token());
            FAIL("no error");
        } catch (const error& failure) {
            CHECK(failure.kind() == errc::cancelled);
            CHECK(failure.key() == name);
        }
    }
    CHECK(watched.steps() == 1);
}
