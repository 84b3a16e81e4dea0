#include <holdfast/load_model.hpp>

#include <holdfast/checkpoint.hpp>
#include <holdfast/model.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>

#include <doctest/doctest.h>

#include <tests/support/failing_storage.hpp>
#include <tests/support/tree_building.hpp>

#include <algorithm>
#include <cstdint>
#include <string>

using namespace holdfast;
using detail::temp_directory;
using tree_building::failure_of;
using tree_building::listing;
using tree_building::write_file;

namespace {

const task_context task{.flow = "Unit", .run = "3", .step = "train", .task = "1", .metaflow_namespace = "user:alice"};

struct fixture {
    temp_directory folder;
    memory_storage store;

    std::filesystem::path tree(const std::string& content = "first") const {
        const auto path = folder.path() / content;
        write_file(path / "weights", content);
        write_file(path / "deep" / "moments", content + content);
        return path;
    }

    model_reference save_model(const std::string& content = "first") const {
        return model<memory_storage>{store, task}.save(tree(content));
    }

    checkpoint_reference save_checkpoint(const std::string& content = "first") const {
        return checkpoint<memory_storage>{store, task}.save(tree(content));
    }

    /// A hub entry as Python stores it, of scope "flow".
    checkpoint_reference save_hub_entry(std::uint64_t size = 3) const {
        const metaflow::checkpoint_location where{metaflow::hub_flow_folder("Unit"),
                                                  {"fc6851aa", "0", "4c94c97fc0", 0}};
        checkpoint_reference entry;
        entry.key = metaflow::data_key(where).str();
        entry.url = "/" + entry.key;
        entry.pathspec = "Unit/3/train/1";
        entry.pathspec_hash = "fc6851aa";
        entry.name = "4c94c97fc0";
        entry.created_on = "2026-11-24T10:00:00.5";
        entry.size = size;
        entry.storage_format = "files";
        metaflow::write_document(entry, entry.metadata(), false, "");
        put_text(store, metaflow::data_key(where) / "config.json", "{ }");
        put_text(store, metaflow::artifact_document_key(where), entry.to_json());
        put_text(store, metaflow::task_document_key("mf.huggingface_hub", entry.pathspec, where.id), entry.to_json());
        return entry;
    }

    std::filesystem::path target() const { return folder.path() / "target"; }
};

}  // namespace

TEST_CASE_FIXTURE(fixture, "models, checkpoints and hub entries are loaded by what their key says") {
    CHECK(load_model(store, save_model().key, folder.path() / "m").files == 2);
    CHECK(load_model(store, save_checkpoint().key, folder.path() / "c").files == 2);
    CHECK(load_model(store, save_hub_entry().key, folder.path() / "h").bytes == 3);
    CHECK(listing(folder.path() / "m") == listing(tree()));
    CHECK(listing(folder.path() / "c") == listing(tree()));
}

TEST_CASE_FIXTURE(fixture, "D-14 the bookkeeping of huggingface_hub does not come back on load") {
    const auto entry = save_hub_entry();
    const object_key data(entry.key);
    put_text(store, data / ".cache/huggingface/.gitignore", "*");
    put_text(store, data / ".cache/huggingface/download/config.json.metadata", "a commit");
    put_text(store, data / ".cache/own", "mine");
    CHECK(failure_of([&] { load_model(store, entry.key, target()); }) == errc::corrupt);
    save_hub_entry(3 + 1 + 8 + 4);  // the document counts every byte that is stored
    const auto loaded = load_model(store, entry.key, target());
    CHECK(loaded.files == 2);
    CHECK(loaded.bytes == 7);
    CHECK(listing(target()) ==
          std::vector<std::string>{"directory .cache", "file .cache/own: mine", "file config.json: { }"});
}

TEST_CASE_FIXTURE(fixture, "D-28 every form of a reference loads, and no form does nothing") {
    const auto saved = save_model();
    int i = 0;
    for (const reference& which :
         {reference{saved.key}, reference{saved.to_json()}, reference{saved.fields()}, reference{saved}}) {
        const auto loaded = load_model(store, which, folder.path() / std::to_string(i++));
        CHECK(loaded.files == 2);
        CHECK(listing(loaded.directory) == listing(tree()));
    }
    CHECK(failure_of([&] { load_model(store, boost::json::object{}, target()); }) == errc::corrupt);
    CHECK(failure_of([&] { load_model(store, "", target()); }) == errc::key_not_compatible);
    CHECK_FALSE(std::filesystem::exists(target()));
}

