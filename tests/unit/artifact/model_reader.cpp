#include <holdfast/artifact/model_reader.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/named_file.hpp>
#include <holdfast/artifact/model_writer.hpp>
#include <holdfast/core/clock.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/metaflow/task_context.hpp>
#include <holdfast/storage/memory.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using testing_support::error_of;
using testing_support::failure_of;

namespace {

using keys = std::vector<std::string>;

std::stop_token stopped() {
    std::stop_source stop;
    stop.request_stop();
    return stop.get_token();
}

keys keys_of(const std::vector<model_reference>& models) {
    keys found;
    for (const auto& each : models) found.push_back(each.key);
    return found;
}

/// A store in which each model is saved a second after the one before.
struct fixture {
    memory_storage store;
    model_reader<memory_storage> reader{store, {}};
    mutable std::chrono::seconds now{1'700'000'000};

    model_reference save(const std::string& run = "3", const std::string& attempt = "0",
                         const std::string& label = "m") const {
        const task_context task = task_context{.flow = "Unit",
                                               .run = run,
                                               .step = "train",
                                               .task = "1",
                                               .attempt = attempt,
                                               .metaflow_namespace = "user:alice"}
                                      .resolved();
        const auto clock = [this] { return std::chrono::system_clock::time_point{++now}; };
        const auto tree = tree_of({{"one", byte_source::from_text("1")}, {"deep/two", byte_source::from_text("22")}});
        return model_writer<memory_storage>{store, task, {}, clock}.save<files>(tree, {.label = label});
    }

    object_key listed(const model_reference& model) const {
        return metaflow::model_task_document_key(model.pathspec, model.attempt, model.model_id);
    }
};

}  // namespace

TEST_CASE_FIXTURE(fixture, "every form of a reference is resolved to the stored document") {
    const auto saved = save();
    auto claimed = saved.fields();
    claimed["storage_format"] = "tar";
    for (const reference& which :
         {reference{saved.key}, reference{saved.to_json()}, reference{claimed}, reference{saved}}) {
        CHECK(reader.resolve(which).to_json() == saved.to_json());
    }
}

TEST_CASE_FIXTURE(fixture, "what no model has, and what is no model's key") {
    const auto saved = save();
    CHECK(failure_of([&] { reader.resolve(saved.key + "0"); }) == errc::not_found);
    store.remove(metaflow::model_artifact_document_key(saved.model_id));
    CHECK(failure_of([&] { reader.resolve(saved); }) == errc::not_found);
    for (const std::string& key : {std::string("m_1"), saved.key + "/one", "/" + saved.key, std::string()}) {
        CAPTURE(key);
        CHECK(failure_of([&] { reader.resolve(key); }) == errc::key_not_compatible);
        CHECK(failure_of([&] { reader.verify(key); }) == errc::key_not_compatible);
        CHECK(failure_of([&] { reader.remove(key); }) == errc::key_not_compatible);
    }
}

TEST_CASE_FIXTURE(fixture, "a stored document that is cut, or that of another model, is corrupt") {
    const auto saved = save();
    const auto other = save();
    const auto document = metaflow::model_artifact_document_key(saved.model_id);
    const std::string whole = saved.to_json();
    for (const std::string& text : {std::string(), whole.substr(0, whole.size() / 2), whole + "}", other.to_json()}) {
        CAPTURE(text);
        put_text(store, document, text);
        const auto failure = error_of([&] { reader.resolve(saved); });
        REQUIRE(failure);
        CHECK(failure->kind() == errc::corrupt);
        CHECK(failure->key() == document.str());
        CHECK(reader.verify(saved.key).status == verification::result::corrupt);
    }
}

TEST_CASE_FIXTURE(fixture, "a model is loaded from where its document says, checked as far as options ask for it") {
    const detail::temp_directory folder;
    const auto saved = save();
    CHECK(reader.load(saved, folder.path() / "good", {}).files == 2);
    CHECK(tree_building::read_file(folder.path() / "good" / "deep" / "two") == "22");
    put_text(store, object_key{saved.key} / "one", "x");
    CHECK(failure_of([&] { reader.load(saved, folder.path() / "bad", {}); }) == errc::corrupt);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "bad"));
    CHECK(reader.load(saved, folder.path() / "bad", {.verify = false}).bytes == 3);
}

