#include <holdfast/storage/local.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/operations.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/ordinary_user.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using testing_support::error_of;
using testing_support::failure_of;
using tree_building::read_file;
using tree_building::write_file;

namespace {

namespace fs = std::filesystem;

std::vector<std::string> keys_in(const local_storage& storage, std::string_view prefix = "") {
    std::vector<std::string> keys;
    for (const auto& object : list_all(storage, prefix)) keys.push_back(object.key.str());
    std::vector<std::string> alone;
    storage.list_keys(prefix, [&](const object_key& key) {
        alone.push_back(key.str());
        return true;
    });
    std::ranges::sort(alone);
    CHECK(alone == keys);
    return keys;
}

/// The unfinished objects in a store.
std::size_t staged_in(const fs::path& root) {
    if (!fs::exists(root / ".holdfast")) return 0;
    return static_cast<std::size_t>(std::ranges::count_if(fs::directory_iterator(root / ".holdfast"),
                                                          [](const auto& e) { return e.path().filename() != "lock"; }));
}

using names = std::vector<std::string>;
const object_key key("dir/object");

}  // namespace

TEST_CASE("a root that does not exist is an empty store, and reading does not create it") {
    const detail::temp_directory scratch;
    const auto root = scratch.path() / "not/yet";
    const local_storage storage(root);
    memory_sink sink;
    CHECK(keys_in(storage).empty());
    CHECK_FALSE(storage.head(key));
    CHECK(failure_of([&] { storage.get(key, sink); }) == errc::not_found);
    CHECK(failure_of([&] { storage.copy(key, object_key("x")); }) == errc::not_found);
    CHECK_FALSE(storage.put_if_match(key, byte_source{}, "etag"));
    storage.remove(key);
    CHECK(storage.clean_unfinished(std::chrono::seconds(0)) == 0);
    CHECK_FALSE(fs::exists(scratch.path() / "not"));
    put_text(storage, key, "text");
    CHECK(read_file(root / "dir/object") == "text");
}

TEST_CASE("the root is absolute, as given, and may be reached through links") {
    const detail::temp_directory scratch;
    fs::create_directories(scratch.path() / "real");
    fs::create_directory_symlink("real", scratch.path() / "link");
    const local_storage storage(scratch.path() / "link/./x/../store/");
    CHECK(storage.url() == store_url{"file", "", (scratch.path() / "link/store").string()});
    put_text(storage, key, "text");
    CHECK(read_file(scratch.path() / "real/store/dir/object") == "text");
    CHECK(local_storage("relative").url().path == (fs::current_path() / "relative").string());
    CHECK(failure_of([] { local_storage(""); }) == errc::invalid_argument);
    CHECK(failure_of([&] { local_storage(scratch.path() / "caf\xE9"); }) == errc::invalid_argument);
    CHECK(failure_of([&] { local_storage(scratch.path() / "caf\xC3\xA9"); }) == std::nullopt);
}

TEST_CASE("a durable root is made below directories that its user may pass through or write to, but not list") {
    const detail::temp_directory scratch;
    const auto passed = scratch.path() / "passed";
    const auto mine = passed / "mine";
    fs::create_directories(mine);
    fs::permissions(scratch.path(), fs::perms{0755});
    fs::permissions(passed, fs::perms{0311});
    {
        const testing_support::ordinary_user somebody(mine);
        put_text(local_storage(mine / "a/store", {.durable = true}), key, "first");
        fs::permissions(mine, fs::perms{0311});
        put_text(local_storage(mine / "b/store", {.durable = true}), key, "second");
        fs::permissions(mine, fs::perms{0755});
    }
    fs::permissions(passed, fs::perms{0755});  // so that it can be removed
    CHECK(read_file(mine / "a/store/dir/object") == "first");
    CHECK(read_file(mine / "b/store/dir/object") == "second");
}

