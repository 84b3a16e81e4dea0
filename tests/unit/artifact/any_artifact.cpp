#include <holdfast/artifact/any_artifact.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/object.hpp>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/named_file.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/artifact/checkpoint_writer.hpp>
#include <holdfast/artifact/model_writer.hpp>
#include <holdfast/core/clock.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/metaflow/task_context.hpp>
#include <holdfast/storage/memory.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using testing_support::failure_of;

namespace {

const task_context task =
    task_context{.flow = "Unit", .run = "3", .step = "train", .task = "1", .metaflow_namespace = "user:alice"}
        .resolved();

std::stop_token stopped() {
    std::stop_source stop;
    stop.request_stop();
    return stop.get_token();
}

/// A store with one artifact of each kind, of the files "weights" and "config.json".
struct fixture {
    detail::temp_directory folder;
    memory_storage store;
    checkpoint_reference checkpoint =
        checkpoint_writer<memory_storage>{store, task, {}, system_clock()}.save<tar>(tree(), {}, "");
    model_reference model = model_writer<memory_storage>{store, task, {}, system_clock()}.save<files>(tree(), {});
    checkpoint_reference hub_entry = save_hub_entry();

    static file_tree tree() {
        return tree_of({{"weights", byte_source::from_text("w")}, {"config.json", byte_source::from_text("{}")}});
    }

    /// As Python stores it: without a manifest.
    checkpoint_reference save_hub_entry() const {
        const metaflow::checkpoint_location where{metaflow::hub_flow_folder("Unit"),
                                                  {checkpoint.pathspec_hash, "0", "4c94c97fc0", 0}};
        auto fields = checkpoint.fields();
        fields.erase("holdfast");
        fields["key"] = metaflow::data_key(where).str();
        fields["name"] = where.id.name;
        fields["storage_format"] = "files";
        fields["size"] = 3;
        auto entry = metaflow::parse_checkpoint_document(fields, "the test");
        put_text(store, metaflow::data_key(where) / "weights", "w");
        put_text(store, metaflow::data_key(where) / "config.json", "{}");
        put_text(store, metaflow::artifact_document_key(where), entry.to_json());
        put_text(store, metaflow::task_document_key(metaflow::hub_prefix, task.pathspec(), where.id), entry.to_json());
        return entry;
    }

    artifact_reference resolve(const reference& which) const { return resolve_artifact(store, which, {}); }

    std::vector<std::string> keys() const { return {checkpoint.key, hub_entry.key, model.key}; }

    /// The keys that a search hands over; no more than `at_most`.
    std::vector<std::string> found(std::string_view pathspec, std::size_t at_most = 100,
                                   const damage_handler& on_damage = {}) const {
        std::vector<std::string> seen;
        const auto visit = [&](const artifact_reference& each) {
            seen.push_back(document_of(each).key);
            return seen.size() < at_most;
        };
        search_artifacts(store, pathspec, visit, on_damage, {});
        return seen;
    }
};

}  // namespace

TEST_CASE_FIXTURE(fixture, "a key says of what kind the document is") {
    CHECK(std::get<checkpoint_reference>(resolve(checkpoint.key)).to_json() == checkpoint.to_json());
    CHECK(std::get<checkpoint_reference>(resolve(hub_entry.key)).to_json() == hub_entry.to_json());
    CHECK(std::get<model_reference>(resolve(model.key)).to_json() == model.to_json());
}

TEST_CASE_FIXTURE(fixture, "a reference of any form is resolved, a model's by the stored document") {
    auto fields = model.fields();
    fields["metadata"] = boost::json::object{{"claimed", true}};
    CHECK(document_of(resolve(fields)).metadata().empty());
    CHECK(document_of(resolve(model.to_json())).key == model.key);
    CHECK(document_of(resolve(checkpoint.fields())).key == checkpoint.key);
    CHECK(document_of(resolve(hub_entry)).key == hub_entry.key);
}

TEST_CASE_FIXTURE(fixture, "a key of no kind is refused by each operation, and changes nothing") {
    const auto objects = list_all(store, "").size();
    for (const std::string& key : {std::string(), std::string("some/key"), model.key + "/weights",
                                   checkpoint.key + "/weights", "/" + model.key, "../" + checkpoint.key}) {
        CAPTURE(key);
        CHECK(failure_of([&] { resolve(key); }) == errc::key_not_compatible);
        CHECK(failure_of([&] { verify_artifact(store, key, {}); }) == errc::key_not_compatible);
        CHECK(failure_of([&] { remove_artifact(store, key, {}); }) == errc::key_not_compatible);
    }
    CHECK(list_all(store, "").size() == objects);
}

TEST_CASE_FIXTURE(fixture, "what is missing, damaged and of another kind than its key is told apart") {
    CHECK(failure_of([&] { resolve(model.key + "0"); }) == errc::not_found);
    CHECK(failure_of([&] { resolve(checkpoint.key.substr(0, checkpoint.key.size() - 1) + "9"); }) == errc::not_found);
    const auto document = metaflow::model_artifact_document_key(model.model_id);
    put_text(store, document, "{");
    CHECK(failure_of([&] { resolve(model.key); }) == errc::corrupt);
    auto fields = model.fields();
    fields["type"] = "checkpoint";
    put_text(store, document, to_python_json(fields));
    CHECK(failure_of([&] { resolve(model.key); }) == errc::corrupt);
    CHECK(failure_of([&] { resolve_artifact(store, checkpoint.key, {}, stopped()); }) == errc::cancelled);
}