TEST_CASE_FIXTURE(fixture, "a list is newest first by time, whatever the runs and labels") {
    const auto first = save("9", "0", "z");
    const auto second = save("1", "5", "a");
    const auto third = save("5", "0", "z");
    CHECK(keys_of(reader.list({})) == keys{third.key, second.key, first.key});
    CHECK(keys_of(reader.list({.limit = 2})) == keys{third.key, second.key});
    CHECK(keys_of(reader.list({.limit = 4})).size() == 3);
    CHECK(reader.list({.limit = 0}).empty());
}

TEST_CASE_FIXTURE(fixture, "a list is of one place, one label and one attempt, each whole and together") {
    const auto first = save("3", "0", "best");
    const auto retried = save("3", "10", "best");
    const auto other_run = save("31", "1", "bes");
    CHECK(keys_of(reader.list({.pathspec = "Unit/3"})) == keys{retried.key, first.key});
    CHECK(keys_of(reader.list({.pathspec = "Unit/31/train/1"})) == keys{other_run.key});
    CHECK(keys_of(reader.list({.label = "bes"})) == keys{other_run.key});
    CHECK(keys_of(reader.list({.attempt = "1"})) == keys{other_run.key});
    CHECK(keys_of(reader.list({.pathspec = "Unit/3", .label = "best", .attempt = "10"})) == keys{retried.key});
    CHECK(reader.list({.label = "best", .attempt = "1"}).empty());
}

TEST_CASE_FIXTURE(fixture, "a list reads no document of another label or attempt") {
    save("3", "0", "other");
    std::uint64_t read = 0;
    const failing_storage<memory_storage> watched{store, [&](const storage_step& step) {
                                                      if (!step.done && step.operation == "get") ++read;
                                                  }};
    const model_reader<failing_storage<memory_storage>> counting{watched, {}};
    CHECK(counting.list({.label = "m"}).empty());
    CHECK(counting.list({.attempt = "1"}).empty());
    CHECK(read == 0);
}

TEST_CASE_FIXTURE(fixture, "a filter that can never match is refused") {
    for (const std::string pathspec : {"/", "Unit/", "a/b/c/d/e", "../Unit", "Unit//train"}) {
        CAPTURE(pathspec);
        CHECK(failure_of([&] { reader.list({.pathspec = pathspec}); }) == errc::invalid_argument);
    }
    for (const std::string attempt : {"one", "-1", " 1", "1.0"}) {
        CAPTURE(attempt);
        CHECK(failure_of([&] { reader.list({.attempt = attempt}); }) == errc::invalid_argument);
    }
}

TEST_CASE_FIXTURE(fixture, "a search hands over in order of the names, until the visitor has enough") {
    const auto second = save("3", "0", "b");
    const auto first = save("3", "0", "a");
    const auto third = save("4", "0", "a");
    const auto found = [&](std::size_t at_most) {
        keys seen;
        const auto visit = [&](const model_reference& each) {
            seen.push_back(each.key);
            return seen.size() < at_most;
        };
        reader.search("Unit", visit, {});
        return seen;
    };
    CHECK(found(9) == keys{first.key, second.key, third.key});
    CHECK(found(2) == keys{first.key, second.key});
}