TEST_CASE("a root that is a file is an error") {
    const detail::temp_directory scratch;
    write_file(scratch.path() / "file", "");
    const local_storage storage(scratch.path() / "file");
    CHECK(failure_of([&] { put_text(storage, key, ""); }) == errc::invalid_argument);
    CHECK(failure_of([&] { storage.head(key); }) == errc::invalid_argument);
}

TEST_CASE("objects are plain files that others may read as the umask allows, and other files are objects") {
    const detail::temp_directory scratch;
    write_file(scratch.path() / "probe", "");
    fs::create_directory(scratch.path() / "probe_dir");
    const local_storage storage(scratch.path() / "store");
    put_text(storage, key, "text");
    CHECK(fs::status(scratch.path() / "store/dir/object").permissions() ==
          fs::status(scratch.path() / "probe").permissions());
    CHECK(fs::status(scratch.path() / "store/dir").permissions() ==
          fs::status(scratch.path() / "probe_dir").permissions());
    write_file(scratch.path() / "store/from/python", "theirs");
    CHECK(keys_in(storage) == names{"dir/object", "from/python"});
    CHECK(get_text(storage, object_key("from/python")) == "theirs");
}

TEST_CASE("no temporary file stays, and the store's own directory is no object") {
    const detail::temp_directory scratch;
    const local_storage storage(scratch.path());
    put_text(storage, key, "text");
    storage.put_if_absent(key, byte_source{});
    storage.put_if_match(key, byte_source::from_text("later"), storage.head(key)->etag);
    storage.copy(key, object_key("copied"));
    CHECK(staged_in(scratch.path()) == 0);
    CHECK(keys_in(storage) == names{"copied", "dir/object"});
    CHECK(keys_in(storage, ".holdfast").empty());
    for (const std::string own : {".holdfast", ".holdfast/lock", ".holdfast/deep/x"}) {
        CAPTURE(own);
        memory_sink sink;
        CHECK(failure_of([&] { put_text(storage, object_key(own), ""); }) == errc::invalid_argument);
        CHECK(failure_of([&] { storage.put_if_absent(object_key(own), byte_source{}); }) == errc::invalid_argument);
        CHECK(failure_of([&] { storage.get(object_key(own), sink); }) == errc::invalid_argument);
        CHECK(failure_of([&] { storage.remove(object_key(own)); }) == errc::invalid_argument);
        CHECK(failure_of([&] { storage.copy(key, object_key(own)); }) == errc::invalid_argument);
    }
    put_text(storage, object_key(".holdfast2/x"), "another name");
    CHECK(keys_in(storage, ".holdfast2") == names{".holdfast2/x"});
}

TEST_CASE("a directory is no object, and an object has none below it") {
    const detail::temp_directory scratch;
    const local_storage storage(scratch.path());
    put_text(storage, object_key("a/b/c"), "text");
    memory_sink sink;
    CHECK_FALSE(storage.head(object_key("a/b")));
    CHECK(failure_of([&] { storage.get(object_key("a/b"), sink); }) == errc::not_found);
    CHECK_FALSE(storage.head(object_key("a/b/c/d")));
    storage.remove(object_key("a/b"));
    storage.remove(object_key("a/b/c/d"));
    const auto source = byte_source::from_text("x");
    for (const char* below : {"a/b/c/d", "a/b/c/d/e"}) {
        const auto failure = error_of([&] { storage.put(object_key(below), source); });
        REQUIRE(failure);
        CHECK(failure->kind() == errc::invalid_argument);
        CHECK(failure->key() == below);
        CHECK(failure->message().starts_with("'a/b/c' is an object"));
        CHECK(failure_of([&] { storage.put_if_absent(object_key(below), source); }) == errc::invalid_argument);
    }
    for (const char* above : {"a", "a/b"}) {
        const auto failure = error_of([&] { storage.put(object_key(above), source); });
        REQUIRE(failure);
        CHECK(failure->kind() == errc::invalid_argument);
        CHECK(failure->message().starts_with("there are objects below this key"));
        CHECK(failure_of([&] { storage.put_if_absent(object_key(above), source); }) == errc::invalid_argument);
    }
    CHECK(keys_in(storage) == names{"a/b/c"});
    CHECK(staged_in(scratch.path()) == 0);
}

