#include <holdfast/storage/list_objects.hpp>

#include <doctest/doctest.h>

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/storage/any.hpp>
#include <holdfast/storage/memory.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using tree_building::failure_of;

namespace {

struct fixture {
    memory_storage store;
    failing_storage<memory_storage> watched{store, [](const storage_step&) {}};
    std::stop_source stop;
    std::vector<std::string> seen;

    fixture() {
        for (const char* key : {"a/1", "a/2", "a/3", "b"}) store.put(object_key(key), byte_source{}, {});
    }

    errc list(std::size_t at_most, bool stop_then) {
        const auto visit = [&](const object_info& object) {
            seen.push_back(object.key.str());
            if (seen.size() < at_most) return true;
            if (stop_then) stop.request_stop();
            return stop_then;
        };
        return failure_of([&] { list_objects(watched, "a", visit, stop.get_token()); });
    }

    template <class Storage>
    errc list_keys_of(const Storage& storage, std::size_t at_most, bool stop_then) {
        seen.clear();
        const auto visit = [&](const object_key& key) {
            seen.push_back(key.str());
            if (seen.size() < at_most) return true;
            if (stop_then) stop.request_stop();
            return stop_then;
        };
        return failure_of([&] { list_keys(storage, "a", visit, stop.get_token()); });
    }
};

// Says no more of its objects than their keys.
struct keys_only : memory_storage {
    void list(std::string_view, const list_visitor&) const { throw error(errc::io_failure, "list", "", "not asked"); }
    void list_keys(std::string_view prefix, const key_visitor& visit) const {
        memory_storage::list(prefix, [&](const object_info& listed) { return visit(listed.key); });
    }
};

}  // namespace

TEST_CASE_FIXTURE(fixture, "a listing that nobody stops is the store's") {
    CHECK(list(100, false) == tree_building::not_thrown);
    CHECK(seen == std::vector<std::string>{"a/1", "a/2", "a/3"});
}

TEST_CASE_FIXTURE(fixture, "a visitor that has enough is no stop") {
    CHECK(list(2, false) == tree_building::not_thrown);
    CHECK(seen.size() == 2);
}

TEST_CASE_FIXTURE(fixture, "a stop meanwhile ends the listing before the next object") {
    CHECK(list(2, true) == errc::cancelled);
    CHECK(seen.size() == 2);
}

TEST_CASE_FIXTURE(fixture, "a stop at the last object is one as well") {
    CHECK(list(3, true) == errc::cancelled);
}

TEST_CASE_FIXTURE(fixture, "a stop before makes no request") {
    stop.request_stop();
    CHECK(list(100, false) == errc::cancelled);
    CHECK(seen.empty());
    CHECK(watched.steps() == 0);
}

TEST_CASE_FIXTURE(fixture, "keys alone are listed by the store that can, or from what it says of its objects") {
    const keys_only own{store};
    for (const any_storage& storage : {any_storage(own), any_storage(store)}) {
        CHECK(list_keys_of(storage, 100, false) == tree_building::not_thrown);
        CHECK(seen == std::vector<std::string>{"a/1", "a/2", "a/3"});
        CHECK(list_keys_of(storage, 2, false) == tree_building::not_thrown);
        CHECK(seen.size() == 2);
    }
    CHECK(list_keys_of(own, 2, true) == errc::cancelled);
    CHECK(seen.size() == 2);
    CHECK(list_keys_of(watched, 100, false) == errc::cancelled);
    CHECK(watched.steps() == 0);
}
