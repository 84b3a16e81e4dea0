#include <holdfast/model.hpp>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/checkpoint.hpp>
#include <holdfast/load_model.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>

#include <doctest/doctest.h>

#include <tests/support/tree_building.hpp>

#include <chrono>
#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace holdfast;
using detail::temp_directory;
using tree_building::failure_of;
using tree_building::listing;
using tree_building::read_file;
using tree_building::write_file;

namespace {

const task_context task{.flow = "Unit", .run = "3", .step = "train", .task = "1", .metaflow_namespace = "user:alice"};
const std::string no_such_key = "mf.models/models/artifacts/m_0123456789abcdef0123456789abcdef";

/// A clock that moves a second forward at each look.
clock_function ticking() {
    auto now = std::make_shared<std::chrono::system_clock::time_point>(std::chrono::sys_days{std::chrono::days{20000}});
    return [now] { return *now += std::chrono::seconds{1}; };
}

struct fixture {
    temp_directory folder;
    memory_storage store;
    model<memory_storage> models{store, task, {.clock = ticking()}};

    std::filesystem::path tree(const std::string& content = "first") const {
        const auto path = folder.path() / content;
        write_file(path / "weights", content);
        write_file(path / "deep" / "er" / "moments ü", content + content);
        return path;
    }

    std::string only_object_below(const std::string& prefix) const {
        const auto found = list_all(store, prefix);
        REQUIRE(found.size() == 1);
        return found.front().key.str();
    }
};

}  // namespace

TEST_CASE_FIXTURE(fixture, "a save stores data, manifest and two equal documents") {
    const auto saved = models.save(tree(), {.metadata = {{"loss", 0.5}}});
    CHECK(saved.label == "Unit_train");
    CHECK(saved.storage_format == "tar");
    CHECK(saved.pathspec == "Unit/3/train/1");
    CHECK(saved.source == "task");
    CHECK(saved.key == "mf.models/models/artifacts/" + saved.model_id);
    CHECK(saved.url == store.url().of(object_key{saved.key}));
    CHECK(saved.size == store.head(object_key{saved.key})->size);
    CHECK(list_all(store, "").size() == 4);
    CHECK(only_object_below("mf.models/models/metadata") ==
          "mf.models/models/metadata/Unit/3/train/1/0." + saved.model_id + ".metadata");
    CHECK(only_object_below("mf.models/models/holdfast/manifests") ==
          "mf.models/models/holdfast/manifests/" + saved.model_id + ".json");
    const auto document = object_key{only_object_below("mf.models/models/artifact_metadata")};
    CHECK(document.str() == "mf.models/models/artifact_metadata/" + saved.model_id + ".metadata");
    CHECK(get_text(store, document) == saved.to_json());
    CHECK(get_text(store, object_key{only_object_below("mf.models/models/metadata")}) == saved.to_json());
}

TEST_CASE_FIXTURE(fixture, "an id ends in a random uuid of version 4, and none is given twice") {
    std::set<std::string> ids;
    for (int i = 0; i < 50; ++i) {
        const auto id = models.save(tree(), {.label = "v1.0 ü"}).model_id;
        REQUIRE(id.size() == std::string("v1.0 ü_").size() + 32);
        CHECK(id.starts_with("v1.0 ü_"));
        CHECK(id[id.size() - 20] == '4');
        CHECK(std::string("89ab").find(id[id.size() - 16]) != std::string::npos);
        ids.insert(id);
    }
    CHECK(ids.size() == 50);
}

TEST_CASE_FIXTURE(fixture, "D-25 the label is written") {
    const auto saved = models.save(tree(), {.label = "best"});
    CHECK(models.show(saved.key).fields().at("label") == "best");
    CHECK(models.list({.label = "best"}).size() == 1);
    CHECK(models.list({.label = "bes"}).empty());
}

TEST_CASE_FIXTURE(fixture, "a bad label is refused before anything is stored") {
    for (const std::string label : {"", "a/b", "a\nb", "\xC3\x28"}) {
        CAPTURE(label);
        CHECK(failure_of([&] { models.save(tree(), {.label = label}); }) == errc::invalid_argument);
    }
    CHECK(failure_of([&] { models.save(tree(), {.label = std::string(129, 'a')}); }) == errc::invalid_argument);
    CHECK(failure_of([&] { models.save(folder.path() / "missing"); }) == errc::not_found);
    CHECK(list_all(store, "").empty());
}

TEST_CASE_FIXTURE(fixture, "a stopped save leaves nothing") {
    std::stop_source stop;
    stop.request_stop();
    CHECK(failure_of([&] { models.save(tree(), {.stop = stop.get_token()}); }) == errc::cancelled);
    CHECK(list_all(store, "").empty());
}