TEST_CASE("a part of a key has at most 255 bytes") {
    const detail::temp_directory scratch;
    const local_storage storage(scratch.path());
    const object_key fits("dir/" + std::string(255, 'n'));
    const object_key too_long("dir/" + std::string(256, 'n') + "/x");
    put_text(storage, fits, "text");
    CHECK(get_text(storage, fits) == "text");
    CHECK(failure_of([&] { put_text(storage, too_long, ""); }) == errc::invalid_argument);
    CHECK(failure_of([&] { storage.head(too_long); }) == errc::invalid_argument);
}

TEST_CASE("a handle for reading below a prefix reads what stands there, and all else as any handle does") {
    const detail::temp_directory scratch;
    const local_storage storage(scratch.path() / "root");
    for (const auto* name : {"a/b/one", "a/b/c/two", "a/bc", "other"}) put_text(storage, object_key(name), name);
    for (const auto* prefix : {"a/b", "a/b/", "a", "", "nothing/here", "../root", ".holdfast"}) {
        CAPTURE(prefix);
        const local_storage reader = storage.reading_below(prefix);
        for (const auto* name : {"a/b/one", "a/b/c/two", "a/bc", "other"}) {
            CHECK(get_text(reader, object_key(name)) == name);
        }
        CHECK_FALSE(find_text(reader, object_key("a/b/three")));
        CHECK_FALSE(find_text(reader, object_key("a/b/c")));
    }
    const local_storage reader = storage.reading_below("a/b");
    put_text(reader, object_key("a/b/one"), "new");
    CHECK(get_text(reader, object_key("a/b/one")) == "new");
    fs::create_symlink("one", scratch.path() / "root/a/b/link");
    fs::create_directory_symlink("b", scratch.path() / "root/a/link");
    CHECK(failure_of([&] { get_text(reader, object_key("a/b/link")); }) == errc::unsafe_path);
    CHECK(failure_of([&] { storage.reading_below("a/link"); }) == errc::unsafe_path);
    CHECK_FALSE(find_text(local_storage(scratch.path() / "none").reading_below("a"), object_key("a/b")));
}

TEST_CASE("links in the store are not objects and lead nowhere") {
    const detail::temp_directory scratch;
    const auto root = scratch.path() / "root";
    write_file(scratch.path() / "outside/file", "secret");
    const local_storage storage(root);
    put_text(storage, object_key("in/file"), "mine");
    fs::create_directory_symlink("../outside", root / "up");
    fs::create_directory_symlink("in", root / "inside");
    fs::create_symlink("in/file", root / "to_file");
    fs::create_symlink("../../outside/file", root / "in/out");
    fs::create_symlink("nowhere", root / "dangling");
    CHECK(keys_in(storage) == names{"in/file"});
    CHECK(keys_in(storage, "up").empty());
    CHECK(keys_in(storage, "inside").empty());
    for (const std::string text :
         {"up/file", "up/new", "up", "inside/file", "to_file", "in/out", "dangling", "dangling/x"}) {
        CAPTURE(text);
        const object_key through(text);
        const auto source = byte_source::from_text("x");
        memory_sink sink;
        CHECK(failure_of([&] { storage.get(through, sink); }) == errc::unsafe_path);
        CHECK(failure_of([&] { storage.head(through); }) == errc::unsafe_path);
        CHECK(failure_of([&] { storage.put(through, source); }) == errc::unsafe_path);
        CHECK(failure_of([&] { storage.put_if_absent(through, source); }) == errc::unsafe_path);
        CHECK(failure_of([&] { storage.put_if_match(through, source, "etag"); }) == errc::unsafe_path);
        CHECK(failure_of([&] { storage.remove(through); }) == errc::unsafe_path);
        CHECK(failure_of([&] { storage.copy(through, object_key("copied")); }) == errc::unsafe_path);
        CHECK(failure_of([&] { storage.copy(object_key("in/file"), through); }) == errc::unsafe_path);
    }
    CHECK(read_file(scratch.path() / "outside/file") == "secret");
    CHECK(std::distance(fs::directory_iterator(scratch.path() / "outside"), {}) == 1);
    CHECK(keys_in(storage) == names{"in/file"});
    CHECK(staged_in(root) == 0);
}

