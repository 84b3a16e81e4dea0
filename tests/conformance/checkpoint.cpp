// A checkpoint's life, the same over every backend and archive.
#include <holdfast/archive/files.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/checkpoint.hpp>
#include <holdfast/storage/any.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>

#include <doctest/doctest.h>

#include <examples/sqlite_storage/sqlite_storage.hpp>
#include <tests/support/archetype_storage.hpp>
#include <tests/support/tree_building.hpp>

#include <filesystem>
#include <string>
#include <vector>

using namespace holdfast;
using detail::temp_directory;
using tree_building::failure_of;
using tree_building::listing;
using tree_building::write_file;

namespace {

const task_context task{.flow = "Life", .run = "7", .step = "train", .task = "1", .metaflow_namespace = "user:alice"};

/// With names, sizes and kinds of every sort.
std::filesystem::path make_state(const std::filesystem::path& state, const std::string& content) {
    write_file(state / "weights", content);
    write_file(state / "empty", "");
    write_file(state / "deep" / "er" / "moments ü \U0001F600", content + content);
    write_file(state / "large", std::string(300'000, content.front()));
    write_file(state / (std::string(150, 'n') + " long"), content);
    std::filesystem::create_directories(state / "no files");
    std::filesystem::create_hard_link(state / "weights", state / "second name");
    std::filesystem::permissions(state / "weights", std::filesystem::perms{0640});
    return state;
}

template <class Storage>
bool holds_only_claims(const Storage& store) {
    for (const auto& object : list_all(store, "")) {
        if (!object.key.is_below("mf.checkpoints/checkpoints/holdfast/reservations")) return false;
    }
    return true;
}

/// Small ranges and blocks, so that every object comes in several.
const checkpoint_options in_pieces{.limits = {.connections = 3, .range_size = 1000, .memory = 5000}};

template <class Archive, class Storage>
void live(const Storage& store) {
    const temp_directory folder;
    const auto first_state = make_state(folder.path() / "first", "first");
    const auto second_state = make_state(folder.path() / "second", "second");
    using checkpoints = checkpoint<Storage, Archive>;

    checkpoints writer{store, task, in_pieces};
    CHECK_FALSE(writer.restore());
    const auto first = writer.save(first_state, {.metadata = {{"epoch", 1}}});
    const auto second = writer.save(second_state, {.name = "best"});
    CHECK(first.version == 0);
    CHECK(second.version == 1);

    auto retried = task;
    retried.attempt = "1";
    checkpoints retry{store, retried, in_pieces};
    const auto found = retry.restore();
    REQUIRE(found);
    CHECK(found->info().key == second.key);
    CHECK(listing(found->directory()) == listing(second_state));
    CHECK(tree_building::mode(found->directory() / "weights") == 0640);
    const auto third = retry.save(first_state);
    CHECK(third.attempt == "1");
    CHECK(third.version == 0);

    const auto all = writer.list();
    REQUIRE(all.size() == 3);
    CHECK(all[0].key == third.key);
    CHECK(all[2].metadata().at("epoch") == 1);
    for (const auto& each : all) {
        CHECK(writer.verify(each.key).status == verification::result::ok);
        CHECK(each.storage_format == Archive::storage_format);
        CHECK(writer.files_of(each).size() == 6);
    }
    CHECK(writer.list({.whole_namespace = true}).size() == 3);
    CHECK(listing(writer.load(first.to_json(), folder.path() / "loaded").directory) == listing(first_state));

    CHECK(retry.remove(third));
    CHECK(writer.restore()->info().key == second.key);
    CHECK(writer.remove(second.key));
    CHECK(writer.remove(first.fields()));
    CHECK_FALSE(writer.remove(first));
    CHECK(holds_only_claims(store));
    CHECK_FALSE(writer.restore(load_policy::eager));
    CHECK(failure_of([&] { writer.load(first, folder.path() / "gone"); }) == errc::not_found);
    CHECK(writer.save(first_state).version == 2);
}

}  // namespace

TEST_CASE_TEMPLATE("a checkpoint's life", Archive, files, tar, tar_gz) {
    const temp_directory folder;
    SUBCASE("in memory") {
        live<Archive>(memory_storage{});
    }
    SUBCASE("in a directory") {
        live<Archive>(local_storage{folder.path() / "store"});
    }
    SUBCASE("in a store chosen at run time") {
        live<Archive>(any_storage{local_storage{folder.path() / "store"}});
    }
    SUBCASE("in a database, by a backend of one's own") {
        live<Archive>(example::sqlite_storage{folder.path() / "store.db"});
    }
    SUBCASE("in a store without abilities") {
        live<Archive>(archetype_storage{});
    }
    SUBCASE("in a store without abilities chosen at run time") {
        live<Archive>(any_storage{archetype_storage{}});
    }
}

TEST_CASE("a load follows the document, whatever the archive policy") {
    const temp_directory folder;
    const memory_storage store;
    const auto state = make_state(folder.path() / "state", "state");
    checkpoint<memory_storage, files> as_files{store, task};
    checkpoint<memory_storage, tar> as_tar{store, task};
    checkpoint<memory_storage, tar_gz> as_tar_gz{store, task};
    const std::vector<std::string> keys{as_files.save(state).key, as_tar.save(state).key, as_tar_gz.save(state).key};
    for (const auto& key : keys) {
        CHECK(listing(as_files.load(key, folder.path() / "1").directory) == listing(state));
        CHECK(listing(as_tar.load(key, folder.path() / "2").directory) == listing(state));
        CHECK(listing(as_tar_gz.load(key, folder.path() / "3").directory) == listing(state));
    }
    CHECK(as_files.restore()->info().key == keys.back());
}

TEST_CASE_TEMPLATE("a local store copied elsewhere, or reached by another path, is the same store", Archive, files,
                   tar) {
    const temp_directory folder;
    const auto state = make_state(folder.path() / "state", "state");
    checkpoint<local_storage, Archive>{local_storage{folder.path() / "store"}, task}.save(state);
    std::filesystem::copy(folder.path() / "store", folder.path() / "copy", std::filesystem::copy_options::recursive);
    std::filesystem::create_directory_symlink("copy", folder.path() / "link");
    for (const auto* name : {"copy", "link"}) {
        checkpoint<local_storage, Archive> there{local_storage{folder.path() / name}, task};
        CHECK(listing(there.restore()->directory()) == listing(state));
        CHECK(there.verify(there.info()->key).status == verification::result::ok);
    }
}