TEST_CASE_FIXTURE(fixture, "foreign objects among the documents are none, damaged ones are told of") {
    const auto good = save();
    const auto damaged = save();
    put_text(store, listed(damaged), "{");
    put_text(store, object_key{"mf.models/models/metadata/Unit/3/train/1/notes.txt"}, "mine");
    put_text(store, object_key{"mf.models/models/metadata/Unit/3/latest"}, "mine");
    keys told;
    const damage_handler on_damage = [&](const error& damage) { told.push_back(damage.key()); };
    CHECK(keys_of(reader.list({.on_damage = on_damage})) == keys{good.key});
    CHECK(told == keys{listed(damaged).str()});
    CHECK(keys_of(reader.list({})) == keys{good.key});
    int visited = 0;
    reader.search(
        "", [&](const model_reference&) { return ++visited > 0; }, on_damage);
    CHECK(visited == 1);
    CHECK(told.size() == 2);
}

TEST_CASE_FIXTURE(fixture, "a document that is larger than any is damage like another") {
    const auto good = save();
    const auto bad = save();
    const std::string large(detail::document_limit + 1, ' ');
    put_text(store, listed(bad), large);
    put_text(store, metaflow::model_artifact_document_key(bad.model_id), large);
    std::vector<errc> told;
    CHECK(keys_of(reader.list({.on_damage = [&](const error& damage) { told.push_back(damage.kind()); }})) ==
          keys{good.key});
    CHECK(told == std::vector{errc::corrupt});
    CHECK(failure_of([&] { reader.resolve(bad.key); }) == errc::corrupt);
    CHECK(reader.verify(bad.key).status == verification::result::corrupt);
    CHECK(reader.remove(bad.key));
    CHECK(keys_of(reader.list({})) == keys{good.key});
}

TEST_CASE_FIXTURE(fixture, "the files of a model are told from its manifest") {
    const auto found = reader.files_of(save());
    REQUIRE(found.size() == 2);
    CHECK(found[0].path == "deep/two");
    CHECK(found[0].size == 2);
    CHECK(found[0].digest.size() == 8);
    CHECK(found[1].path == "one");
}

TEST_CASE_FIXTURE(fixture, "verify tells a good model, a damaged, a removed and an unknown one apart") {
    const auto saved = save();
    const auto status = [&] { return reader.verify(saved.key).status; };
    CHECK(status() == verification::result::ok);
    store.remove(object_key{saved.key} / "one");
    CHECK(status() == verification::result::corrupt);
    store.remove(object_key{saved.key} / "deep/two");
    CHECK(status() == verification::result::not_found);
    CHECK(reader.remove(saved));
    CHECK(status() == verification::result::not_found);
    CHECK_FALSE(reader.remove(saved));
}

TEST_CASE_FIXTURE(fixture, "a caller who asked to stop gets no answer") {
    const auto saved = save();
    const auto stop = stopped();
    const auto visit = [](const model_reference&) { return true; };
    CHECK(failure_of([&] { reader.resolve(saved, stop); }) == errc::cancelled);
    CHECK(failure_of([&] { reader.list({.stop = stop}); }) == errc::cancelled);
    CHECK(failure_of([&] { reader.search("", visit, {}, stop); }) == errc::cancelled);
    CHECK(failure_of([&] { reader.verify(saved, {.stop = stop}); }) == errc::cancelled);
    CHECK(failure_of([&] { reader.remove(saved, stop); }) == errc::cancelled);
    CHECK(reader.resolve(saved).key == saved.key);
}

TEST_CASE_FIXTURE(fixture, "a store that cannot be reached is neither an empty list nor a missing or damaged model") {
    const auto saved = save();
    const model_reader<failing_storage<memory_storage>> down{{store, fail_from(0)}, {}};
    CHECK(failure_of([&] { down.resolve(saved); }) == errc::unavailable);
    CHECK(failure_of([&] { down.list({}); }) == errc::unavailable);
    CHECK(failure_of([&] { down.verify(saved); }) == errc::unavailable);
    CHECK(failure_of([&] { down.remove(saved); }) == errc::unavailable);
}
