#include <holdfast/model.hpp>

#include <holdfast/archive/files.hpp>
#include <holdfast/checkpoint.hpp>
#include <holdfast/load_model.hpp>
#include <holdfast/storage/memory.hpp>

#include <doctest/doctest.h>

#include <tests/support/failing_storage.hpp>
#include <tests/support/stopping.hpp>
#include <tests/support/tree_building.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

// A caller who stops what is done with models, or a search or removal of any artifact.

using namespace holdfast;
using tree_building::failure_of;

namespace {

const task_context task{.flow = "Unit", .run = "3", .step = "train", .task = "1", .metaflow_namespace = "user:alice"};

using watched_store = failing_storage<memory_storage>;
using operation = std::function<void(const watched_store&, const std::stop_token&)>;

file_tree tree() {
    return tree_of(
        {{"weights", byte_source::from_text(std::string(200, 'w'))}, {"deep/moments", byte_source::from_text("m")}});
}

struct world {
    memory_storage store;

    template <class Archive>
    model_reference save() const {
        return model<memory_storage, Archive>{store, task}.save(tree());
    }

    std::size_t objects() const { return list_all(store, "").size(); }

    /// The kind of error where the caller asked before.
    errc stopped_before(const operation& call) const {
        std::stop_source stop;
        stop.request_stop();
        const watched_store watched{store, [](const storage_step&) {}};
        const auto failure = failure_of([&] { call(watched, stop.get_token()); });
        CHECK(watched.steps() == 0);
        return failure;
    }
};

model<watched_store> models_in(const watched_store& store) {
    return model<watched_store>{store, {.limits = {.connections = 1}}};
}

void check_reading(const world& here, std::uint64_t late, const operation& read) {
    for (const bool done : {false, true}) {
        CAPTURE(done);
        const auto seen = stop_at_each_step(done, [&](stopping& caller) {
            const watched_store store{here.store, caller.hook()};
            return failure_of([&] { read(store, caller.token()); });
        });
        CHECK(seen.others == 0);
        CHECK(seen.cancelled >= 3);
        CHECK(seen.finished <= 1);  // the last step had been made
        CHECK(seen.steps_late <= late);
    }
    CHECK(here.stopped_before(read) == errc::cancelled);
}

}  // namespace

TEST_CASE("a list or search of models that is stopped asks for nothing more") {
    const world here;
    for (int i = 0; i < 12; ++i) here.save<tar>();
    check_reading(here, 0, [](const watched_store& store, const std::stop_token& stop) {
        models_in(store).list({.stop = stop});
    });
    check_reading(here, 0, [](const watched_store& store, const std::stop_token& stop) {
        models_in(store).search(
            "Unit", [](const model_reference&) { return true; }, {}, stop);
    });
}

TEST_CASE("a verification of a model that is stopped asks for nothing more") {
    const world here;
    for (const auto& key : {here.save<tar>().key, here.save<files>().key}) {
        check_reading(here, 2, [&](const watched_store& store, const std::stop_token& stop) {
            const auto found = models_in(store).verify(key, {.stop = stop});
            CHECK(found.status == verification::result::ok);
        });
        check_reading(here, 2, [&](const watched_store& store, const std::stop_token& stop) {
            const auto found = verify_artifact(store, key, {.connections = 1}, {.stop = stop});
            CHECK(found.status == verification::result::ok);
        });
    }
}

TEST_CASE("a search of every kind that is stopped asks for nothing more") {
    const world here;
    checkpoint<memory_storage>{here.store, task}.save(tree());
    here.save<tar>();
    check_reading(here, 0, [](const watched_store& store, const std::stop_token& stop) {
        search_artifacts(
            store, "", [](const artifact_reference&) { return true; }, {}, {.connections = 1}, stop);
    });
}

TEST_CASE_TEMPLATE("a removal of a model that is stopped breaks nothing, and the next one ends it", Archive, tar,
                   files) {
    const std::vector<std::function<void(const watched_store&, const reference&, const std::stop_token&)>> ways{
        [](const auto& store, const auto& which, const auto& stop) { models_in(store).remove(which, stop); },
        [](const auto& store, const auto& which, const auto& stop) {
            delete_model(store, which, {.must_exist = true, .limits = {.connections = 1}, .stop = stop});
        }};
    for (const auto& remove : ways) {
        for (const bool is_documented : {true, false}) {
            for (const bool done : {false, true}) {
                CAPTURE(is_documented);
                CAPTURE(done);
                const auto seen = stop_at_each_step(done, [&](stopping& caller) {
                    const world here;
                    const auto saved = here.save<Archive>();
                    if (!is_documented) here.store.remove(metaflow::model_artifact_document_key(saved.model_id));
                    const watched_store store{here.store, caller.hook()};
                    const auto failure = failure_of([&] { remove(store, saved.key, caller.token()); });
                    const model<memory_storage> models{here.store};
                    for (const auto& listed : models.list()) {
                        if (is_documented) CHECK(models.open(listed).read_all().size() == 2);
                    }
                    CHECK(models.remove(saved.key) == (failure == errc::cancelled));
                    CHECK(here.objects() == 0);
                    return failure;
                });
                CHECK(seen.others == 0);
                CHECK(seen.cancelled > 3);
                CHECK(seen.finished > 0);
                CHECK(seen.finished < 4);
                CHECK(seen.steps_late < 4);  // what belongs together is ended together
            }
        }
    }
}

TEST_CASE("a removal that is stopped before removes nothing, of whatever kind") {
    const world here;
    const auto saved = checkpoint<memory_storage>{here.store, task}.save(tree());
    const auto model = here.save<tar>();
    const auto before = here.objects();
    for (const auto& key : {saved.key, model.key}) {
        CHECK(here.stopped_before([&](const watched_store& store, const std::stop_token& stop) {
            delete_model(store, key, {.stop = stop});
        }) == errc::cancelled);
    }
    CHECK(here.stopped_before([&](const watched_store& store, const std::stop_token& stop) {
        models_in(store).remove(model, stop);
    }) == errc::cancelled);
    CHECK(here.objects() == before);
}
