#include <holdfast/storage/resumed_transfer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/memory.hpp>
#include <holdfast/storage/operations.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using tree_building::failure_of;
using tree_building::read_file;
using tree_building::write_file;

namespace {

const object_key key("object");
constexpr transfer_limits tens{.connections = 3, .range_size = 10};

std::string text_of(std::size_t size, char first = 'a') {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(first + static_cast<int>(i % 26));
    return text;
}

std::uint32_t crc_of(const std::string& text) {
    return detail::crc32c(0, std::as_bytes(std::span(text)));
}

/// A store with one object, and what processes one after the other bring of it.
struct download {
    detail::temp_directory scratch;
    std::filesystem::path file = scratch.path() / "file";
    std::filesystem::path record = scratch.path() / "arrived";
    memory_storage store;

    explicit download(const std::string& text) { put_text(store, key, text); }

    template <class Storage>
    object_info run(const Storage& storage, const get_options& options = {}, bool digest = true,
                    const transfer_limits& limits = tens) const {
        arrived_ranges arrived(record);
        return resume_file(storage, key, file, arrived, options, limits, digest);
    }

    /// Loses the store after so many calls.
    void lose_at(std::uint64_t number) const {
        const failing_storage losing(store, fail_from(number));
        CHECK(failure_of([&] { run(losing); }) == errc::unavailable);
    }

    /// How many calls a run needs that brings `text`.
    std::uint64_t calls_for(const std::string& text, const get_options& options = {}, bool digest = true) const {
        const failing_storage counted(store, [](const storage_step&) {});
        const auto info = run(counted, options, digest);
        CHECK(read_file(file) == text);
        CHECK(info.size == text.size());
        CHECK(info.crc32c == (digest ? std::optional(crc_of(text)) : std::nullopt));
        return counted.steps();
    }

    std::size_t arrived() const {
        const arrived_ranges found(record);
        const auto part = found.find(key);
        return part ? static_cast<std::size_t>(std::ranges::count(part->ranges, true)) : 0;
    }
};

}  // namespace

TEST_CASE("an object arrives whole at the first call, as by get_file") {
    for (const std::size_t size : {0U, 1U, 10U, 11U, 95U}) {
        CAPTURE(size);
        const std::string text = text_of(size);
        CHECK(download(text).calls_for(text) == (size <= 10 ? 1 : (size - 1) / 10 + 1));
    }
}

TEST_CASE("a download goes on with the ranges that are missing") {
    const std::string text = text_of(95);
    for (const bool digest : {false, true}) {
        for (std::uint64_t number = 1; number < 10; ++number) {
            CAPTURE(number);
            const download one(text);
            one.lose_at(number);
            const std::size_t arrived = one.arrived();
            CHECK(arrived == number);
            // the ranges that lack, and a look at whether the object is the same
            CHECK(one.calls_for(text, {}, digest) == 10 - arrived + 1);
            CHECK(one.calls_for(text, {}, digest) == 1);
        }
    }
}

TEST_CASE("a download may be lost again and again") {
    const std::string text = text_of(95);
    const download one(text);
    one.lose_at(2);
    one.lose_at(2);  // after the look and one range
    one.lose_at(0);
    CHECK(one.arrived() == 3);
    CHECK(one.calls_for(text) == 10 - 3 + 1);
}

TEST_CASE("the size of the ranges is that of the first call") {
    const std::string text = text_of(95);
    const download one(text);
    one.lose_at(5);
    one.run(one.store, {}, true, {.connections = 4, .range_size = 7});
    CHECK(read_file(one.file) == text);
}

TEST_CASE("an object that was replaced arrives anew") {
    const std::string text = text_of(95);
    const std::string other = text_of(95, 'A');
    const download one(text);
    one.lose_at(6);
    put_text(one.store, key, other);
    CHECK(one.calls_for(other) == 1 + 10);
    CHECK(one.arrived() == 10);
}

