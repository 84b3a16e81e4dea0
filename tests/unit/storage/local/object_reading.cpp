#include <holdfast/storage/local/object_reading.hpp>

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>

#include <doctest/doctest.h>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using testing_support::failure_of;

namespace {

const object_key key{"a/b"};

// A store whose one object takes several blocks.
struct store {
    store() { tree_building::write_file(path(), content); }

    std::filesystem::path path() const { return directory.path() / key.str(); }
    detail::local_object open() const { return detail::open_local_object(&root, key.str(), "get", key); }

    const std::string content = [] {
        std::string text;
        while (text.size() < 2 * detail::local_block + 1000) text += std::to_string(text.size());
        return text;
    }();
    detail::temp_directory directory{{}, "holdfast-object-reading"};
    detail::beneath root{directory.path()};
};

}  // namespace

TEST_CASE_FIXTURE(store, "open_local_object: a file; whatever else is there, or nothing, is no object") {
    CHECK(open().status.size == content.size());
    const auto opened_as = [&](const detail::beneath* below, const std::string& path) {
        return failure_of([&] { detail::open_local_object(below, path, "get", object_key(path)); });
    };
    CHECK(opened_as(&root, "a/c") == errc::not_found);
    CHECK(opened_as(&root, "a") == errc::not_found);
    CHECK(opened_as(nullptr, "a/b") == errc::not_found);
}

TEST_CASE_FIXTURE(store, "send_blocks: a range, at its offsets") {
    memory_sink sink(1000);
    detail::send_blocks(key, open().opened, sink, 1000, detail::local_block + 1, {});
    CHECK(sink.text() == content.substr(1000, detail::local_block + 1));
}

TEST_CASE_FIXTURE(store, "send_in_kernel: a range, moved to where the target wants it") {
    const auto copy = directory.path() / "copy";
    const auto target = detail::file::create_new(copy.string());
    detail::send_in_kernel(key, open().opened, {.file = &target, .shift = std::uint64_t{0} - 1000}, 1000, 5000, {});
    CHECK(tree_building::read_file(copy) == content.substr(1000, 5000));
}

TEST_CASE_FIXTURE(store, "an object that became shorter while it is read") {
    const auto object = open();
    std::filesystem::resize_file(path(), 10);
    memory_sink sink;
    const auto read = [&] { detail::send_blocks(key, object.opened, sink, 0, object.status.size, {}); };
    CHECK(failure_of(read) == errc::precondition_failed);
    CHECK_FALSE(detail::is_unchanged(object.status, object.opened.status()));
}

TEST_CASE_FIXTURE(store, "a wish to stop ends both ways of sending") {
    std::stop_source stop;
    stop.request_stop();
    const auto object = open();
    memory_sink sink;
    const auto target = detail::file::create_new((directory.path() / "copy").string());
    const auto by_blocks = [&] { detail::send_blocks(key, object.opened, sink, 0, 10, stop.get_token()); };
    const auto in_kernel = [&] {
        detail::send_in_kernel(key, object.opened, {.file = &target}, 0, 10, stop.get_token());
    };
    CHECK(failure_of(by_blocks) == errc::cancelled);
    CHECK(failure_of(in_kernel) == errc::cancelled);
    CHECK(sink.text().empty());
    CHECK(target.status().size == 0);
}
