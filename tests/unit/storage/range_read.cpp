#include <holdfast/storage/range_read.hpp>

#include <doctest/doctest.h>

#include <holdfast/storage/memory.hpp>
#include <holdfast/storage/operations.hpp>
#include <tests/support/archetype_storage.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/tree_building.hpp>

#include <stop_token>
#include <string>

using namespace holdfast;
using tree_building::failure_of;

namespace {

const object_key key{"a/b"};
const std::string text = "0123456789abcdefghij";

template <class Storage>
std::string part(const Storage& storage, std::uint64_t offset, std::size_t size, const get_options& options = {},
                 const transfer_limits& limits = {}) {
    std::string buffer(size, '?');
    get_into(storage, key, offset, std::as_writable_bytes(std::span(buffer)), options, limits);
    return buffer;
}

}  // namespace

TEST_CASE_TEMPLATE("every part of an object, in ranges of every size", Storage, memory_storage, archetype_storage) {
    const Storage storage;
    put_text(storage, key, text);
    for (const std::uint64_t range : {0UL, 1UL, 3UL, 7UL, 100UL}) {
        for (std::size_t offset = 0; offset <= text.size(); ++offset) {
            for (std::size_t size = 0; size <= text.size() - offset; ++size) {
                REQUIRE(part(storage, offset, size, {}, {.connections = 2, .range_size = range}) ==
                        text.substr(offset, size));
            }
        }
    }
}

TEST_CASE("one request for each range, and one where there is one connection") {
    const memory_storage store;
    put_text(store, key, text);
    const failing_storage<memory_storage> counted{store, [](const storage_step&) {}};
    part(counted, 5, 10, {}, {.connections = 4, .range_size = 4});
    CHECK(counted.steps() == 3);
    part(counted, 5, 10, {}, {.connections = 1, .range_size = 4});
    CHECK(counted.steps() == 4);
    part(counted, 5, 10, {}, {.connections = 4, .range_size = 0});
    CHECK(counted.steps() == 5);
}

TEST_CASE("what is not there, and what is no longer what it was") {
    const memory_storage store;
    CHECK(failure_of([&] { part(store, 0, 1); }) == errc::not_found);
    CHECK(failure_of([&] { part(store, 0, 0); }) == errc::not_found);
    const auto first = put_text(store, key, text);
    CHECK(part(store, 0, 3, {.if_match = first.etag}) == "012");
    CHECK(failure_of([&] { part(store, 18, 3); }) == errc::corrupt);
    CHECK(failure_of([&] { part(store, 21, 1); }) == errc::corrupt);
    CHECK(failure_of([&] { part(store, UINT64_MAX, 1); }) == errc::corrupt);
    put_text(store, key, text);
    CHECK(failure_of([&] { part(store, 0, 3, {.if_match = first.etag}); }) == errc::precondition_failed);
    std::stop_source stop;
    stop.request_stop();
    CHECK(failure_of([&] { part(store, 0, 3, {.stop = stop.get_token()}); }) == errc::cancelled);
}

TEST_CASE("an object that is replaced between two ranges is noticed") {
    const memory_storage store;
    put_text(store, key, text);
    const failing_storage<memory_storage> racing{store, [&](const storage_step& step) {
                                                     if (step.number == 0 && step.done) put_text(store, key, text);
                                                 }};
    CHECK(failure_of([&] { part(racing, 0, 20, {}, {.connections = 2, .range_size = 8}); }) ==
          errc::precondition_failed);
}
