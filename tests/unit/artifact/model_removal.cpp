#include <holdfast/artifact/model_removal.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/named_file.hpp>
#include <holdfast/artifact/model_writer.hpp>
#include <holdfast/core/clock.hpp>
#include <holdfast/metaflow/task_context.hpp>
#include <holdfast/storage/memory.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/failures.hpp>

using namespace holdfast;
using testing_support::failure_of;

namespace {

const task_context task =
    task_context{.flow = "Unit", .run = "3", .step = "train", .task = "1", .metaflow_namespace = "user:alice"}
        .resolved();

/// A store with two models, of which tests remove one.
struct fixture {
    memory_storage store;
    model_reference kept = save();
    model_reference model = save();
    object_key document = metaflow::model_artifact_document_key(model.model_id);
    object_key listed = metaflow::model_task_document_key("Unit/3/train/1", "0", model.model_id);
    object_key manifest = metaflow::model_manifest_key(model.model_id);

    model_reference save() const {
        const auto tree = tree_of({{"one", byte_source::from_text("1")}, {"two", byte_source::from_text("22")}});
        return model_writer<memory_storage>{store, task, {}, system_clock()}.save<files>(tree, {});
    }

    bool remove(const reference& which) const { return remove_model(store, which, {}); }

    /// Whether nothing of the one model is left, and all of the other.
    bool is_removed() const {
        const auto left = list_all(store, "");
        for (const auto& object : left) {
            if (object.key.str().find(model.model_id) != std::string::npos) return false;
        }
        return left.size() == 5;
    }
};

}  // namespace

TEST_CASE_FIXTURE(fixture, "a removal takes all of one model and nothing of another, and says whether there was one") {
    CHECK(remove(model.key));
    CHECK(is_removed());
    CHECK_FALSE(remove(model.key));
    CHECK_FALSE(remove("mf.models/models/artifacts/never_was"));
    CHECK(is_removed());
}

TEST_CASE_FIXTURE(fixture, "any form of a reference names what is removed") {
    SUBCASE("text") {
        CHECK(remove(model.to_json()));
    }
    SUBCASE("object") {
        CHECK(remove(model.fields()));
    }
    SUBCASE("typed value") {
        CHECK(remove(model));
    }
    CHECK(is_removed());
}

TEST_CASE_FIXTURE(fixture, "the document of the list goes first, then the other one, the data, and the manifest last") {
    std::vector<std::string> removed;
    const failing_storage<memory_storage> watched{store, [&](const storage_step& step) {
                                                      if (!step.done && step.operation.starts_with("remove"))
                                                          removed.emplace_back(step.key);
                                                  }};
    remove_model(watched, model.key, {});
    REQUIRE(removed.size() >= 4);
    CHECK(removed[0] == listed.str());
    CHECK(removed[1] == document.str());
    CHECK(removed.back() == manifest.str());
    for (std::size_t i = 2; i + 1 < removed.size(); ++i) CHECK(removed[i].starts_with(model.key));
}

TEST_CASE_FIXTURE(fixture, "a model whose name begins alike stays") {
    const auto alike = metaflow::model_data_key(model.model_id + "0");
    const auto alike_document = metaflow::model_task_document_key("Unit/3/train/1", "0", model.model_id + "0");
    put_text(store, alike / "one", "another's");
    put_text(store, alike_document, "another's");
    store.remove(document);  // so that the names are looked through
    CHECK(remove(model.key));
    CHECK(store.head(alike / "one"));
    CHECK(store.head(alike_document));
    CHECK_FALSE(store.head(listed));
}

TEST_CASE_FIXTURE(fixture, "a document that is damaged or gone stops no removal, of whatever task it was") {
    const auto elsewhere = metaflow::model_task_document_key("Other/9/step/8", "7", model.model_id);
    put_text(store, elsewhere, "{}");
    SUBCASE("damaged") {
        put_text(store, document, "{");
    }
    SUBCASE("gone") {
        store.remove(document);
    }
    CHECK(remove(model.key));
    CHECK(is_removed());
}

TEST_CASE_FIXTURE(fixture,
                  "a document that names a task which does not list the model, or none at all, stops no removal") {
    for (const char* pathspec : {"Other/9/step/8", "../../x", "x//y", "/", "a"}) {
        CAPTURE(pathspec);
        const fixture world;
        auto fields = world.model.fields();
        fields["pathspec"] = pathspec;
        put_text(world.store, world.document, to_python_json(fields));
        CHECK(world.remove(world.model.key));
        CHECK(world.is_removed());
    }
}

TEST_CASE_FIXTURE(fixture, "a manifest that alone is left, as Python's removal leaves it, is freed and is no model") {
    remove_prefix(store, object_key{model.key});
    store.remove(document);
    store.remove(listed);
    REQUIRE(store.head(manifest));
    CHECK_FALSE(remove(model.key));
    CHECK(is_removed());
}

TEST_CASE_FIXTURE(fixture, "any one part that is left is something to remove") {
    const object_key data{model.key};
    std::vector<object_key> parts{document, listed, manifest, data / "one", data / "two"};
    std::optional<object_key> left;
    SUBCASE("the document") {
        left = document;
    }
    SUBCASE("the document of the list") {
        left = listed;
    }
    SUBCASE("a file") {
        left = data / "two";
    }
    for (const auto& part : parts) {
        if (part != left) store.remove(part);
    }
    CHECK(remove(model.key));
    CHECK(is_removed());
    CHECK_FALSE(remove(model.key));
}

TEST_CASE_FIXTURE(fixture, "data that are one object go too") {
    remove_prefix(store, object_key{model.key});
    put_text(store, object_key{model.key}, "an archive");
    CHECK(remove(model.key));
    CHECK(is_removed());
}

TEST_CASE_FIXTURE(fixture, "what is no model's key removes nothing") {
    const auto before = list_all(store, "").size();
    for (const std::string& key :
         {std::string(), std::string("mf.models/models/artifacts"), std::string("mf.models/models/artifacts/"),
          std::string("mf.models/models/artifacts/.."), model.key + "/one", document.str(), "/" + model.key,
          std::string("mf.checkpoints/checkpoints/artifacts/F7/start/dabd1db8d35a/a92ae9615600/fc6851aa.0.c.0")}) {
        CAPTURE(key);
        CHECK(failure_of([&] { remove(key); }) == errc::key_not_compatible);
    }
    CHECK(list_all(store, "").size() == before);
}

TEST_CASE_FIXTURE(fixture, "a caller who asked to stop before has everything left") {
    std::stop_source stop;
    stop.request_stop();
    const auto before = list_all(store, "").size();
    CHECK(failure_of([&] { remove_model(store, model.key, {}, stop.get_token()); }) == errc::cancelled);
    CHECK(list_all(store, "").size() == before);
}

TEST_CASE("a removal that is stopped at any step is finished by the next one") {
    bool was_stopped = true;
    for (std::uint64_t number = 0; was_stopped; ++number) {
        CAPTURE(number);
        const fixture world;
        std::stop_source stop;
        const failing_storage<memory_storage> stopping{world.store, [&](const storage_step& step) {
                                                           if (step.number == number) stop.request_stop();
                                                       }};
        const auto failure = failure_of([&] { remove_model(stopping, world.model.key, {}, stop.get_token()); });
        was_stopped = stop.stop_requested();
        CHECK((!failure || failure == errc::cancelled));
        CHECK((!world.store.head(world.listed) || world.store.head(world.document)));
        world.remove(world.model.key);
        CHECK(world.is_removed());
    }
}
