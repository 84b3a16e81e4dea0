#include <holdfast/artifact/fetch_tree.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/memory.hpp>
#include <tests/support/archetype_storage.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/tar_building.hpp>
#include <tests/support/tree_building.hpp>

#include <atomic>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

using namespace holdfast;
using detail::temp_directory;
using tree_building::failure_of;
using tree_building::listing;

namespace {

const object_key key{"a/b.0.c.0"};

/// A tree without a manifest, as Python stores it.
saved_tree pythons(std::string format, std::optional<std::uint64_t> size) {
    return {key, std::move(format), size, std::nullopt};
}

/// Two files and an empty directory, with a manifest.
template <class Storage>
saved_tree stored_files(const Storage& storage) {
    put_text(storage, key / "123456789", "123456789");
    put_text(storage, key / "deep/one", "1");
    return {key, "files", 10,
            manifest{digest_kind::crc32c,
                     {{"123456789", 9, "e3069283", 0640}, {"deep/one", 1, "90f599e3", 0755}},
                     {"deep", "void"}}};
}

struct target {
    temp_directory folder;
    std::filesystem::path path = folder.path() / "out";

    template <class Storage>
    fetched_tree fetch(const Storage& storage, const saved_tree& tree, const load_options& options = {},
                       transfer_limits limits = {}) const {
        return fetch_tree(storage, tree, path, options, limits);
    }
    template <class Storage>
    errc failure(const Storage& storage, const saved_tree& tree, const load_options& options = {}) const {
        const auto kind = failure_of([&] { fetch(storage, tree, options); });
        if (kind != tree_building::not_thrown) CHECK(std::filesystem::is_empty(folder.path()));
        return kind;
    }
};

}  // namespace

TEST_CASE_TEMPLATE("files come by their manifest, with modes and empty directories", Storage, memory_storage,
                   archetype_storage) {
    const target out;
    const Storage storage;
    const auto tree = stored_files(storage);
    put_text(storage, key / "not saved", "by the writer of the manifest");
    const auto fetched = out.fetch(storage, tree, {}, {.connections = 3, .range_size = 4});
    CHECK(fetched.directory == out.path);
    CHECK(fetched.files == 2);
    CHECK(fetched.bytes == 10);
    CHECK(listing(out.path) == std::vector<std::string>{"directory deep", "directory void", "file 123456789: 123456789",
                                                        "file deep/one: 1"});
    CHECK(tree_building::mode(out.path / "123456789") == 0640);
    CHECK(tree_building::mode(out.path / "deep" / "one") == 0755);
}

TEST_CASE("without a manifest files come by their names, and the document's size counts") {
    const target out;
    const memory_storage storage;
    stored_files(storage);
    put_text(storage, object_key{"a/b.0.c.01/x"}, "another's");
    CHECK(out.failure(storage, pythons("files", 11)) == errc::corrupt);
    CHECK(out.failure(storage, pythons("files", 11), {.verify = false}) == tree_building::not_thrown);
    CHECK(out.fetch(storage, pythons("files", 10)).files == 2);
    CHECK(out.fetch(storage, pythons("files", std::nullopt)).bytes == 10);
}

TEST_CASE("without a manifest files have the modes that new files get here") {
    const target out;
    const memory_storage storage;
    put_text(storage, key / "one", "1");
    const auto given = ::umask(0077);
    const auto tree = pythons("files", 1);
    out.fetch(storage, tree);
    ::umask(given);
    CHECK(detail::status_of(out.path / "one", false).mode == 0600);
}

