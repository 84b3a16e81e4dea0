#include <holdfast/artifact/removal.hpp>

#include <doctest/doctest.h>

#include <tests/support/failing_storage.hpp>
#include <tests/support/python_checkpoints.hpp>
#include <tests/support/tree_building.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace holdfast;
using tree_building::failure_of;

namespace {

const std::string root = "mf.checkpoints/checkpoints/";

struct fixture : python_checkpoints {
    bool remove(const reference& which) const { return remove_checkpoint(store, which, {}); }

    std::string latest_of_task(const std::string& run) const {
        return named(metaflow::task_latest_key("mf.checkpoints", "F/" + run + "/start/2"));
    }
    std::string latest_of_folder() const { return named(metaflow::artifact_latest_key(location("1", 0).folder)); }

    std::string named(const object_key& pointer) const {
        const auto state = detail::read_latest(store, pointer);
        return state.names ? state.names->key : "";
    }
};

}  // namespace

TEST_CASE_FIXTURE(fixture, "the last one takes both pointers with it") {
    const auto saved = save("1", 0, "2026-01-01T00:00:00");
    CHECK(remove(saved.key));
    CHECK(list_all(store, "").empty());
    CHECK_FALSE(remove(saved.key));
}

TEST_CASE_FIXTURE(fixture,
                  "each pointer moves to the newest that is left: of the task by version, of the step by time") {
    const auto first = save("1", 0, "2026-01-01T00:00:00");
    const auto other_run = save("2", 5, "2026-01-02T00:00:00");
    const auto second = save("1", 1, "2025-12-31T00:00:00");
    CHECK(latest_of_folder() == second.key);
    CHECK(remove(second));
    CHECK(latest_of_task("1") == first.key);
    CHECK(latest_of_task("2") == other_run.key);
    CHECK(latest_of_folder() == other_run.key);
    CHECK(remove(other_run));
    CHECK(latest_of_task("2").empty());
    CHECK(latest_of_folder() == first.key);
}

TEST_CASE_FIXTURE(fixture, "a save that was kept out of latest is not restored because another one goes") {
    const auto older = save("1", 0, "2026-01-01T00:00:00");
    const auto other_run = save("2", 0, "2026-01-02T00:00:00");
    const auto newest = save("1", 1, "2026-01-03T00:00:00");
    save("1", 2, "2026-01-04T00:00:00", false);
    save("2", 1, "2026-01-05T00:00:00", false);
    save("3", 0, "2026-01-06T00:00:00", false);
    CHECK(remove(newest));
    CHECK(latest_of_task("1") == older.key);
    CHECK(latest_of_folder() == other_run.key);
    CHECK(remove(other_run));
    CHECK(latest_of_task("2").empty());
    CHECK(latest_of_folder() == older.key);
    CHECK(remove(older));
    CHECK(latest_of_task("1").empty());
    CHECK(latest_of_folder().empty());
}

TEST_CASE_FIXTURE(fixture, "a save that comes while the last pointer is taken away has it again") {
    const auto last = save("1", 0, "2026-01-01T00:00:00");
    save("1", 1, "2026-01-02T00:00:00", false);
    const auto pointer = metaflow::task_latest_key("mf.checkpoints", last.pathspec).str();
    std::optional<checkpoint_reference> late;
    const failing_storage watched(store, [&](const storage_step& step) {
        if (step.operation == "remove" && step.key == pointer) late = save("1", 2, "2026-01-03T00:00:00");
    });
    CHECK(remove_checkpoint(watched, last, {}));
    REQUIRE(late);
    CHECK(latest_of_task("1") == late->key);
}

TEST_CASE_FIXTURE(fixture, "a save that is made latest while it looks for others keeps the pointer") {
    const auto last = save("1", 0, "2026-01-01T00:00:00");
    const auto coming = save("1", 1, "2026-01-02T00:00:00", false);
    const auto pointer = metaflow::task_latest_key("mf.checkpoints", last.pathspec);
    bool listed = false;
    const failing_storage watched(store, [&](const storage_step& step) {
        const bool is_of_task = step.key.find("/metadata/") != std::string_view::npos;
        if (listed || !step.done || step.operation != "list" || !is_of_task) return;
        listed = true;
        detail::advance_latest(store, pointer, coming);
    });
    CHECK(remove_checkpoint(watched, last, {}));
    CHECK(listed);
    CHECK(latest_of_task("1") == coming.key);
}

TEST_CASE_FIXTURE(fixture, "of two removals at once neither leaves a pointer at what the other removed") {
    const auto kept = save("1", 0, "2026-01-01T00:00:00");
    const auto older = save("1", 1, "2026-01-02T00:00:00");
    const auto newest = save("1", 2, "2026-01-03T00:00:00");
    bool met = false;
    const auto remove_both = [&](const checkpoint_reference& first, const checkpoint_reference& second,
                                 std::string_view operation, const std::string& key) {
        const failing_storage watched(store, [&](const storage_step& step) {
            if (met || step.done || step.operation != operation || step.key != key) return;
            met = true;
            remove_checkpoint(store, second, {});
        });
        return remove_checkpoint(watched, first, {});
    };
    SUBCASE("the newest goes while the document of the one before it is taken away") {
        const auto document = metaflow::task_document_key("mf.checkpoints", older.pathspec, location("1", 1).id);
        CHECK(remove_both(older, newest, "remove", document.str()));
    }
    SUBCASE("the one before goes while the pointer is moved to it") {
        const auto pointer = metaflow::task_latest_key("mf.checkpoints", older.pathspec);
        CHECK(remove_both(newest, older, "put_if_match", pointer.str()));
    }
    CHECK(met);
    CHECK(latest_of_task("1") == kept.key);
    CHECK(latest_of_folder() == kept.key);
}