TEST_CASE_FIXTURE(fixture, "a wrong key, a missing object, a corrupt one and a file for a directory are four errors") {
    const auto saved = save_model();
    const auto load = [&](const reference& which) { load_model(store, which, target()); };
    CHECK(failure_of([&] { load("some/key"); }) == errc::key_not_compatible);
    CHECK(failure_of([&] { load(saved.key + "/weights"); }) == errc::key_not_compatible);
    CHECK(failure_of([&] { load("mf.models/models/artifacts/none"); }) == errc::not_found);
    write_file(folder.path() / "file", "");
    CHECK(failure_of([&] { load_model(store, saved, folder.path() / "file"); }) == errc::invalid_argument);
    put_text(store, metaflow::model_artifact_document_key(saved.model_id), "{");
    CHECK(failure_of([&] { load(saved.key); }) == errc::corrupt);
    CHECK_FALSE(std::filesystem::exists(target()));
}

TEST_CASE_FIXTURE(fixture, "D-6 what lost its data does not load as an empty directory") {
    const auto saved = save_model();
    store.remove(object_key{saved.key});
    CHECK(failure_of([&] { load_model(store, saved, target()); }) == errc::not_found);
    const auto files = model<memory_storage, holdfast::files>{store, task}.save(tree());
    remove_prefix(store, object_key{files.key});
    CHECK(failure_of([&] { load_model(store, files, target()); }) == errc::not_found);
    CHECK_FALSE(std::filesystem::exists(target()));
}

TEST_CASE_FIXTURE(fixture, "D-7 deleting frees every byte, of tar and of files, and of nothing else") {
    const auto kept = save_model("kept");
    const auto before = list_all(store, "").size();
    const auto check = [&](const model_reference& saved) {
        const auto alike = metaflow::model_data_key(saved.model_id + "0");
        put_text(store, alike, "a model whose id begins alike");
        CHECK(delete_model(store, saved.key));
        CHECK(list_all(store, "").size() == before + 1);
        store.remove(alike);
    };
    check(model<memory_storage, tar>{store, task}.save(tree()));
    check(model<memory_storage, files>{store, task}.save(tree()));
    CHECK(load_model(store, kept, target()).files == 2);
}

TEST_CASE_FIXTURE(fixture, "checkpoints and hub entries are deleted too; latest goes to the next good one") {
    const auto first = save_checkpoint("first");
    const auto second = save_checkpoint("second");
    const auto entry = save_hub_entry();
    CHECK(delete_model(store, second));
    CHECK(checkpoint<memory_storage>{store, task}.restore()->info().key == first.key);
    CHECK(delete_model(store, entry.key));
    CHECK(list_all(store, "mf.huggingface_hub").empty());
    CHECK(delete_model(store, first.to_json()));
    CHECK_FALSE(checkpoint<memory_storage>{store, task}.restore());
}

TEST_CASE_FIXTURE(fixture, "deleting twice is no error unless that is asked for") {
    const auto saved = save_model();
    CHECK(delete_model(store, saved.key, {.must_exist = true}));
    CHECK_FALSE(delete_model(store, saved.key));
    CHECK(failure_of([&] { delete_model(store, saved, {.must_exist = true}); }) == errc::not_found);
    CHECK(failure_of([&] { delete_model(store, "some/key"); }) == errc::key_not_compatible);
}

TEST_CASE("D-8 a delete that was interrupted anywhere lists nothing broken and is finished by its key") {
    for (const bool is_tar : {true, false}) {
        for (const bool done : {false, true}) {
            bool went_through = false;
            for (std::uint64_t number = 0; !went_through; ++number) {
                CAPTURE(number);
                const fixture world;
                const auto saved = is_tar ? model<memory_storage, tar>{world.store, task}.save(world.tree())
                                          : model<memory_storage, files>{world.store, task}.save(world.tree());
                const failing_storage store{world.store, [&](const storage_step& step) {
                                                if (step.number == number && step.done == done) {
                                                    throw error(errc::unavailable, step.operation, step.key, "stopped");
                                                }
                                            }};
                went_through = failure_of([&] { delete_model(store, saved.key); }) == tree_building::not_thrown;
                for (const auto& listed : model<memory_storage>{world.store}.list()) {
                    CHECK(load_model(world.store, listed, world.target()).files == 2);
                }
                delete_model(world.store, saved.key);
                CHECK(list_all(world.store, "").empty());
            }
        }
    }
}

TEST_CASE_FIXTURE(fixture, "what an interrupted delete of Python's left goes by its key") {
    const auto saved = save_model();
    store.remove(object_key{saved.key});
    store.remove(metaflow::model_artifact_document_key(saved.model_id));
    CHECK(delete_model(store, saved.key));
    CHECK(list_all(store, "").empty());
}