TEST_CASE("what is missing and what differs is told apart") {
    const target out;
    const memory_storage storage;
    const auto tree = stored_files(storage);
    put_text(storage, key / "deep/one", "2");
    CHECK(out.failure(storage, tree) == errc::corrupt);
    CHECK(out.failure(storage, tree, {.verify = false}) == tree_building::not_thrown);
    std::filesystem::remove_all(out.path);
    storage.remove(key / "deep/one");
    CHECK(out.failure(storage, tree) == errc::corrupt);
    CHECK(out.failure(storage, tree, {.verify = false}) == errc::corrupt);
    remove_prefix(storage, key);
    CHECK(out.failure(storage, tree) == errc::not_found);
    CHECK(out.failure(storage, pythons("files", 10)) == errc::not_found);
    CHECK(out.failure(storage, pythons("files", std::nullopt)) == errc::not_found);
    CHECK(out.failure(storage, pythons("tar", 10)) == errc::not_found);
}

TEST_CASE("D-37 an empty directory that Python saved has no object and loads empty") {
    const target out;
    CHECK(out.fetch(memory_storage{}, pythons("files", 0)).files == 0);
    CHECK(std::filesystem::is_empty(out.path));
}

TEST_CASE("an archive is one object, followed by the document whatever its compression") {
    const target out;
    const memory_storage storage;
    const auto bytes = tar_building::directory("void/") + tar_building::file("123456789", "123456789") +
                       tar_building::symlink("link", "123456789") + tar_building::end();
    put_text(storage, key, bytes);
    const auto fetched = out.fetch(storage, pythons("tar", bytes.size()), {}, {.connections = 2, .range_size = 100});
    CHECK(fetched.files == 1);
    CHECK(fetched.bytes == 9);
    CHECK(listing(out.path) ==
          std::vector<std::string>{"directory void", "file 123456789: 123456789", "link link -> 123456789"});
}

TEST_CASE("an archive that is cut, another's, or hostile leaves nothing") {
    const target out;
    const memory_storage storage;
    const auto whole = tar_building::file("123456789", "123456789") + tar_building::end();
    saved_tree tree = pythons("tar", std::nullopt);
    put_text(storage, key, whole.substr(0, 700));
    CHECK(out.failure(storage, tree) == errc::corrupt);
    put_text(storage, key, "");
    CHECK(out.failure(storage, tree) == errc::corrupt);
    put_text(storage, key, tar_building::file("../up", "out") + tar_building::end());
    CHECK(out.failure(storage, tree) == errc::unsafe_path);
    put_text(storage, key, tar_building::file("a", std::string(100, 'x')) + tar_building::end());
    CHECK(out.failure(storage, tree, {.limits = {.bytes = 99}}) == errc::too_large);
    put_text(storage, key, whole);
    tree.size = whole.size() + 1;
    CHECK(out.failure(storage, tree) == errc::corrupt);
    tree.size = whole.size();
    tree.contents = manifest{digest_kind::crc32c, {{"123456789", 9, "e3069284", 0644}}, {}};
    CHECK(out.failure(storage, tree) == errc::corrupt);
    tree.contents = manifest{digest_kind::none, {{"123456789", 9, "", 0644}, {"another", 1, "", 0644}}, {}};
    CHECK(out.failure(storage, tree) == errc::corrupt);
    tree.contents = manifest{digest_kind::none, {}, {}};
    CHECK(out.failure(storage, tree) == errc::corrupt);
    CHECK(out.failure(storage, tree, {.verify = false}) == tree_building::not_thrown);
}

TEST_CASE("a format that is not known is unsupported, and says what is") {
    const target out;
    const memory_storage storage;
    stored_files(storage);
    CHECK(out.failure(storage, pythons("zip", 10)) == errc::unsupported);
}

TEST_CASE("limits count before the first file is fetched") {
    const target out;
    const failing_storage<memory_storage> storage{memory_storage{}, [](const storage_step& step) {
                                                      if (step.operation == "get")
                                                          throw error(errc::unavailable, "get", step.key,
                                                                      "nothing must be fetched");
                                                  }};
    const auto tree = stored_files(storage);
    CHECK(out.failure(storage, tree, {.limits = {.bytes = 9}}) == errc::too_large);
    CHECK(out.failure(storage, tree, {.limits = {.entries = 1}}) == errc::too_large);
    CHECK(out.failure(storage, tree) == errc::unavailable);
}