TEST_CASE_FIXTURE(fixture, "an older one goes without moving a pointer, and its neighbours by name stay") {
    const auto one = save("1", 1, "2026-01-01T00:00:00");
    const auto ten = save("1", 10, "2026-01-02T00:00:00");
    put_text(store, object_key{one.key + ".json"}, "a neighbour");
    CHECK(remove(one));
    CHECK(latest_of_task("1") == ten.key);
    CHECK(get_text(store, object_key{ten.key} / "weights") == "w");
    CHECK(store.head(object_key{one.key + ".json"}));
    CHECK(list_all(store, one.key).empty());
}

TEST_CASE_FIXTURE(fixture, "a damaged document does not stop a removal") {
    const auto kept = save("1", 0, "2026-01-01T00:00:00");
    const auto damaged = save("1", 1, "2026-01-02T00:00:00");
    const auto gone = save("1", 2, "2026-01-03T00:00:00");
    const auto document = metaflow::artifact_document_key(location("1", 1));
    const auto task_document = metaflow::task_document_key("mf.checkpoints", "F/1/start/2", location("1", 1).id);
    put_text(store, document, "no JSON");
    put_text(store, task_document, "no JSON");
    CHECK(remove(gone));
    CHECK(latest_of_task("1") == kept.key);
    CHECK(latest_of_folder() == kept.key);
    SUBCASE("by its reference a checkpoint with a damaged document goes whole") {
        CHECK(remove(damaged));
        CHECK_FALSE(store.head(document));
        CHECK_FALSE(store.head(task_document));
    }
    SUBCASE("by its key all goes that the key names") {
        CHECK(remove(damaged.key));
        CHECK_FALSE(store.head(document));
        CHECK(list_all(store, damaged.key).empty());
    }
}

TEST_CASE("a document that names a task which does not list the checkpoint, or none at all, stops no removal") {
    for (const char* pathspec : {"F/9/other/8", "../../x", "x//y", "/", "a"}) {
        CAPTURE(pathspec);
        const fixture world;
        const auto saved = world.save("1", 0, "2026-01-01T00:00:00");
        auto fields = saved.fields();
        fields["pathspec"] = pathspec;
        put_text(world.store, metaflow::artifact_document_key(fixture::location("1", 0)), to_python_json(fields));
        CHECK(world.remove(saved.key));
        CHECK(list_all(world.store, "").empty());
    }
}

TEST_CASE_FIXTURE(fixture, "a neighbour's document that is larger than any is in nobody's way") {
    const auto removed = save("1", 0, "2026-01-01T00:00:00");
    const auto large = metaflow::task_document_key("mf.checkpoints", removed.pathspec, location("1", 1).id);
    put_text(store, large, std::string(detail::document_limit + 1, ' '));
    CHECK(remove(removed.key));
    CHECK(list_all(store, "").size() == 1);
}

TEST_CASE_FIXTURE(fixture, "a damaged pointer is put right") {
    const auto kept = save("1", 0, "2026-01-01T00:00:00");
    const auto gone = save("1", 1, "2026-01-02T00:00:00");
    put_text(store, metaflow::task_latest_key("mf.checkpoints", "F/1/start/2"), "damaged");
    CHECK(remove(gone));
    CHECK(latest_of_task("1") == kept.key);
    put_text(store, metaflow::task_latest_key("mf.checkpoints", "F/1/start/2"), "damaged");
    CHECK(remove(kept));
    CHECK(list_all(store, "").empty());
}

TEST_CASE_FIXTURE(fixture, "D-8 what an interrupted removal left is freed by the key alone") {
    const auto saved = save("1", 0, "2026-01-01T00:00:00");
    const auto where = location("1", 0);
    put_text(store, metaflow::manifest_key(where), "{}");
    store.remove(metaflow::artifact_document_key(where));
    store.remove(metaflow::task_document_key("mf.checkpoints", "F/1/start/2", where.id));
    store.remove(metaflow::artifact_latest_key(where.folder));
    store.remove(metaflow::task_latest_key("mf.checkpoints", "F/1/start/2"));
    CHECK(remove(saved.key));
    CHECK(list_all(store, "").empty());
}

TEST_CASE_FIXTURE(fixture, "what is no checkpoint's key removes nothing") {
    const auto saved = save("1", 0, "2026-01-01T00:00:00");
    const auto before = list_all(store, "").size();
    for (const auto& text : {std::string("mf.models/models/artifacts/m_1"), std::string(""), root + "artifacts/F/start",
                             saved.key + "/weights", std::string("../") + saved.key}) {
        CAPTURE(text);
        CHECK(failure_of([&] { remove(text); }) == errc::key_not_compatible);
    }
    CHECK(list_all(store, "").size() == before);
}

TEST_CASE_FIXTURE(fixture, "what an interrupted removal of Python's left goes by its key") {
    const auto kept = save("2", 0, "2026-01-01T00:00:00");
    const auto saved = save("1", 0, "2026-01-02T00:00:00");
    store.remove(metaflow::data_key(location("1", 0)) / "weights");
    store.remove(metaflow::artifact_document_key(location("1", 0)));
    CHECK(remove(saved.key));
    CHECK_FALSE(remove(saved.key));
    CHECK(latest_of_folder() == kept.key);
    CHECK(list_all(store, "").size() == 5);
}