TEST_CASE_TEMPLATE("every archive loads by key, text, object and typed value", Archive, files, tar, tar_gz) {
    const fixture world;
    model<memory_storage, Archive> models{world.store, task};
    const auto tree = world.tree();
    const auto saved = models.save(tree);
    CHECK(saved.storage_format == Archive::storage_format);
    int i = 0;
    for (const reference& which :
         {reference{saved.key}, reference{saved.to_json()}, reference{saved.fields()}, reference{saved}}) {
        const auto target = world.folder.path() / ("loaded" + std::to_string(i++));
        CHECK(models.load(which, target) == target);
        CHECK(listing(target) == listing(tree));
    }
    CHECK(models.loaded().size() == 1);
    CHECK(models.files_of(saved).size() == 2);
    CHECK(models.verify(saved).status == verification::result::ok);
}

TEST_CASE_FIXTURE(fixture, "a single file is loaded as it was named") {
    write_file(folder.path() / "weights.bin", "w");
    const auto saved = models.save(folder.path() / "weights.bin");
    CHECK(read_file(models.load(saved) / "weights.bin") == "w");
}

TEST_CASE_FIXTURE(fixture, "a load without a directory is kept until its cleanup, or as long as the object") {
    std::filesystem::path last;
    {
        model<memory_storage> reader{store, {.temp_dir_root = folder.path() / "scratch"}};
        const auto one = models.save(tree("one"));
        const auto two = models.save(tree("two"));
        const auto first = reader.load(one);
        last = reader.load(two.key);
        CHECK(first.parent_path() == folder.path() / "scratch");
        CHECK(reader.loaded()[one.key] == first);
        CHECK(read_file(reader.loaded()[two.key] / "weights") == "two");
        CHECK(document_of(reader.loaded().info(two.key)).to_json() == two.to_json());
        reader.loaded().cleanup(one.key);
        CHECK_FALSE(std::filesystem::exists(first));
        CHECK(std::filesystem::exists(last));
    }
    CHECK_FALSE(std::filesystem::exists(last));
}

TEST_CASE_FIXTURE(fixture, "D-24 models are loaded at construction by name, into directories, and from lists") {
    const auto one = models.save(tree("one"));
    const auto two = models.save(tree("two"));
    const auto given = folder.path() / "given";
    const auto several = folder.path() / "several";
    const model<memory_storage> reader{store,
                                       {.load = {{.references = {one.key}},
                                                 {.name = "best", .references = {two}, .directory = given},
                                                 {.name = "all", .references = {one.to_json(), two.fields()}},
                                                 {.name = "kept", .references = {one, two}, .directory = several}}}};
    const auto& loaded = reader.loaded();
    CHECK(loaded.size() == 6);
    CHECK(read_file(loaded[one.key] / "weights") == "one");
    CHECK(loaded["best"] == given);
    CHECK(read_file(given / "weights") == "two");
    CHECK(read_file(loaded["all/0"] / "weights") == "one");
    CHECK(read_file(loaded["all/1"] / "weights") == "two");
    CHECK(loaded["kept/1"] == several / "1");
    CHECK(read_file(several / "0" / "weights") == "one");
}

TEST_CASE_FIXTURE(fixture, "D-23 what cannot be loaded ends the construction, or is noted where that is asked for") {
    const auto good = models.save(tree());
    const model_options wanted{
        .load = {{.name = "gone", .references = {no_such_key}}, {.name = "good", .references = {good}}}};
    CHECK(failure_of([&] { model<memory_storage>{store, wanted}; }) == errc::not_found);
    auto lenient = wanted;
    lenient.best_effort = true;
    lenient.load.push_back({.references = {reference(boost::json::object{})}});  // not even a key
    const model<memory_storage> reader{store, lenient};
    CHECK(reader.loaded().size() == 1);
    CHECK(reader.loaded().contains("good"));
    REQUIRE(reader.loaded().failures().size() == 2);
    CHECK(reader.loaded().failures().front().name == "gone");
    CHECK(reader.loaded().failures().front().problem.kind() == errc::not_found);
}

TEST_CASE_FIXTURE(fixture, "a checkpoint is loaded like a model") {
    const auto saved = checkpoint<memory_storage>{store, task}.save(tree());
    CHECK(read_file(models.load(saved) / "weights") == "first");
    CHECK(std::holds_alternative<checkpoint_reference>(models.loaded().info(saved.key)));
}