TEST_CASE("of an object that is larger than what was saved one range is asked for, and no more") {
    const memory_storage store;
    const auto tree = stored_files(store);
    put_text(store, key / "123456789", std::string(1'000'000, 'x'));
    std::atomic<int> asked = 0;
    const failing_storage<memory_storage> watched{store, [&](const storage_step& step) {
                                                      if (!step.done && step.operation == "get") ++asked;
                                                  }};
    const target to;
    CHECK(failure_of([&] { to.fetch(watched, tree, {}, {.connections = 4, .range_size = 4}); }) == errc::corrupt);
    CHECK(asked <= 2);
    CHECK(std::filesystem::is_empty(to.folder.path()));
}

TEST_CASE("a directory that vanishes under a load is trouble of this machine, not damage of the store") {
    const memory_storage store;
    auto tree = stored_files(store);
    const target to;
    transfer_limits limits{.connections = 1};
    bool is_done = true;
    SUBCASE("where the next file would be") {}
    SUBCASE("where a range would be noted") {
        tree.contents->files.pop_back();
        limits = {.connections = 2, .range_size = 4};
    }
    SUBCASE("where a tar is unpacked") {
        put_text(store, key, tar_building::file("123456789", "123456789") + tar_building::end());
        tree = pythons("tar", std::nullopt);
        is_done = false;
    }
    const failing_storage<memory_storage> vanishing{store, [&](const storage_step& step) {
                                                        if (step.done == is_done && step.operation == "get")
                                                            std::filesystem::remove_all(to.folder.path());
                                                    }};
    CHECK(failure_of([&] { to.fetch(vanishing, tree, {}, limits); }) == errc::io_failure);
}

TEST_CASE("a load that fails at any step, or is stopped, leaves the target as it was") {
    const target out;
    tree_building::write_file(out.path / "mine", "kept");
    const auto before = listing(out.folder.path());
    const memory_storage storage;
    const auto tree = stored_files(storage);
    for (std::uint64_t number = 0;; ++number) {
        REQUIRE(number < 100);
        const failing_storage<memory_storage> failing{storage, fail_at(number)};
        if (failure_of([&] { out.fetch(failing, tree, {.resume = false}); }) == tree_building::not_thrown) break;
        CHECK(listing(out.folder.path()) == before);
    }
    CHECK(tree_building::read_file(out.path / "mine") == "kept");
    CHECK(tree_building::read_file(out.path / "deep" / "one") == "1");
    std::stop_source stop;
    stop.request_stop();
    CHECK(failure_of([&] { out.fetch(storage, tree, {.stop = stop.get_token()}); }) == errc::cancelled);
}

namespace {

/// The place where what has arrived is kept.
std::filesystem::path kept_by(const target& out) {
    return out.folder.path() / ".holdfast-load-out";
}

/// A large file, which arrives in three ranges, and a small one.
template <class Storage>
saved_tree stored_large(const Storage& storage, const object_key& at = key) {
    put_text(storage, at / "large", "123456789");
    put_text(storage, at / "small", "1");
    return {at, "files", 10,
            manifest{digest_kind::crc32c, {{"large", 9, "e3069283", 0640}, {"small", 1, "90f599e3", 0755}}, {}}};
}

constexpr transfer_limits threes{.connections = 2, .range_size = 3};

/// Loads with a store that is lost after so many calls.
void lose(const target& out, const memory_storage& storage, const saved_tree& tree, std::uint64_t calls,
          errc kind = errc::unavailable, const transfer_limits& limits = threes) {
    const failing_storage<memory_storage> losing{storage, fail_from(calls, kind)};
    CHECK(failure_of([&] { out.fetch(losing, tree, {}, limits); }) == kind);
    CHECK_FALSE(std::filesystem::exists(out.path));
}

std::uint64_t calls_of_load(const target& out, const memory_storage& storage, const saved_tree& tree) {
    const failing_storage<memory_storage> counted{storage, [](const storage_step&) {}};
    out.fetch(counted, tree, {}, threes);
    CHECK(tree_building::read_file(out.path / "large") == "123456789");
    CHECK(tree_building::read_file(out.path / "small") == "1");
    CHECK(tree_building::mode(out.path / "large") == 0640);
    CHECK(listing(out.folder.path()).size() == 3);  // the directory and its files, and nothing beside it
    return counted.steps();
}

}  // namespace

