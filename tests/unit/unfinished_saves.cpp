#include <holdfast/unfinished_saves.hpp>

#include <holdfast/archive/files.hpp>
#include <holdfast/checkpoint.hpp>
#include <holdfast/model.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>

#include <doctest/doctest.h>

#include <tests/support/failing_storage.hpp>
#include <tests/support/tree_building.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

using namespace holdfast;
using namespace std::chrono_literals;
using tree_building::failure_of;

namespace {

const task_context task{.flow = "Unit", .run = "3", .step = "train", .task = "1", .metaflow_namespace = "user:alice"};

using dying_store = failing_storage<memory_storage>;

file_tree tree() {
    return tree_of({{"weights", byte_source::from_text("12345")}, {"deep/moments", byte_source::from_text("678")}});
}

std::vector<std::string> names_below(const memory_storage& store, std::string_view prefix) {
    std::vector<std::string> names;
    for (const auto& object : list_all(store, prefix)) names.push_back(object.key.str());
    return names;
}

/// All that lies in a store but the claims of version numbers, which stay for ever.
std::vector<std::string> names_in(const memory_storage& store) {
    auto names = names_below(store, "");
    std::erase_if(names, [](const auto& name) { return name.find("/reservations/") != std::string::npos; });
    return names;
}

/// What can be loaded by its key, listed by a task or not: a save may have died between its two documents.
std::vector<std::string> keys_with_documents(const memory_storage& store) {
    std::vector<std::string> keys;
    for (const auto& place : metaflow::artifact_places) {
        for (const auto& document : names_below(store, place.documents_prefix())) {
            if (const auto key = place.key_of_document(document)) keys.push_back(*key);
        }
    }
    return keys;
}

/// Begins a save for each of its steps, which is killed there: before the step, and after it.
void kill_at_each_step(const memory_storage& store, const std::function<void(const dying_store&)>& save) {
    for (const bool done : {false, true}) {
        bool was_killed = true;
        for (std::uint64_t step = 0; was_killed; ++step) {
            const dying_store dying{store, die_at(step, done)};
            was_killed = failure_of([&] { save(dying); }) == errc::unavailable;
        }
    }
}

template <class Archive>
void save_model(const dying_store& store) {
    model<dying_store, Archive>{store, task}.save(tree());
}

template <class Archive>
void save_checkpoint(const dying_store& store) {
    checkpoint<dying_store, Archive>{store, task}.save(tree());
}

}  // namespace

TEST_CASE("what killed saves left is found and freed, and what was saved stays") {
    for (const auto& save : {save_model<tar>, save_model<files>, save_checkpoint<tar>, save_checkpoint<files>}) {
        const memory_storage store;
        kill_at_each_step(store, save);
        const auto found = find_unfinished_saves(store, 0s);
        CHECK(found.size() >= 2);
        for (const auto& each : found) {
            CHECK(each.objects >= 1);
            CHECK(each.size >= 3);
        }
        const auto removed = remove_unfinished_saves(store, 0s);
        CHECK(removed.size() == found.size());
        CHECK(find_unfinished_saves(store, 0s).empty());

        const auto kept = keys_with_documents(store);
        CHECK(kept.size() >= 2);  // one of each round was not killed
        for (const auto& key : kept) CHECK(verify_artifact(store, key, {}).status == verification::result::ok);
        for (const auto& key : kept) remove_artifact(store, key, {});
        CHECK(names_in(store).empty());
    }
}

TEST_CASE("only what has gained nothing for the time that is given is taken for unfinished") {
    std::chrono::system_clock::time_point now{1000h};
    const memory_storage store{"", [&now] { return now; }};
    const auto put = [&](std::string_view name, std::string text) {
        put_text(store, metaflow::model_data_key("cats_1") / name, std::move(text));
    };
    put("old", "1");
    now += 3h;
    put("new", "23");
    now += 1h;
    const auto found = [&](std::chrono::seconds age) {
        return find_unfinished_saves(store, age, {.clock = [&now] { return now; }});
    };
    CHECK(found(2h).empty());
    CHECK(found(1h).empty());
    CHECK(found(std::chrono::seconds::max()).empty());
    CHECK(remove_unfinished_saves(store, std::chrono::seconds::max(), {.clock = [&now] { return now; }}).empty());
    const auto unfinished = found(59min);
    REQUIRE(unfinished.size() == 1);
    CHECK(unfinished.front().key == "mf.models/models/artifacts/cats_1");
    CHECK(unfinished.front().objects == 2);
    CHECK(unfinished.front().size == 3);
    CHECK(unfinished.front().modified == now - 1h);
}

TEST_CASE("a save that is committed while the store is looked through is not taken for unfinished") {
    const memory_storage store;
    const auto saved = model<memory_storage, files>{store, task}.save(tree());
    const auto document = metaflow::model_artifact_document_key(saved.model_id);
    const auto text = get_text(store, document);
    store.remove(document);
    const dying_store watched{store, [&](const storage_step& step) {
                                  if (step.done && step.key == "mf.models/models/artifacts")
                                      put_text(store, document, text);
                              }};
    CHECK(remove_unfinished_saves(watched, 0s).empty());
    CHECK(names_below(store, saved.key).size() == 2);
}

TEST_CASE("what is no artifact's stays") {
    const memory_storage store;
    const std::vector<std::string> foreign{"mf.checkpoints/checkpoints/artifacts/F/s/scope/id/notes.txt", "mf.other/1",
                                           "mf.models/notes.txt"};
    for (const auto& key : foreign) put_text(store, object_key(key), "mine");
    CHECK(remove_unfinished_saves(store, 0s).empty());
    CHECK(names_in(store).size() == foreign.size());
}

TEST_CASE("what a store keeps apart of a killed put goes with the unfinished saves, and is none of them") {
    const detail::temp_directory scratch;
    const local_storage store(scratch.path());
    model<local_storage>{store, task}.save(tree());
    const auto left = scratch.path() / ".holdfast" / "left-by-a-killed-put";
    std::ofstream(left) << "half";
    CHECK(find_unfinished_saves(store, 0s).empty());
    CHECK(remove_unfinished_saves(store, 1h).empty());
    CHECK(std::filesystem::exists(left));
    CHECK(remove_unfinished_saves(store, 0s).empty());
    CHECK_FALSE(std::filesystem::exists(left));
}

TEST_CASE("looking for unfinished saves can be stopped") {
    std::stop_source stop;
    stop.request_stop();
    CHECK(failure_of([&] { remove_unfinished_saves(memory_storage{}, 0s, {.stop = stop.get_token()}); }) ==
          errc::cancelled);
    CHECK(failure_of([&] { find_unfinished_saves(memory_storage{}, 0s, {.stop = stop.get_token()}); }) ==
          errc::cancelled);
}
