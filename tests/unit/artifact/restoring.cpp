#include <holdfast/artifact/restoring.hpp>

#include <doctest/doctest.h>

#include <holdfast/archive/files.hpp>
#include <holdfast/artifact/checkpoint_writer.hpp>
#include <holdfast/storage/memory.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/tree_building.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

using namespace holdfast;
using detail::temp_directory;
using tree_building::failure_of;
using tree_building::read_file;

namespace {

task_context task_of(const char* run, const char* attempt = "0") {
    return task_context{
        .flow = "F", .run = run, .step = "start", .task = "2", .attempt = attempt, .metaflow_namespace = "user:alice"}
        .resolved();
}

struct fixture {
    temp_directory folder;
    memory_storage store;
    std::shared_ptr<int> seconds = std::make_shared<int>(0);
    std::vector<skipped_checkpoint> skipped;

    checkpoint_reference save(const task_context& task, const std::string& content, const save_options& options = {}) {
        tree_building::write_file(folder.path() / "state" / "weights", content);
        const clock_function ticking = [now = seconds] {
            return std::chrono::sys_seconds{std::chrono::seconds{1'700'000'000 + ++*now}};
        };
        checkpoint_writer<memory_storage> writer{store, task, {}, ticking};
        return writer.save<files>(folder.path() / "state", options, "");
    }

    /// The key that a search finds; empty for none.
    std::string find(const task_context& task, load_policy policy = load_policy::fresh,
                     const restore_options& options = {}) {
        const checkpoint_reader<memory_storage> reader{store, {}};
        restoring<memory_storage> search{reader, task, options};
        const auto found = search.run(policy, folder.path() / "out");
        skipped = search.skipped();
        return found ? found->key : "";
    }

    void damage(const checkpoint_reference& saved) const { put_text(store, object_key{saved.key} / "weights", "?"); }

    object_key task_latest(const char* run) const {
        return metaflow::task_latest_key("mf.checkpoints", task_of(run).pathspec());
    }
    object_key folder_latest() const { return metaflow::artifact_latest_key(metaflow::folder_of(task_of("1"))); }
    object_key document(const checkpoint_reference& saved) const {
        return metaflow::artifact_document_key(metaflow::parse_checkpoint_key(saved.key));
    }
    void remove_documents(const checkpoint_reference& saved) const {
        store.remove(document(saved));
        store.remove(
            metaflow::task_document_key("mf.checkpoints", "F/1/start/2", metaflow::parse_checkpoint_key(saved.key).id));
    }
    void remove_data(const checkpoint_reference& saved) const { remove_prefix(store, object_key{saved.key}); }
};

}  // namespace

TEST_CASE_FIXTURE(fixture, "each kind of damage is passed over with its own reason") {
    const auto task = task_of("1");
    const auto good = save(task, "good");
    const auto bad = save(task, "bad");
    const auto manifest = metaflow::manifest_key(metaflow::parse_checkpoint_key(bad.key));
    std::string why;
    SUBCASE("a flipped byte") {
        put_text(store, object_key{bad.key} / "weights", "bed");
        why = "weights has the crc32c";
    }
    SUBCASE("a truncated file") {
        put_text(store, object_key{bad.key} / "weights", "ba");
        why = "weights has 2 bytes, 3 were saved";
    }
    SUBCASE("all objects are gone") {
        remove_data(bad);
        why = "its data is not in the store";
    }
    SUBCASE("a damaged manifest") {
        put_text(store, manifest, "{}");
        why = "is not what was saved";
    }
    SUBCASE("a missing manifest") {
        store.remove(manifest);
        why = "is missing";
    }
    CHECK(find(task) == good.key);
    CHECK(read_file(folder.path() / "out" / "weights") == "good");
    REQUIRE(skipped.size() == 1);
    CHECK(skipped[0].key == bad.key);
    CHECK(skipped[0].kind == errc::corrupt);
    CHECK(skipped[0].why.find(why) != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "a pointer that is damaged, or names what is no checkpoint, is passed over") {
    const auto task = task_of("1");
    const auto saved = save(task, "good");
    std::string text;
    SUBCASE("no JSON") {
        text = "{\"key\"";
    }
    SUBCASE("nothing") {
        text = "";
    }
    SUBCASE("another kind") {
        auto fields = saved.fields();
        fields["type"] = "model";
        text = to_python_json(fields);
    }
    SUBCASE("a key that is none") {
        auto fields = saved.fields();
        fields["key"] = "a/b";
        text = to_python_json(fields);
    }
    SUBCASE("a key that is none, of what Python would have written") {
        auto fields = saved.fields();
        fields["key"] = "a/b";
        fields.erase("holdfast");
        text = to_python_json(fields);
    }
    SUBCASE("a key outside the store") {
        auto fields = saved.fields();
        fields["key"] = "../../etc/passwd";
        text = to_python_json(fields);
    }
    put_text(store, task_latest("1"), text);
    CHECK(find(task) == saved.key);
    CHECK(skipped.size() == 1);
}

TEST_CASE_FIXTURE(fixture, "what is newer than the pointer was not to be restored") {
    const auto task = task_of("1");
    const auto first = save(task, "first");
    const auto second = save(task, "second");
    save(task, "third", {.latest = false});
    damage(second);
    CHECK(find(task) == first.key);
    CHECK(skipped.size() == 1);
}

TEST_CASE_FIXTURE(fixture, "a step back goes over attempts, and over documents that cannot be read") {
    const auto first = save(task_of("1", "0"), "first");
    const auto second = save(task_of("1", "1"), "second");
    const auto third = save(task_of("1", "2"), "third");
    damage(third);
    put_text(
        store,
        metaflow::task_document_key("mf.checkpoints", "F/1/start/2", metaflow::parse_checkpoint_key(second.key).id),
        "damaged");
    CHECK(find(task_of("1", "3")) == first.key);
    CHECK(skipped.size() == 2);
    CHECK(skipped[1].key.ends_with("/1.mfchckpt.0.metadata"));
}

TEST_CASE_FIXTURE(fixture, "nothing good is an error, unless all of it was removed") {
    const auto task = task_of("1");
    CHECK(find(task).empty());
    const auto saved = save(task, "only");
    SUBCASE("damaged") {
        damage(saved);
        CHECK(failure_of([&] { find(task); }) == errc::corrupt);
        CHECK(failure_of([&] { find(task, load_policy::eager); }) == errc::corrupt);
        CHECK_FALSE(std::filesystem::exists(folder.path() / "out"));
    }
    SUBCASE("its data is lost while its document stands") {
        remove_data(saved);
        CHECK(failure_of([&] { find(task); }) == errc::corrupt);
    }
    SUBCASE("a damaged pointer and nothing else") {
        put_text(store, task_latest("1"), "damaged");
        remove_data(saved);
        remove_documents(saved);
        CHECK(failure_of([&] { find(task); }) == errc::corrupt);
    }
    SUBCASE("a pointer to what is no checkpoint, and nothing else") {
        put_text(store, task_latest("1"), R"({"type": "model"})");
        remove_data(saved);
        remove_documents(saved);
        CHECK(failure_of([&] { find(task); }) == errc::corrupt);
    }
    SUBCASE("removed by hand, but for the pointers") {
        remove_data(saved);
        remove_documents(saved);
        store.remove(metaflow::manifest_key(metaflow::parse_checkpoint_key(saved.key)));
        CHECK(find(task).empty());
        CHECK(skipped.at(0).kind == errc::not_found);
        CHECK(find(task, load_policy::eager).empty());
    }
}

TEST_CASE_FIXTURE(fixture, "eager takes the task's own, then the step's, and steps back over runs by time") {
    const auto first = save(task_of("1"), "first");
    const auto second = save(task_of("2"), "second");
    CHECK(find(task_of("1"), load_policy::eager) == first.key);
    CHECK(find(task_of("3"), load_policy::eager) == second.key);
    CHECK(find(task_of("3"), load_policy::fresh).empty());
    damage(second);
    CHECK(find(task_of("3"), load_policy::eager) == first.key);
    CHECK(skipped.size() == 1);
    put_text(store, folder_latest(), "damaged");
    CHECK(find(task_of("3"), load_policy::eager) == first.key);
    CHECK(skipped.size() == 2);
    CHECK(find(task_of("2"), load_policy::eager) == first.key);
}

TEST_CASE_FIXTURE(fixture, "without stepping back the newest is good or the restore fails") {
    const auto task = task_of("1");
    save(task, "first");
    damage(save(task, "second"));
    CHECK(failure_of([&] { find(task, load_policy::fresh, {.step_back = false}); }) == errc::corrupt);
    CHECK(failure_of([&] { find(task, load_policy::fresh, {.name = "mfchckpt", .step_back = false}); }) ==
          errc::corrupt);
    CHECK_FALSE(find(task).empty());
}

TEST_CASE_FIXTURE(fixture, "without stepping back eager goes on to the step only where the task has nothing") {
    const auto own = save(task_of("1"), "own");
    const auto other = save(task_of("2"), "other");
    const restore_options strict{.step_back = false};
    CHECK(find(task_of("3"), load_policy::eager, strict) == other.key);
    SUBCASE("or what was removed") {
        remove_documents(own);
        remove_data(own);
        CHECK(find(task_of("1"), load_policy::eager, strict) == other.key);
        return;
    }
    damage(own);
    CHECK(failure_of([&] { find(task_of("1"), load_policy::eager, strict); }) == errc::corrupt);
    const restore_options named{.name = "mfchckpt", .step_back = false};
    CHECK(failure_of([&] { find(task_of("1"), load_policy::eager, named); }) == errc::corrupt);
}

TEST_CASE_FIXTURE(fixture, "what the task's search found damaged is not loaded again for the step") {
    const auto other = save(task_of("2"), "other");
    damage(save(task_of("1"), "own"));
    CHECK(find(task_of("1"), load_policy::eager) == other.key);
    CHECK(skipped.size() == 1);
}

TEST_CASE_FIXTURE(fixture, "what is removed while it is loaded was no damage") {
    const auto task = task_of("1");
    const auto going = save(task, "going");
    const auto find_while_removed = [&] {
        const failing_storage<memory_storage> watched{
            store, [&](const storage_step& step) {
                if (step.operation != "get" || step.done || step.key != going.key + "/weights") return;
                remove_documents(going);
                put_text(store, object_key{going.key} / "weights", "half");
            }};
        const checkpoint_reader<failing_storage<memory_storage>> reader{watched, {}};
        restoring<failing_storage<memory_storage>> search{reader, task, {}};
        return search.run(load_policy::fresh, folder.path() / "out").has_value();
    };
    CHECK_FALSE(find_while_removed());
}

TEST_CASE_FIXTURE(fixture, "a name is looked for among all that was saved under it") {
    const auto task = task_of("1");
    const auto best = save(task, "best", {.name = "best", .latest = false});
    save(task, "last");
    CHECK(find(task, load_policy::fresh, {.name = "best"}) == best.key);
    CHECK(find(task, load_policy::fresh, {.name = "worst"}).empty());
    CHECK(find(task_of("2"), load_policy::fresh, {.name = "best"}).empty());
    CHECK(find(task_of("2"), load_policy::eager, {.name = "best"}) == best.key);
}

TEST_CASE_FIXTURE(fixture, "trouble that says nothing about a checkpoint ends the search") {
    const auto task = task_of("1");
    save(task, "first");
    save(task, "second");
    const auto find_with = [&](const storage_hook& hook) {
        const checkpoint_reader<failing_storage<memory_storage>> reader{{store, hook}, {}};
        restoring<failing_storage<memory_storage>> search{reader, task, {}};
        return failure_of([&] { search.run(load_policy::fresh, folder.path() / "out"); });
    };
    for (std::uint64_t number = 0;; ++number) {
        REQUIRE(number < 50);
        const auto kind = find_with(fail_at(number, false, errc::access_denied));
        if (kind == tree_building::not_thrown) break;
        CHECK(kind == errc::access_denied);
    }
    const restore_options limited{.load = {.limits = {.bytes = 1}}};
    CHECK(failure_of([&] { find(task, load_policy::fresh, limited); }) == errc::too_large);
    std::filesystem::remove_all(folder.path() / "out");
    tree_building::write_file(folder.path() / "out", "a file");
    CHECK(failure_of([&] { find(task); }) == errc::invalid_argument);
}