TEST_CASE_FIXTURE(fixture, "a list is newest first, by label, attempt, place and limit") {
    const auto one = models.save(tree("one"), {.label = "a"});
    const auto two = models.save(tree("two"), {.label = "b"});
    auto retried = task;
    retried.attempt = "1";
    retried.run = "4";
    const auto three =
        model<memory_storage>{store, retried, {.clock = system_clock()}}.save(tree("three"), {.label = "a"});
    const auto keys = [](const std::vector<model_reference>& found) {
        std::vector<std::string> list;
        for (const auto& each : found) list.push_back(each.key);
        return list;
    };
    const model<memory_storage> outside{store};
    CHECK(keys(outside.list()) == std::vector{three.key, two.key, one.key});
    CHECK(keys(outside.list({.limit = 2})) == std::vector{three.key, two.key});
    CHECK(keys(outside.list({.label = "a"})) == std::vector{three.key, one.key});
    CHECK(keys(outside.list({.attempt = "1"})) == std::vector{three.key});
    CHECK(keys(outside.list({.pathspec = "Unit/3"})) == std::vector{two.key, one.key});
    CHECK(outside.list({.pathspec = "Unit/5"}).empty());
    CHECK(failure_of([&] { (void)outside.list({.pathspec = "a/b/c/d/e"}); }) == errc::invalid_argument);
    CHECK(failure_of([&] { (void)outside.list({.attempt = "first"}); }) == errc::invalid_argument);
    int seen = 0;
    outside.search("Unit", [&](const model_reference&) { return ++seen < 2; });
    CHECK(seen == 2);
}

TEST_CASE_FIXTURE(fixture, "a list passes over damaged documents and tells of them") {
    const auto one = models.save(tree("one"));
    const auto two = models.save(tree("two"));
    put_text(store, metaflow::model_task_document_key("Unit/3/train/1", "0", one.model_id), "{\"key\": ");
    std::vector<errc> told;
    const auto found = models.list({.on_damage = [&](const error& problem) { told.push_back(problem.kind()); }});
    REQUIRE(found.size() == 1);
    CHECK(found.front().key == two.key);
    CHECK(told == std::vector{errc::corrupt});
}

TEST_CASE_FIXTURE(fixture, "absence is a normal answer of find, and an error of show") {
    CHECK_FALSE(models.find(no_such_key));
    CHECK(failure_of([&] { (void)models.show(no_such_key); }) == errc::not_found);
    CHECK(failure_of([&] { (void)models.find("no/key"); }) == errc::key_not_compatible);
    CHECK(models.find(models.save(tree()).key)->pathspec == "Unit/3/train/1");
}

TEST_CASE_FIXTURE(fixture, "outside a task nothing can be saved, and all else works") {
    const auto saved = models.save(tree());
    model<memory_storage> outside{store};
    CHECK(failure_of([&] { outside.save(tree()); }) == errc::not_in_task);
    CHECK(failure_of([&] { (void)outside.context(); }) == errc::not_in_task);
    CHECK(outside.show(saved.key).key == saved.key);
    CHECK(outside.remove(saved.key));
    CHECK(list_all(store, "").empty());
    CHECK_FALSE(outside.remove(saved.key));
}

TEST_CASE_FIXTURE(fixture, "a load keeps to its options") {
    const auto saved = models.save(tree());
    const auto target = folder.path() / "target";
    CHECK(failure_of([&] { models.load(saved, target, {.limits = {.bytes = 3}}); }) == errc::too_large);
    std::stop_source stop;
    stop.request_stop();
    CHECK(failure_of([&] { models.load(saved, target, {.stop = stop.get_token()}); }) == errc::cancelled);
    CHECK_FALSE(std::filesystem::exists(target));
    CHECK(models.loaded().empty());
}

TEST_CASE_FIXTURE(fixture, "damage is found by a load and by verify") {
    const auto saved = models.save(tree());
    auto bytes = get_text(store, object_key{saved.key});
    bytes[bytes.find("firstfirst")] = 'F';
    put_text(store, object_key{saved.key}, bytes);
    CHECK(failure_of([&] { models.load(saved, folder.path() / "target"); }) == errc::corrupt);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "target"));
    CHECK(models.verify(saved).status == verification::result::corrupt);
    CHECK(models.verify(no_such_key).status == verification::result::not_found);
    put_text(store, metaflow::model_artifact_document_key(saved.model_id), models.save(tree("other")).to_json());
    CHECK(failure_of([&] { (void)models.show(saved.key); }) == errc::corrupt);
}

TEST_CASE_TEMPLATE("memory in, memory out", Archive, files, tar, tar_gz) {
    const fixture world;
    const model<memory_storage, Archive> models{world.store, task};
    const std::string weights(100'000, 'w');
    const auto saved = models.save(
        tree_of({{"deep/weights", std::as_bytes(std::span(weights))}, {"card", byte_source::from_text("# A model")}}),
        {.label = "made of memory"});
    const auto stored = models.open(saved.key);
    CHECK(stored.read("deep/weights") == weights);
    CHECK(stored.read("card", {2, 1}) == "A");
    CHECK(models.files_of(saved).size() == 2);
    CHECK(failure_of([&] { (void)models.open(no_such_key); }) == errc::not_found);
}