TEST_CASE("the store's own directory is not followed when it is a link") {
    const detail::temp_directory scratch;
    fs::create_directories(scratch.path() / "outside");
    fs::create_directories(scratch.path() / "root");
    fs::create_directory_symlink("../outside", scratch.path() / "root/.holdfast");
    CHECK(failure_of([&] { put_text(local_storage(scratch.path() / "root"), key, ""); }) == errc::unsafe_path);
    CHECK(fs::is_empty(scratch.path() / "outside"));
}

TEST_CASE("pipes and names that are no keys are passed over") {
    const detail::temp_directory scratch;
    const local_storage storage(scratch.path());
    write_file(scratch.path() / "dir/\xff not UTF-8", "x");
    put_text(storage, object_key("dir/good"), "x");
    CHECK(keys_in(storage) == names{"dir/good"});
}

TEST_CASE("an object that is replaced while it is read is read whole, and old") {
    struct replacing_sink final : byte_sink {
        explicit replacing_sink(const local_storage& s) : storage(s) {}
        void write(std::uint64_t offset, std::span<const std::byte> bytes) override {
            put_text(storage, key, "new");
            kept.write(offset, bytes);
        }
        const local_storage& storage;
        memory_sink kept;
    };
    const detail::temp_directory scratch;
    const local_storage storage(scratch.path());
    const std::string old(3U << 20, 'o');
    put_text(storage, key, old);
    replacing_sink sink(storage);
    storage.get(key, sink);
    CHECK((sink.kept.text() == old));
    CHECK(get_text(storage, key) == "new");
}

TEST_CASE("an object that another program changes in place while it is read is an error") {
    struct changing_sink final : byte_sink {
        explicit changing_sink(fs::path p, bool s) : path(std::move(p)), shorten(s) {}
        void write(std::uint64_t, std::span<const std::byte>) override {
            if (shorten) return fs::resize_file(path, 10);
            std::ofstream(path, std::ios::app) << "more";
        }
        fs::path path;
        bool shorten;
    };
    const detail::temp_directory scratch;
    const local_storage storage(scratch.path());
    for (const bool shorten : {false, true}) {
        put_text(storage, key, std::string(3U << 20, 'o'));
        changing_sink sink(scratch.path() / "dir/object", shorten);
        CHECK(failure_of([&] { storage.get(key, sink); }) == errc::precondition_failed);
    }
}

TEST_CASE("a get ends soon after the caller stops it") {
    struct stopping_sink final : byte_sink {
        void write(std::uint64_t, std::span<const std::byte> bytes) override {
            seen += bytes.size();
            stop.request_stop();
        }
        std::stop_source stop;
        std::size_t seen = 0;
    };
    const detail::temp_directory scratch;
    const local_storage storage(scratch.path());
    put_text(storage, key, std::string(5U << 20, 'x'));
    stopping_sink sink;
    CHECK(failure_of([&] { storage.get(key, sink, {.stop = sink.stop.get_token()}); }) == errc::cancelled);
    CHECK(sink.seen < 5U << 20);
}

