#include <holdfast/storage/abilities.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <stop_token>
#include <string>
#include <vector>

#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/any.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>
#include <holdfast/storage/operations.hpp>
#include <tests/support/archetype_storage.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/failures.hpp>

using namespace holdfast;
using testing_support::failure_of;

namespace {

const storage_hook refuse_even_keys = [](const storage_step& step) {
    if (!step.done && step.operation == "remove" && (step.key.back() - '0') % 2 == 0) {
        throw error(errc::access_denied, "remove", step.key, "this test refuses it");
    }
};

}  // namespace

TEST_CASE("remove_all without the ability tries every object and reports the first failure") {
    const failing_storage storage(archetype_storage(), refuse_even_keys);
    std::vector<object_key> keys;
    for (const char* text : {"k1", "k2", "k3", "k4", "k5"}) {
        keys.emplace_back(text);
        storage.put(keys.back(), byte_source{}, {});
    }
    try {
        remove_all(storage, keys);
        FAIL("no error");
    } catch (const error& failure) {
        CHECK(failure.kind() == errc::access_denied);
        CHECK(failure.key() == "k2");
    }
    std::vector<std::string> left;
    storage.list("", [&](const object_info& object) { return left.push_back(object.key.str()), true; });
    CHECK(left == std::vector<std::string>{"k2", "k4"});
}

TEST_CASE_TEMPLATE("remove_all stops between removals, and says so", Storage, archetype_storage, memory_storage) {
    const Storage store;
    const auto keys = put_many(store, 2'500);
    std::stop_source stop;
    const failing_storage watched(store, stop_after(1, stop));
    const auto remove = [&] { remove_all(watched, keys, {.connections = 1}, stop.get_token()); };
    CHECK(failure_of(remove) == errc::cancelled);
    CHECK(watched.steps() == 2);
    CHECK_FALSE(store.head(keys.front()));
    CHECK(store.head(keys.back()));
    CHECK(failure_of(remove) == errc::cancelled);
    CHECK(watched.steps() == 2);
    stop = std::stop_source();
    CHECK_FALSE(failure_of(remove));
    CHECK_FALSE(store.head(keys.back()));
}

TEST_CASE("a batch that cannot be removed keeps none of the others") {
    const memory_storage store;
    const auto keys = put_many(store, 2'500);
    const failing_storage failing(store, fail_at(0, false, errc::access_denied));
    CHECK(failure_of([&] { remove_all(failing, keys, {.connections = 1}); }) == errc::access_denied);
    CHECK(failing.steps() == 3);
    CHECK(store.head(keys[999]));
    CHECK_FALSE(store.head(keys[1'000]));
    CHECK_FALSE(store.head(keys.back()));
}

TEST_CASE("a fallback that fails between its steps changes nothing") {
    const archetype_storage store;
    const object_key key("key");
    store.put(key, byte_source::from_text("old"), {});
    const std::string etag = store.head(key)->etag;
    const failing_storage failing(store, fail_at(1));
    SUBCASE("put_if_match") {
        CHECK_THROWS_AS(put_if_match(failing, key, byte_source{}, etag), error);
    }
    SUBCASE("put_if_absent") {
        CHECK_THROWS_AS(put_if_absent(failing, object_key("new"), byte_source{}), error);
    }
    SUBCASE("copy") {
        CHECK_THROWS_AS(copy(failing, key, object_key("new")), error);
    }
    CHECK(failing.steps() == 2);
    CHECK(store.head(key)->etag == etag);
    CHECK_FALSE(store.head(object_key("new")));
}

TEST_CASE("put_all answers in the order of the objects and stops at the first failure") {
    const archetype_storage store;
    std::vector<pending_object> objects;
    for (int i = 0; i < 30; ++i) {
        objects.push_back({std::to_string(i), byte_source::from_text(std::string(static_cast<std::size_t>(i), 'x'))});
    }
    const auto stored = put_all(store, object_key("p"), objects);
    REQUIRE(stored.size() == 30);
    for (std::size_t i = 0; i < 30; ++i) {
        CHECK(stored[i].size == i);
        CHECK(store.head(object_key("p") / objects[i].path)->size == i);
    }
    const archetype_storage other;
    const failing_storage failing(other, fail_at(4));
    CHECK(failure_of([&] { put_all(failing, object_key("p"), objects, {}, {.connections = 1}); }) == errc::unavailable);
    CHECK(failing.steps() == 5);
    CHECK(list_all(other, "").size() == 4);
    objects.push_back({"", byte_source::from_text("of no key")});
    CHECK(failure_of([&] { put_all(store, object_key("q"), objects); }) == errc::invalid_argument);
    CHECK(list_all(store, "q").empty());
}

TEST_CASE("large objects come in ranges unless the backend says that it gains nothing") {
    const detail::temp_directory scratch;
    const local_storage local(scratch.path());
    CHECK_FALSE(gains_by_ranges(local));
    CHECK_FALSE(gains_by_ranges(any_storage(local)));
    CHECK(gains_by_ranges(memory_storage()));
    CHECK(gains_by_ranges(any_storage(memory_storage())));
}

TEST_CASE("what killed puts left is cleaned by a backend that keeps such things") {
    const detail::temp_directory scratch;
    const local_storage local(scratch.path());
    for (const bool held : {false, true}) {
        put_text(local, object_key("a"), "makes the folder");
        std::ofstream(scratch.path() / ".holdfast" / "left-by-a-killed-put") << "half";
        const auto clean = [&](std::chrono::seconds age) {
            return held ? clean_unfinished(any_storage(local), age) : clean_unfinished(local, age);
        };
        CHECK(clean(std::chrono::hours(1)) == 0);
        CHECK(clean(std::chrono::seconds(0)) == 1);
        CHECK(clean(std::chrono::seconds(0)) == 0);
    }
    CHECK(clean_unfinished(memory_storage(), std::chrono::seconds(0)) == 0);
    CHECK(clean_unfinished(any_storage(memory_storage()), std::chrono::seconds(0)) == 0);
}

TEST_CASE("any store has a handle for reading below a prefix") {
    const detail::temp_directory scratch;
    for (const any_storage& store : {any_storage(local_storage(scratch.path())), any_storage(memory_storage())}) {
        put_text(store, object_key("a/b"), "text");
        CHECK(get_text(reading_below(store, "a"), object_key("a/b")) == "text");
        CHECK(reading_below(store, "a").url() == store.url());
    }
    const memory_storage memory;
    put_text(memory, object_key("a/b"), "text");
    CHECK(get_text(reading_below(memory, "a"), object_key("a/b")) == "text");
}

TEST_CASE("streams go to a backend that takes them and gains nothing by ranges") {
    const detail::temp_directory scratch;
    const local_storage local(scratch.path());
    CHECK(writes_streams(local));
    CHECK(writes_streams(any_storage(local)));
    CHECK_FALSE(writes_streams(memory_storage()));
    CHECK_FALSE(writes_streams(any_storage(memory_storage())));
    struct no_streams : archetype_storage {
        bool gains_by_ranges() const { return false; }
    };
    CHECK_FALSE(writes_streams(no_streams()));
    CHECK_FALSE(writes_streams(any_storage(no_streams())));
}