TEST_CASE("a load that lost the store goes on with what had arrived") {
    const memory_storage storage;
    const auto tree = stored_large(storage);
    for (std::uint64_t calls = 1; calls < 4; ++calls) {
        for (const errc kind : {errc::unavailable, errc::timed_out, errc::throttled, errc::cancelled}) {
            CAPTURE(calls);
            const target out;
            lose(out, storage, tree, calls, kind);
            CHECK(std::filesystem::exists(kept_by(out)));
            // a look at the large object, where a range of it had arrived
            CHECK(calls_of_load(out, storage, tree) <= 4 - calls + 1);
        }
    }
}

TEST_CASE("a load that was lost before a byte had arrived leaves nothing") {
    const memory_storage storage;
    const target out;
    lose(out, storage, stored_large(storage), 0);
    CHECK(std::filesystem::is_empty(out.folder.path()));
}

TEST_CASE("a name that this file system can't hold is an error of the library, also where a load goes on") {
    const memory_storage storage;
    auto tree = stored_large(storage);
    const std::string name(300, 'z');
    put_text(storage, key / name, "1");
    tree.contents->files.push_back({name, 1, "90f599e3", 0644});
    tree.size = 11;
    const target out;
    lose(out, storage, tree, 1, errc::unavailable, {.connections = 1});
    CHECK(std::filesystem::exists(kept_by(out)));
    CHECK(out.failure(storage, tree) == errc::invalid_argument);
}

TEST_CASE("a load that failed for good leaves nothing") {
    const memory_storage storage;
    const auto tree = stored_large(storage);
    for (const errc kind : {errc::access_denied, errc::corrupt, errc::not_found, errc::no_space}) {
        const target out;
        const failing_storage<memory_storage> failing{storage, fail_from(3, kind)};
        CHECK(failure_of([&] { out.fetch(failing, tree, {}, threes); }) != tree_building::not_thrown);
        CHECK(std::filesystem::is_empty(out.folder.path()));
    }
}

TEST_CASE("what had arrived of another tree, or another store, is removed") {
    const memory_storage storage;
    const auto tree = stored_large(storage);
    const auto other = stored_large(storage, object_key("a/other"));
    const target out;
    lose(out, storage, tree, 3);
    lose(out, storage, other, 3);
    CHECK(calls_of_load(out, storage, other) <= 2);
    const target again;
    lose(again, storage, tree, 3);
    const memory_storage elsewhere("elsewhere");
    stored_large(elsewhere);
    CHECK(calls_of_load(again, elsewhere, tree) == 4);
}

TEST_CASE("an empty file that had not arrived is fetched") {
    const memory_storage storage;
    auto tree = stored_large(storage);
    put_text(storage, key / "void", "");
    tree.contents->files.push_back({"void", 0, "00000000", 0644});
    for (std::uint64_t calls = 1; calls < 5; ++calls) {
        const target out;
        lose(out, storage, tree, calls);
        out.fetch(storage, tree, {}, threes);
        CHECK(listing(out.path).size() == 3);
    }
}

TEST_CASE("what had arrived is not mixed with what was written under the key since, as Python may") {
    const memory_storage storage;
    put_text(storage, key / "large", "123456789");
    put_text(storage, key / "old", "1");
    const target out;
    lose(out, storage, pythons("files", 10), 4);
    storage.remove(key / "old");
    put_text(storage, key / "new", "2");
    out.fetch(storage, pythons("files", 10), {}, threes);
    CHECK(listing(out.path) == std::vector<std::string>{"file large: 123456789", "file new: 2"});
}