TEST_CASE("removing the last object of a directory removes the directory, and never the root") {
    const detail::temp_directory scratch;
    const auto root = scratch.path() / "root";
    const local_storage storage(root);
    put_text(storage, object_key("a/b/c/d"), "");
    put_text(storage, object_key("a/e"), "");
    storage.remove(object_key("a/b/c/d"));
    CHECK_FALSE(fs::exists(root / "a/b"));
    CHECK(fs::exists(root / "a"));
    storage.remove(object_key("a/e"));
    CHECK_FALSE(fs::exists(root / "a"));
    CHECK(fs::exists(root));
}

TEST_CASE("removing what Python wrote makes nothing in the store, as a full disk has no room for it") {
    const detail::temp_directory scratch;
    const auto root = scratch.path() / "root";
    write_file(root / "dir/object", "theirs");
    local_storage(root).remove(key);
    CHECK(fs::is_empty(root));
}

TEST_CASE("a put that fails leaves neither a temporary file nor a directory") {
    const detail::temp_directory scratch;
    const auto root = scratch.path() / "root";
    const local_storage storage(root);
    write_file(scratch.path() / "file", "content");
    const auto source = byte_source::from_file(scratch.path() / "file");
    fs::resize_file(scratch.path() / "file", 3);
    for (const bool digest : {false, true}) {
        CHECK(failure_of([&] { storage.put(key, source, {.digest = digest}); }) == errc::precondition_failed);
    }
    CHECK(staged_in(root) == 0);
    CHECK_FALSE(fs::exists(root / "dir"));
}

TEST_CASE("a batch below a new prefix appears whole or not at all") {
    const detail::temp_directory scratch;
    const auto root = scratch.path() / "root";
    const local_storage storage(root, {.durable = true});
    write_file(scratch.path() / "file", "content");
    std::vector<pending_object> objects{{"a", byte_source::from_text("1")},
                                        {"b/c", byte_source::from_file(scratch.path() / "file")}};
    fs::resize_file(scratch.path() / "file", 3);
    const object_key prefix("p/q");
    CHECK(failure_of([&] { storage.put_batch(prefix, objects); }) == errc::precondition_failed);
    CHECK(staged_in(root) == 0);
    CHECK_FALSE(fs::exists(root / "p"));
    objects[1].content = byte_source::from_text("2");
    storage.put_batch(prefix, objects);
    CHECK(get_text(storage, object_key("p/q/a")) == "1");
    CHECK(get_text(storage, object_key("p/q/b/c")) == "2");
    CHECK(staged_in(root) == 0);
}

TEST_CASE("a batch goes one by one where its prefix holds something, or its keys are no files of one directory") {
    const detail::temp_directory scratch;
    const local_storage storage(scratch.path());
    const object_key prefix("p");
    put_text(storage, object_key("p/old"), "old");
    const std::vector<pending_object> twice{{"a", byte_source::from_text("1")}, {"a", byte_source::from_text("2")}};
    storage.put_batch(prefix, twice, {}, {.connections = 1});
    CHECK(get_text(storage, object_key("p/a")) == "2");
    CHECK(get_text(storage, object_key("p/old")) == "old");
    const std::vector<pending_object> nested{{"a/b", {}}, {"a", {}}};
    CHECK(failure_of([&] { storage.put_batch(object_key("n"), nested); }) == errc::invalid_argument);
    const std::vector<pending_object> below{{"y", {}}};
    CHECK(failure_of([&] { storage.put_batch(object_key("p/old/x"), below); }) == errc::invalid_argument);
    CHECK(storage.put_batch(object_key("p/old"), {}).empty());
    const std::vector<pending_object> elsewhere{{"b", {}}, {"../q/a", {}}};
    CHECK(failure_of([&] { storage.put_batch(prefix, elsewhere); }) == errc::unsafe_path);
    CHECK_FALSE(storage.head(prefix / "b"));
    CHECK(staged_in(scratch.path()) == 0);
}