TEST_CASE("a file of which nothing is recorded is replaced, not written into") {
    const std::string text = text_of(9);
    const download one(text);
    const auto other = one.scratch.path() / "other";
    write_file(other, "left over, and longer");
    std::filesystem::create_hard_link(other, one.file);
    one.run(one.store);
    CHECK(read_file(one.file) == text);
    CHECK(read_file(other) == "left over, and longer");
}

TEST_CASE("a file that is gone, or shorter than what had arrived, arrives anew") {
    const std::string text = text_of(95);
    SUBCASE("gone") {
        const download one(text);
        one.lose_at(6);
        std::filesystem::remove(one.file);
        CHECK(one.calls_for(text) == 10);
    }
    SUBCASE("shorter, and lost again: what had arrived before does not count") {
        const download one(text);
        one.lose_at(6);
        std::filesystem::resize_file(one.file, 55);
        one.lose_at(2);
        CHECK(one.arrived() == 2);
        CHECK(one.calls_for(text) == 1 + 8);
    }
}

TEST_CASE("one record serves the calls of one process as it serves those of several") {
    const std::string text = text_of(95);
    const download one(text);
    const auto call = [&](arrived_ranges& arrived, std::uint64_t lost_at) {
        const failing_storage losing(one.store, fail_from(lost_at));
        CHECK(failure_of([&] { resume_file(losing, key, one.file, arrived, {}, tens); }) == errc::unavailable);
    };
    SUBCASE("what arrived at the call before is not asked for again") {
        arrived_ranges arrived(one.record);
        call(arrived, 6);
        call(arrived, 3);
        CHECK(one.arrived() == 6 + 2);
    }
    SUBCASE("what arrived for a file that is gone does not count, now or later") {
        one.lose_at(9);
        std::filesystem::remove(one.file);
        arrived_ranges arrived(one.record);
        call(arrived, 2);
        call(arrived, 3);
        CHECK(one.arrived() < 8);
    }
    one.calls_for(text);
}

TEST_CASE("a file without record is replaced") {
    const std::string text = text_of(25);
    const download one(text);
    write_file(one.file, std::string(100, '?'));
    CHECK(one.calls_for(text) == 3);
}

TEST_CASE("the digest is of the bytes on disk, those that had arrived before included") {
    const std::string text = text_of(95);
    const download one(text);
    one.lose_at(6);
    auto tampered = read_file(one.file);
    tampered[3] = '!';
    write_file(one.file, tampered);
    CHECK(one.run(one.store).crc32c != crc_of(text));
}

TEST_CASE("what the caller and the store say counts as for any get") {
    const std::string text = text_of(95);
    const download one(text);
    one.lose_at(6);
    SUBCASE("the object is gone") {
        one.store.remove(key);
        CHECK(failure_of([&] { one.run(one.store); }) == errc::not_found);
    }
    SUBCASE("it is not the one that was asked for") {
        CHECK(failure_of([&] { one.run(one.store, {.if_match = "77"}); }) == errc::precondition_failed);
    }
    SUBCASE("it is the one that was asked for") {
        CHECK(one.calls_for(text, {.if_match = one.store.head(key)->etag}) == 1 + 4);
    }
    SUBCASE("it is replaced meanwhile") {
        const failing_storage replacing(one.store, [&](const storage_step& step) {
            if (step.number == 0 && step.done) put_text(one.store, key, text);
        });
        CHECK(failure_of([&] { one.run(replacing); }) == errc::precondition_failed);
    }
    SUBCASE("the caller stops") {
        std::stop_source stop;
        stop.request_stop();
        CHECK(failure_of([&] { one.run(one.store, {.stop = stop.get_token()}); }) == errc::cancelled);
    }
    SUBCASE("a range") {
        CHECK(failure_of([&] { one.run(one.store, {.range = {1, 5}}); }) == errc::invalid_argument);
        CHECK(failure_of([&] { one.run(one.store, {.range = {0, 5}}); }) == errc::too_large);
    }
}