TEST_CASE_FIXTURE(fixture, "every kind loads") {
    for (const auto& key : keys()) {
        CAPTURE(key);
        const auto loaded = load_artifact(store, resolve(key), folder.path() / "out", {}, {});
        CHECK(loaded.files == 2);
        CHECK(loaded.bytes == 3);
        CHECK(tree_building::listing(folder.path() / "out") ==
              std::vector<std::string>{"file config.json: {}", "file weights: w"});
        std::filesystem::remove_all(folder.path() / "out");
    }
}

TEST_CASE_FIXTURE(fixture, "a load without verification does not need the manifest") {
    store.remove(metaflow::model_manifest_key(model.model_id));
    const auto load = [&](bool verify) {
        return load_artifact(store, model, folder.path() / "out", {.verify = verify}, {});
    };
    CHECK(failure_of([&] { load(true); }) == errc::corrupt);
    CHECK(load(false).files == 2);
}

TEST_CASE_FIXTURE(fixture, "a document of either kind tells where its tree lies") {
    CHECK(documented(artifact_reference{model}).key.str() == model.key);
    CHECK(documented(artifact_reference{checkpoint}).key.str() == checkpoint.key);
    CHECK(documented(artifact_reference{checkpoint}).manifest);
    CHECK_FALSE(documented(artifact_reference{hub_entry}).manifest);
}

TEST_CASE_FIXTURE(fixture, "every kind is verified as far as what was stored with it allows") {
    const auto status = [&](const std::string& key) { return verify_artifact(store, key, {}).status; };
    CHECK(status(checkpoint.key) == verification::result::ok);
    CHECK(status(model.key) == verification::result::ok);
    CHECK(status(hub_entry.key) == verification::result::unverifiable);
    put_text(store, object_key{model.key} / "weights", "v");
    put_text(store, object_key{hub_entry.key} / "weights", "longer");
    store.remove(object_key{checkpoint.key});
    CHECK(status(model.key) == verification::result::corrupt);
    CHECK(status(hub_entry.key) == verification::result::corrupt);
    CHECK(status(checkpoint.key) == verification::result::not_found);
    CHECK(status(model.key + "0") == verification::result::not_found);
    CHECK(failure_of([&] { verify_artifact(store, model.key, {}, {.stop = stopped()}); }) == errc::cancelled);
}

TEST_CASE_FIXTURE(fixture, "a search hands over checkpoints, hub entries and models, in this order") {
    for (const std::string pathspec : {"", "Unit", "Unit/3", "Unit/3/train", "Unit/3/train/1"}) {
        CAPTURE(pathspec);
        CHECK(found(pathspec) == keys());
    }
    for (const std::string pathspec : {"Uni", "Unit/4", "Unit/3/train/2"}) {
        CAPTURE(pathspec);
        CHECK(found(pathspec).empty());
    }
}

TEST_CASE_FIXTURE(fixture, "a search ends where the visitor says so, in the midst of the kinds too") {
    for (std::size_t count = 1; count <= 3; ++count) {
        const auto expected = keys();
        CHECK(found("", count) == std::vector(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(count)));
    }
}

TEST_CASE_FIXTURE(fixture, "a search passes over damaged documents of every kind, and tells of each") {
    for (const auto& object : list_all(store, "")) {
        const bool is_of_a_list = object.key.str().find("/metadata/Unit/") != std::string::npos;
        if (is_of_a_list && object.key.name() != "latest") put_text(store, object.key, "{");
    }
    std::vector<errc> told;
    CHECK(found("", 100, [&](const error& damage) { told.push_back(damage.kind()); }).empty());
    CHECK(told == std::vector(3, errc::corrupt));
}

TEST_CASE_FIXTURE(fixture, "a search takes no path that is none, and can be stopped") {
    for (const std::string pathspec : {"/", "Unit/", "Unit//train", "a/b/c/d/e", "../Unit"}) {
        CAPTURE(pathspec);
        CHECK(failure_of([&] { found(pathspec); }) == errc::invalid_argument);
    }
    const auto visit = [](const artifact_reference&) { return true; };
    CHECK(failure_of([&] { search_artifacts(store, "", visit, {}, {}, stopped()); }) == errc::cancelled);
}

TEST_CASE_FIXTURE(fixture, "every kind is removed, alone and once") {
    for (const auto& key : keys()) {
        CAPTURE(key);
        CHECK(failure_of([&] { remove_artifact(store, key, {}, stopped()); }) == errc::cancelled);
        CHECK(remove_artifact(store, key, {}));
        CHECK_FALSE(remove_artifact(store, key, {}));
        CHECK(list_all(store, key).empty());
        CHECK(failure_of([&] { resolve(key); }) == errc::not_found);
    }
    const auto left = list_all(store, "");
    REQUIRE(left.size() == 1);
    CHECK(left.front().key.str().find("/reservations/") != std::string::npos);
}