TEST_CASE("a large file that had arrived whole, and may not be written to, is loaded") {
    const memory_storage storage;
    auto tree = stored_large(storage);
    tree.contents->files[0].mode = 0400;
    const target out;
    const failing_storage<memory_storage> losing{storage, [](const storage_step& step) {
                                                     if (step.key.ends_with("small") && step.done)
                                                         throw error(errc::unavailable, "get", step.key, "lost");
                                                 }};
    CHECK(failure_of([&] { out.fetch(losing, tree, {}, threes); }) == errc::unavailable);
    out.fetch(storage, tree, {}, threes);
    CHECK(tree_building::mode(out.path / "large") == 0400);
    CHECK(tree_building::read_file(out.path / "large") == "123456789");
}

TEST_CASE("bytes that were changed while they were kept are found, and then loaded anew") {
    const memory_storage storage;
    const auto tree = stored_large(storage);
    const target out;
    lose(out, storage, tree, 3);
    const auto large = kept_by(out) / "tree" / "large";
    auto text = tree_building::read_file(large);
    REQUIRE_FALSE(text.empty());
    text[0] = text[1] = text[2] = text.back() = '?';
    tree_building::write_file(large, text);
    const auto first = failure_of([&] { out.fetch(storage, tree, {}, threes); });
    CHECK(first == errc::corrupt);
    CHECK(std::filesystem::is_empty(out.folder.path()));
    CHECK(calls_of_load(out, storage, tree) == 4);
}

TEST_CASE("small files that had arrived are known by their digest only") {
    const memory_storage storage;
    auto tree = stored_files(storage);
    const target out;
    lose(out, storage, tree, 1, errc::unavailable, {});
    SUBCASE("a file that is whole is not fetched again") {
        const failing_storage<memory_storage> counted{storage, [](const storage_step&) {}};
        out.fetch(counted, tree);
        CHECK(counted.steps() == 1);
    }
    SUBCASE("a file that differs is") {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(kept_by(out) / "tree")) {
            if (entry.is_regular_file()) tree_building::write_file(entry.path(), "?????????");
        }
        out.fetch(storage, tree);
    }
    SUBCASE("without digests none is known") {
        tree.contents->digest = digest_kind::none;
        const failing_storage<memory_storage> counted{storage, [](const storage_step&) {}};
        out.fetch(counted, tree);
        CHECK(counted.steps() == 2);
    }
    CHECK(tree_building::read_file(out.path / "123456789") == "123456789");
    CHECK(tree_building::read_file(out.path / "deep" / "one") == "1");
    CHECK(tree_building::mode(out.path / "deep" / "one") == 0755);
}

TEST_CASE("a load into a directory that another is loading into keeps nothing and disturbs nothing") {
    const memory_storage storage;
    const auto tree = stored_large(storage);
    const target out;
    const failing_storage<memory_storage> outer{storage, [&](const storage_step& step) {
                                                    if (step.number == 1 && step.done) lose(out, storage, tree, 3);
                                                }};
    out.fetch(outer, tree, {}, threes);
    CHECK(tree_building::read_file(out.path / "large") == "123456789");
    CHECK(listing(out.folder.path()).size() == 3);
}

TEST_CASE("a tar that is replaced while it is read is no mix") {
    const target out;
    const memory_storage inner;
    const auto first = tar_building::file("a", std::string(3000, '1')) + tar_building::end();
    const auto second = tar_building::file("a", std::string(3000, '2')) + tar_building::end();
    const failing_storage<memory_storage> storage{inner, [&](const storage_step& step) {
                                                      if (step.operation == "get" && step.done)
                                                          put_text(inner, key, second);
                                                  }};
    put_text(inner, key, first);
    CHECK(out.failure(inner, pythons("tar", first.size())) == tree_building::not_thrown);
    std::filesystem::remove_all(out.path);
    CHECK(failure_of([&] {
              out.fetch(storage, pythons("tar", first.size()), {}, {.connections = 1, .range_size = 512});
          }) == errc::precondition_failed);
    CHECK(std::filesystem::is_empty(out.folder.path()));
}
