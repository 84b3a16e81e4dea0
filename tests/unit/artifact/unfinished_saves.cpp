#include <holdfast/artifact/unfinished_saves.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/storage/memory.hpp>
#include <holdfast/storage/operations.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/failures.hpp>

using namespace holdfast;
using namespace std::chrono_literals;
using metaflow::artifact_places;
using testing_support::failure_of;

namespace {

const metaflow::checkpoint_location checkpoint{
    {.flow = "F7", .step = "start", .scope = "dabd1db8d35a", .identifier = "a92ae9615600"},
    {.pathspec_hash = "fc6851aa", .attempt = "0", .name = "mfchckpt", .version = 1}};
const metaflow::checkpoint_location hub_entry{metaflow::hub_flow_folder("F7"), checkpoint.id};

const object_key checkpoint_data = metaflow::data_key(checkpoint);
const object_key hub_data = metaflow::data_key(hub_entry);
const object_key model_data = metaflow::model_data_key("m_1");

/// A store whose time a test sets, with the data of one artifact of each kind and no document.
struct fixture {
    std::chrono::system_clock::time_point now{1000h};
    memory_storage store{"", [this] { return now; }};

    fixture() {
        put_text(store, checkpoint_data, "an archive");
        put_text(store, hub_data / "config.json", "{}");
        put_text(store, model_data / "weights", "123");
        put_text(store, model_data / "deep/er/moments", "4567");
    }

    std::vector<std::string> unfinished(std::chrono::system_clock::time_point before) const {
        std::vector<std::string> keys;
        for (const auto& save : detail::unfinished_saves_before(store, before, {})) keys.push_back(save.key);
        return keys;
    }
};

}  // namespace

TEST_CASE_FIXTURE(fixture, "data without documents are told, of every kind") {
    CHECK(unfinished(now + 1s) == std::vector{checkpoint_data.str(), hub_data.str(), model_data.str()});
}

TEST_CASE_FIXTURE(fixture, "the objects of one save are counted together, and the last one tells its time") {
    now += 2h;
    put_text(store, model_data / "late", "8");
    now += 1h;
    const auto found = detail::data_of_place(store, artifact_places[2], {});
    REQUIRE(found.size() == 1);
    const unfinished_save& save = found.at(model_data.str());
    CHECK(save.key == model_data.str());
    CHECK(save.objects == 3);
    CHECK(save.size == 8);
    CHECK(save.modified == now - 1h);
}

TEST_CASE_FIXTURE(fixture, "names that begin alike are two saves") {
    put_text(store, metaflow::model_data_key("m_10"), "another's");
    const auto found = detail::data_of_place(store, artifact_places[2], {});
    CHECK(found.size() == 2);
    CHECK(found.at("mf.models/models/artifacts/m_10").objects == 1);
    CHECK(found.at(model_data.str()).objects == 2);
}

TEST_CASE_FIXTURE(fixture, "only what is older than the time that is given counts, by its newest object") {
    CHECK(unfinished(now).empty());
    const auto first = now;
    now += 1h;
    put_text(store, model_data / "late", "8");
    CHECK(unfinished(first + 1s) == std::vector{checkpoint_data.str(), hub_data.str()});
    CHECK(unfinished(now).size() == 2);
    CHECK(unfinished(now + 1s).size() == 3);
}

TEST_CASE_FIXTURE(fixture, "a document finishes its own save and no other, readable or not") {
    put_text(store, metaflow::artifact_document_key(checkpoint), "{}");
    CHECK(unfinished(now + 1s) == std::vector{hub_data.str(), model_data.str()});
    put_text(store, metaflow::artifact_document_key(hub_entry), "");
    CHECK(unfinished(now + 1s) == std::vector{model_data.str()});
    put_text(store, metaflow::model_artifact_document_key("m_1"), "no JSON");
    CHECK(unfinished(now + 1s).empty());
}

TEST_CASE_FIXTURE(fixture, "a label or a name with '/', which Python lets pass, is that of a whole save") {
    put_text(store, object_key("mf.models/models/artifacts/meta-llama/Llama-3_1/weights"), "1");
    put_text(store, object_key("mf.models/models/artifact_metadata/meta-llama/Llama-3_1.metadata"), "{}");
    const std::string folder = "/F7/start/dabd1db8d35a/a92ae9615600/fc6851aa.0.v1.0/best.3";
    put_text(store, object_key("mf.checkpoints/checkpoints/artifacts" + folder + "/weights"), "1");
    put_text(store, object_key("mf.checkpoints/checkpoints/artifact_metadata" + folder + ".metadata"), "{}");
    CHECK(unfinished(now + 1s) == std::vector{checkpoint_data.str(), hub_data.str(), model_data.str()});
}

TEST_CASE_FIXTURE(fixture, "neither a pointer, a manifest nor a document of the task finishes a save") {
    put_text(store, metaflow::artifact_latest_key(checkpoint.folder), "{}");
    put_text(store, metaflow::manifest_key(checkpoint), "{}");
    put_text(store, metaflow::task_document_key("mf.checkpoints", "F7/1/start/2", checkpoint.id), "{}");
    put_text(store, metaflow::model_manifest_key("m_1"), "{}");
    put_text(store, metaflow::model_task_document_key("F7/1/start/2", "0", "m_1"), "{}");
    CHECK(unfinished(now + 1s).size() == 3);
}

TEST_CASE("documents without data, and an empty store, are no saves") {
    const memory_storage store;
    const auto found = [&] {
        return detail::unfinished_saves_before(store, std::chrono::system_clock::now() + 1h, {});
    };
    CHECK(found().empty());
    put_text(store, metaflow::artifact_document_key(checkpoint), "{}");
    put_text(store, metaflow::model_artifact_document_key("m_1"), "{}");
    CHECK(found().empty());
}

TEST_CASE_FIXTURE(fixture, "of each kind the data are listed before the documents") {
    std::vector<std::string> listed;
    const failing_storage<memory_storage> watched{store, [&](const storage_step& step) {
                                                      if (!step.done) listed.emplace_back(step.key);
                                                  }};
    detail::unfinished_saves_before(watched, now, {});
    std::vector<std::string> expected;
    for (const auto& place : artifact_places) {
        expected.push_back(place.data_prefix());
        expected.push_back(place.documents_prefix());
    }
    CHECK(listed == expected);
}

TEST_CASE_FIXTURE(fixture, "a store that cannot be listed whole tells of nothing") {
    for (std::uint64_t number = 0; number < 6; ++number) {
        CAPTURE(number);
        const failing_storage<memory_storage> failing{store, fail_at(number)};
        CHECK(failure_of([&] { detail::unfinished_saves_before(failing, now, {}); }) == errc::unavailable);
    }
    std::stop_source stop;
    stop.request_stop();
    CHECK(failure_of([&] { detail::unfinished_saves_before(store, now, stop.get_token()); }) == errc::cancelled);
}