TEST_CASE("a batch whose prefix another writer takes meanwhile joins what is there") {
    const detail::temp_directory scratch;
    const local_storage storage(scratch.path());
    const auto generate = [&](std::uint64_t, std::span<std::byte> buffer) {
        put_text(storage, object_key("p/other"), "theirs");
        buffer[0] = std::byte{'m'};
        return std::size_t{1};
    };
    const std::vector<pending_object> mine{{"mine", byte_source::from_generator(1, generate)}};
    storage.put_batch(object_key("p"), mine);
    CHECK(keys_in(storage) == names{"p/mine", "p/other"});
    CHECK(get_text(storage, object_key("p/mine")) == "m");
    CHECK(staged_in(scratch.path()) == 0);
}

TEST_CASE("clean_unfinished removes a dead writer's batch, and a live one's stays") {
    const detail::temp_directory scratch;
    const local_storage storage(scratch.path());
    put_text(storage, key, "text");
    for (const char* name : {"dead", "live"}) {
        write_file(scratch.path() / ".holdfast" / name / "a/b", "written");
        for (const char* part : {"a/b", "a", ""}) {
            detail::set_path_modified(scratch.path() / ".holdfast" / name / part, 1'000'000'000, false);
        }
    }
    write_file(scratch.path() / ".holdfast/live/a/b", "written just now");
    detail::set_path_modified(scratch.path() / ".holdfast/live/a", 1'000'000'000, false);
    CHECK(storage.clean_unfinished(std::chrono::hours(24)) == 1);
    CHECK_FALSE(fs::exists(scratch.path() / ".holdfast/dead"));
    CHECK(fs::exists(scratch.path() / ".holdfast/live/a/b"));
    CHECK(storage.clean_unfinished(std::chrono::seconds(0)) == 1);
}

TEST_CASE("clean_unfinished removes what is old and leaves the rest") {
    const detail::temp_directory scratch;
    const local_storage storage(scratch.path());
    put_text(storage, key, "text");
    write_file(scratch.path() / ".holdfast/new", "a live writer's");
    write_file(scratch.path() / ".holdfast/old", "a dead writer's");
    detail::set_path_modified(scratch.path() / ".holdfast/old", 1'000'000'000, false);
    detail::set_path_modified(scratch.path() / ".holdfast/lock", 1'000'000'000, false);
    CHECK(storage.clean_unfinished(std::chrono::seconds::max()) == 0);
    CHECK(storage.clean_unfinished(std::chrono::hours(24)) == 1);
    CHECK_FALSE(fs::exists(scratch.path() / ".holdfast/old"));
    CHECK(fs::exists(scratch.path() / ".holdfast/new"));
    CHECK(fs::exists(scratch.path() / ".holdfast/lock"));
    CHECK(storage.clean_unfinished(std::chrono::seconds(0)) == 1);
    CHECK(get_text(storage, key) == "text");
}

TEST_CASE("a create and a swap hold among stores that were opened apart") {
    const detail::temp_directory scratch;
    const local_storage first(scratch.path());
    const local_storage second(scratch.path());
    CHECK(first.put_if_absent(key, byte_source::from_text("1")));
    CHECK_FALSE(second.put_if_absent(key, byte_source::from_text("2")));
    const auto etag = second.head(key)->etag;
    CHECK(first.put_if_match(key, byte_source::from_text("3"), etag));
    CHECK_FALSE(second.put_if_match(key, byte_source::from_text("4"), etag));
    CHECK(get_text(second, key) == "3");
}

TEST_CASE("an object is removed, although a directory that became empty can't be") {
    const detail::temp_directory folder;
    const testing_support::ordinary_user somebody(folder.path());
    const local_storage store(folder.path() / "store");
    put_text(store, object_key("a/b"), "x");
    std::filesystem::permissions(folder.path() / "store", std::filesystem::perms{0555});
    store.remove(object_key("a/b"));
    CHECK_FALSE(store.head(object_key("a/b")));
    CHECK(std::filesystem::is_directory(folder.path() / "store" / "a"));
    std::filesystem::permissions(folder.path() / "store", std::filesystem::perms{0755});  // so that it can be removed
}
