#include <holdfast/storage/tree_transfer.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/memory.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using testing_support::failure_of;
using tree_building::read_file;
using tree_building::write_file;

namespace {

std::vector<std::string> keys_of(const std::vector<object_info>& objects) {
    std::vector<std::string> keys;
    for (const auto& object : objects) keys.push_back(object.key.str());
    return keys;
}

}  // namespace

TEST_CASE("a tree goes to the store and back") {
    const detail::temp_directory scratch;
    const auto from = scratch.path() / "from";
    write_file(from / "a", "1");
    write_file(from / "sub/deep/b c", "22");
    write_file(from / "sub/ü", "");
    std::filesystem::create_directories(from / "empty");
    const memory_storage storage;
    CHECK(put_tree(storage, object_key("x/y"), from).size() == 3);
    storage.put(object_key("x/y2"), byte_source{}, {});
    CHECK(keys_of(list_all(storage, "x/y")) == std::vector<std::string>{"x/y/a", "x/y/sub/deep/b c", "x/y/sub/ü"});
    const auto got = get_tree(storage, object_key("x/y"), scratch.path() / "to/here");
    CHECK(keys_of(got) == keys_of(list_all(storage, "x/y")));
    CHECK(read_file(scratch.path() / "to/here/a") == "1");
    CHECK(read_file(scratch.path() / "to/here/sub/deep/b c") == "22");
    CHECK(std::filesystem::is_regular_file(scratch.path() / "to/here/sub/ü"));
    CHECK_FALSE(std::filesystem::exists(scratch.path() / "to/here/empty"));
}

TEST_CASE("put_tree refuses what is neither file nor directory, before it stores anything") {
    const detail::temp_directory scratch;
    write_file(scratch.path() / "a", "1");
    const memory_storage storage;
    std::filesystem::create_symlink("a", scratch.path() / "link");
    CHECK(failure_of([&] { put_tree(storage, object_key("x"), scratch.path()); }) == errc::unsafe_path);
    CHECK(failure_of([&] { put_tree(storage, object_key("x"), scratch.path() / "absent"); }) == errc::not_found);
    std::filesystem::remove(scratch.path() / "link");
    REQUIRE(::mkfifo((scratch.path() / "pipe").c_str(), 0600) == 0);
    CHECK(failure_of([&] { put_tree(storage, object_key("x"), scratch.path()); }) == errc::invalid_argument);
    CHECK(list_all(storage, "").empty());
}

TEST_CASE("put_tree takes the directory however it is written") {
    const detail::temp_directory scratch;
    write_file(scratch.path() / "from/sub/a", "1");
    const memory_storage storage;
    for (const auto* way : {"from", "from/", "from/.", "from//", "from/../from"}) {
        const object_key prefix("x/" + std::to_string(std::string(way).size()));
        put_tree(storage, prefix, scratch.path() / way);
        CHECK(keys_of(list_all(storage, prefix.str())) == std::vector<std::string>{prefix.str() + "/sub/a"});
    }
}

TEST_CASE("get_tree makes each directory, and none for nothing") {
    const detail::temp_directory scratch;
    const memory_storage storage;
    CHECK(get_tree(storage, object_key("x"), scratch.path() / "none").empty());
    CHECK_FALSE(std::filesystem::exists(scratch.path() / "none"));
    for (const char* key : {"x/a/1", "x/a/b/c/2", "x/a/d", "x/e/3", "x/4"}) {
        storage.put(object_key(key), byte_source::from_text(key), {});
    }
    for (const unsigned range : {1U, 5U, 100U}) {
        const auto to = scratch.path() / std::to_string(range);
        CHECK(get_tree(storage, object_key("x"), to, {}, {.range_size = range}).size() == 5);
        for (const char* name : {"a/1", "a/b/c/2", "a/d", "e/3", "4"}) {
            CHECK(read_file(to / name) == "x/" + std::string(name));
        }
    }
}

TEST_CASE("get_tree replaces no file") {
    const detail::temp_directory scratch;
    write_file(scratch.path() / "a", "mine");
    const memory_storage storage;
    storage.put(object_key("x/a"), byte_source::from_text("theirs"), {});
    CHECK(failure_of([&] { get_tree(storage, object_key("x"), scratch.path()); }) == errc::precondition_failed);
    CHECK(read_file(scratch.path() / "a") == "mine");
}

TEST_CASE("remove_prefix takes the object at the prefix too") {
    const memory_storage storage;
    for (const char* text : {"v1", "v1/a", "v1/b/c", "v10", "v1.json", "v"}) {
        storage.put(object_key(text), byte_source{}, {});
    }
    remove_prefix(storage, object_key("v1"));
    CHECK(keys_of(list_all(storage, "")) == std::vector<std::string>{"v", "v1.json", "v10"});
}

TEST_CASE("remove_prefix removes nothing after a stop, before or while it lists") {
    const memory_storage storage;
    for (const char* text : {"v1", "v1/a", "v1/b"}) storage.put(object_key(text), byte_source{}, {});
    for (const bool before : {true, false}) {
        std::stop_source stop;
        const failing_storage watched(storage, [&](const storage_step&) { stop.request_stop(); });
        if (before) stop.request_stop();
        CHECK(failure_of([&] { remove_prefix(watched, object_key("v1"), {}, stop.get_token()); }) == errc::cancelled);
        CHECK(watched.steps() == (before ? 0 : 1));
        CHECK(list_all(storage, "").size() == 3);
    }
}
