// What a model's save and removal promise wherever they stop, over backends and archives: what is listed can be loaded,
// and nothing is listed that is half there.
#include <holdfast/archive/files.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/load_model.hpp>
#include <holdfast/model.hpp>
#include <holdfast/storage/any.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>

#include <doctest/doctest.h>

#include <examples/sqlite_storage/sqlite_storage.hpp>
#include <tests/support/archetype_storage.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/tree_building.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

using namespace holdfast;
using detail::temp_directory;
using tree_building::failure_of;
using tree_building::listing;
using tree_building::write_file;

namespace {

const task_context task{.flow = "Rules", .run = "7", .step = "train", .task = "1", .metaflow_namespace = "user:alice"};

std::filesystem::path make_weights(const temp_directory& folder) {
    write_file(folder.path() / "weights" / "first", "first weights");
    write_file(folder.path() / "weights" / "deep" / "second", "second weights");
    return folder.path() / "weights";
}

/// What is listed, loaded; returns how many there are.
template <class Storage>
std::size_t load_all_listed(const Storage& store, const std::filesystem::path& weights, const temp_directory& folder) {
    const auto found = model<Storage>{store}.list();
    for (const auto& each : found) {
        const auto target = folder.path() / "loaded";
        load_model(store, each.key, target);
        CHECK(listing(target) == listing(weights));
        detail::remove_tree(target);
    }
    return found.size();
}

template <class Archive, class Make>
void check_every_stop_of_a_save(Make make_store) {
    bool went_through = false;
    for (std::uint64_t number = 0; !went_through; ++number) {
        for (const bool done : {false, true}) {
            CAPTURE(number);
            CAPTURE(done);
            const temp_directory folder;
            const auto weights = make_weights(folder);
            const auto store = make_store(folder);
            using storage = std::remove_const_t<decltype(store)>;
            model<failing_storage<storage>, Archive> writer{{store, die_at(number, done)}, task};
            went_through = failure_of([&] { writer.save(weights); }) == tree_building::not_thrown;
            CHECK(load_all_listed(store, weights, folder) <= 1);
            if (went_through) CHECK(load_all_listed(store, weights, folder) == 1);
        }
    }
}

}  // namespace

TEST_CASE_TEMPLATE("a save that dies anywhere lists a whole model or none", Archive, files, tar, tar_gz) {
    check_every_stop_of_a_save<Archive>([](const temp_directory&) { return memory_storage{}; });
    check_every_stop_of_a_save<Archive>(
        [](const temp_directory& folder) { return local_storage{folder.path() / "store"}; });
}

TEST_CASE_TEMPLATE("a model's life on any store", Archive, files, tar, tar_gz) {
    const temp_directory folder;
    const auto weights = make_weights(folder);
    const auto check = [&](auto store) {
        using storage = decltype(store);
        const model<storage, Archive> models{store, task};
        const auto first = models.save(weights, {.label = "a"});
        const auto second = models.save(weights, {.label = "b"});
        CHECK(load_all_listed(store, weights, folder) == 2);
        CHECK(models.verify(first).status == verification::result::ok);
        CHECK(delete_model(store, first));
        CHECK(models.list().front().key == second.key);
        CHECK(delete_model(store, second.key));
        CHECK(list_all(store, "").empty());
    };
    check(memory_storage{});
    check(archetype_storage{});
    check(example::sqlite_storage{folder.path() / "store.db"});
    check(local_storage{folder.path() / "store"});
    check(any_storage{local_storage{folder.path() / "another store"}});
}

TEST_CASE("sixteen writers at once leave sixteen models") {
    const temp_directory folder;
    const auto weights = make_weights(folder);
    const local_storage store{folder.path() / "store"};
    std::vector<errc> failures(16, tree_building::not_thrown);
    {
        std::vector<std::jthread> writers;
        for (auto& failure : failures) {
            writers.emplace_back([&] {
                failure = failure_of([&] { model<local_storage>{store, task}.save(weights); });
            });
        }
    }
    CHECK(failures == std::vector<errc>(16, tree_building::not_thrown));
    CHECK(load_all_listed(store, weights, folder) == 16);
}
