#include <holdfast/storage/file_transfer.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/memory.hpp>
#include <holdfast/storage/operations.hpp>
#include <tests/support/archetype_storage.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using testing_support::failure_of;
using tree_building::read_file;

namespace {

const object_key key("object");
constexpr transfer_limits tens{.connections = 3, .range_size = 10};

}  // namespace

TEST_CASE("a file goes to the store and back") {
    const detail::temp_directory scratch;
    const memory_storage storage;
    std::ofstream(scratch.path() / "file") << "content";
    CHECK(put_file(storage, key, scratch.path() / "file").size == 7);
    const object_info info = get_file(storage, key, scratch.path() / "copy");
    CHECK(info.size == 7);
    CHECK_FALSE(info.crc32c);
    CHECK(read_file(scratch.path() / "copy") == "content");
    CHECK(failure_of([&] { put_file(storage, key, scratch.path() / "absent"); }) == errc::not_found);
}

TEST_CASE("a large object arrives in ranges of one state") {
    const detail::temp_directory scratch;
    std::uint64_t gets = 0;
    std::mutex mutex;
    const failing_storage storage(archetype_storage(), [&](const storage_step& step) {
        const std::scoped_lock lock(mutex);
        if (step.operation == "get" && !step.done) ++gets;
    });
    const std::string text = "0123456789abcdefghijklmno";
    for (const auto& [size, expected] : {std::pair{0U, 1U}, {9U, 1U}, {10U, 1U}, {11U, 2U}, {20U, 2U}, {25U, 3U}}) {
        CAPTURE(size);
        gets = 0;
        put_text(storage, key, text.substr(0, size));
        const auto path = scratch.path() / std::to_string(size);
        const object_info info = get_file(storage, key, path, {}, tens, true);
        CHECK(read_file(path) == text.substr(0, size));
        CHECK(info.crc32c == detail::crc32c(0, std::as_bytes(std::span(text).first(size))));
        CHECK(gets == expected);
    }
    gets = 0;
    get_file(storage, key, scratch.path() / "whole", {}, {.connections = 3, .range_size = 0});
    CHECK(read_file(scratch.path() / "whole") == text);
    CHECK(gets == 1);
}

TEST_CASE("no file is left where a get fails") {
    const detail::temp_directory scratch;
    const auto path = scratch.path() / "file";
    const archetype_storage store;
    put_text(store, key, std::string(100, 'x'));
    SUBCASE("an absent object") {
        CHECK(failure_of([&] { get_file(store, object_key("absent"), path); }) == errc::not_found);
    }
    SUBCASE("another object than was asked for") {
        CHECK(failure_of([&] { get_file(store, key, path, {.if_match = "7"}); }) == errc::precondition_failed);
    }
    SUBCASE("any step that fails") {
        for (std::uint64_t step = 0; step < 10; ++step) {
            const failing_storage failing(store, fail_at(step));
            CHECK(failure_of([&] { get_file(failing, key, path, {}, tens); }) == errc::unavailable);
            CHECK_FALSE(std::filesystem::exists(path));
        }
    }
    SUBCASE("an object that is replaced between two ranges") {
        const failing_storage replacing(store, [&](const storage_step& step) {
            if (step.number == 0 && step.done) put_text(store, key, std::string(100, 'y'));
        });
        CHECK(failure_of([&] { get_file(replacing, key, path, {}, tens); }) == errc::precondition_failed);
    }
    SUBCASE("the caller stops") {
        std::stop_source stop;
        const failing_storage stopping(store, [&](const storage_step& step) {
            if (step.number == 2) stop.request_stop();
        });
        CHECK(failure_of([&] { get_file(stopping, key, path, {.stop = stop.get_token()}, tens); }) == errc::cancelled);
    }
    SUBCASE("a range") {
        CHECK(failure_of([&] { get_file(store, key, path, {.range = {0, 5}}); }) == errc::invalid_argument);
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a file that exists is neither replaced nor removed") {
    const detail::temp_directory scratch;
    const auto path = scratch.path() / "file";
    std::ofstream(path) << "precious";
    const memory_storage storage;
    put_text(storage, key, "new");
    CHECK(failure_of([&] { get_file(storage, key, path); }) == errc::precondition_failed);
    CHECK(read_file(path) == "precious");
}

TEST_CASE("a part of an object arrives at its offsets, of the state that is known") {
    const std::string text = "0123456789abcdefghijklmno";
    const memory_storage storage;
    put_text(storage, key, text);
    const auto object = storage.head(key).value();
    for (const byte_range part : {byte_range{0, 25}, byte_range{3, 10}, byte_range{3, 11}, byte_range{24, 1}}) {
        CAPTURE(part.offset);
        CAPTURE(part.size);
        memory_sink sink(part.offset);
        detail::get_part(storage, object, part, sink, std::stop_token(), tens);
        CHECK(sink.text() == text.substr(part.offset, part.size));
    }
    memory_sink whole;
    detail::get_part(storage, object, {0, 25}, whole, std::stop_token(), {.connections = 3, .range_size = 0});
    CHECK(whole.text() == text);
    put_text(storage, key, text + "more");
    memory_sink sink;
    CHECK(failure_of([&] {
              detail::get_part(storage, object, {0, 25}, sink, std::stop_token(), tens);
          }) == errc::precondition_failed);
    CHECK_FALSE(failure_of([&] { detail::get_part(storage, object, {0, 0}, sink, std::stop_token(), tens); }));
}
