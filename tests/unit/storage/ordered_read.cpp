#include <holdfast/storage/ordered_read.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <thread>

#include <holdfast/core/error.hpp>
#include <holdfast/storage/memory.hpp>
#include <holdfast/storage/operations.hpp>
#include <tests/support/archetype_storage.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/failures.hpp>

using namespace holdfast;
using testing_support::failure_of;

namespace {

const object_key key("object");

std::string alphabet(std::size_t size) {
    std::string text;
    while (text.size() < size) text += static_cast<char>('a' + text.size() % 26);
    return text;
}

template <storage_backend Storage>
std::string read_all(const Storage& storage, const transfer_limits& limits, const get_options& options = {}) {
    std::string text;
    read_in_order(
        storage, key,
        [&](std::span<const std::byte> bytes) {
            text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        },
        options, limits);
    return text;
}

}  // namespace

TEST_CASE("the bytes come in order, whatever the limits") {
    const memory_storage storage;
    for (const std::size_t size : {0U, 1U, 9U, 10U, 11U, 500U}) {
        put_text(storage, key, alphabet(size));
        for (const unsigned connections : {0U, 1U, 2U, 7U}) {
            for (const std::uint64_t memory : {0U, 1U, 10U, 15U, 25U, 10'000U}) {
                CAPTURE(size);
                CAPTURE(connections);
                CAPTURE(memory);
                CHECK(read_all(storage, {connections, 10, memory}) == alphabet(size));
            }
        }
    }
}

TEST_CASE("a part of an object is read") {
    const memory_storage storage;
    put_text(storage, key, alphabet(100));
    const transfer_limits limits{.connections = 4, .range_size = 7, .memory = 30};
    CHECK(read_all(storage, limits, {.range = {20, 50}}) == alphabet(100).substr(20, 50));
    CHECK(read_all(storage, limits, {.range = {95, UINT64_MAX}}) == alphabet(100).substr(95));
    CHECK(read_all(storage, limits, {.range = {100, 1}}).empty());
    CHECK(read_all(storage, limits, {.range = {UINT64_MAX, 1}}).empty());
}

TEST_CASE("no more is read ahead than the memory holds, by no more connections than allowed") {
    constexpr int window = 3;
    std::atomic<int> started = 0;
    std::atomic<int> running = 0;
    std::atomic<int> consumed = 0;
    std::atomic<bool> kept = true;
    const memory_storage store;
    put_text(store, key, alphabet(1000));
    const failing_storage storage(store, [&](const storage_step& step) {
        if (step.operation != "get") return;
        if (step.done) {
            --running;
        } else if (++running > 2 || ++started > consumed + window) {
            kept = false;
        }
    });
    read_in_order(storage, key, [&](std::span<const std::byte>) { ++consumed; }, {},
                  {.connections = 2, .range_size = 10, .memory = 39});
    CHECK(kept);
    CHECK(started == 100);
    CHECK(consumed == 100);
}

TEST_CASE("the memory is shared out among the connections, in ranges that are worth a request") {
    constexpr std::uint64_t mebi = 1U << 20;
    const auto plan = [](const transfer_limits& limits) { return detail::plan_ranges({}, 1000 * mebi, limits); };
    CHECK(plan({.connections = 8, .range_size = 8 * mebi, .memory = 16 * mebi}).size == 2 * mebi);
    CHECK(plan({.connections = 8, .range_size = 8 * mebi, .memory = 16 * mebi}).window == 8);
    CHECK(plan({.connections = 2, .range_size = 8 * mebi, .memory = 64 * mebi}).size == 8 * mebi);
    CHECK(plan({.connections = 64, .range_size = 8 * mebi, .memory = 16 * mebi}).size == mebi);
    CHECK(plan({.connections = 0, .range_size = 8 * mebi, .memory = 3 * mebi}).size == 3 * mebi);
    CHECK(plan({.connections = 2, .range_size = 0, .memory = 64 * mebi}).size == 32 * mebi);
    CHECK(plan({.connections = 8, .range_size = 8 * mebi, .memory = 0}).size == mebi);
    CHECK(plan({.connections = 8, .range_size = 8 * mebi, .memory = 0}).window == 1);
}

TEST_CASE("one range, or one connection, needs no thread") {
    const memory_storage store;
    put_text(store, key, alphabet(100));
    bool here = true;
    const failing_storage storage(store, [&, caller = std::this_thread::get_id()](const storage_step&) {
        here = here && std::this_thread::get_id() == caller;
    });
    CHECK(read_all(storage, {.connections = 8, .range_size = 100}) == alphabet(100));
    CHECK(read_all(storage, {.connections = 1, .range_size = 10}) == alphabet(100));
    CHECK(read_all(storage, {.connections = 8, .range_size = 10, .memory = 10}) == alphabet(100));
    CHECK(here);
}

TEST_CASE("an exception of the consumer ends the reads") {
    struct enough {};
    const memory_storage storage;
    put_text(storage, key, alphabet(10'000));
    for (const unsigned connections : {1U, 4U}) {
        int seen = 0;
        const auto consume = [&](std::span<const std::byte>) {
            if (++seen == 3) throw enough();
        };
        CHECK_THROWS_AS(read_in_order(storage, key, consume, {}, {connections, 10, 50}), enough);
        CHECK(seen == 3);
    }
}

TEST_CASE("a range that fails ends the reads, and what came before it was right") {
    const archetype_storage store;
    put_text(store, key, alphabet(200));
    for (const unsigned connections : {1U, 4U}) {
        for (std::uint64_t step = 0; step < 21; ++step) {
            const failing_storage storage(store, fail_at(step));
            std::string text;
            const auto consume = [&](std::span<const std::byte> bytes) {
                text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            };
            CHECK(failure_of([&] {
                      read_in_order(storage, key, consume, {}, {connections, 10, 50});
                  }) == errc::unavailable);
            CHECK(text == alphabet(200).substr(0, text.size()));
        }
    }
}

TEST_CASE("an object that is replaced meanwhile is not mixed") {
    const memory_storage store;
    put_text(store, key, std::string(100, 'x'));
    const failing_storage storage(store, [&](const storage_step& step) {
        if (step.number == 3 && !step.done) put_text(store, key, std::string(100, 'y'));
    });
    CHECK(failure_of([&] { read_all(storage, {4, 10, 1000}); }) == errc::precondition_failed);
    CHECK(failure_of([&] { read_all(store, {}, {.if_match = "1"}); }) == errc::precondition_failed);
    store.remove(key);
    CHECK(failure_of([&] { read_all(store, {}); }) == errc::not_found);
}

TEST_CASE("a store that sends too few or other bytes is found out") {
    struct liar : archetype_storage {
        using archetype_storage::put;
        object_info get(const object_key& name, byte_sink& sink, const get_options& options) const {
            get_options other = options;
            other.range.offset += shift;
            other.range.size -= shorten;
            return archetype_storage::get(name, sink, other);
        }
        std::uint64_t shift = 0;
        std::uint64_t shorten = 0;
    };
    liar storage;
    put_text(storage, key, alphabet(100));
    for (const transfer_limits& limits : {transfer_limits{}, transfer_limits{4, 10, 40}}) {
        storage.shift = 1;
        storage.shorten = 0;
        CHECK(failure_of([&] { read_all(storage, limits); }) == errc::corrupt);
        storage.shift = 0;
        storage.shorten = 1;
        CHECK(failure_of([&] { read_all(storage, limits); }) == errc::corrupt);
    }
}
