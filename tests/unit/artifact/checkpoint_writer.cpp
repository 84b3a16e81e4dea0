#include <holdfast/artifact/checkpoint_writer.hpp>

#include <doctest/doctest.h>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/artifact/checkpoint_reader.hpp>
#include <holdfast/detail/python_json.hpp>
#include <holdfast/storage/memory.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/tree_building.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

using namespace holdfast;
using detail::temp_directory;
using tree_building::failure_of;

namespace {

const task_context task =
    task_context{
        .flow = "F7", .run = "1795456525973463", .step = "start", .task = "1", .metaflow_namespace = "user:alice"}
        .resolved();
const clock_function stopped = [] {
    return std::chrono::sys_time<std::chrono::nanoseconds>{std::chrono::nanoseconds{1'700'000'000'123'456'789}};
};

struct fixture {
    temp_directory folder;
    std::filesystem::path state = folder.path() / "state";
    memory_storage store;

    fixture() {
        tree_building::write_file(state / "weights", "w");
        tree_building::write_file(state / "moments", "m");
    }
};

/// Whose put of a document is sent twice, since the first answer was lost.
class answering_late : public memory_storage {
public:
    explicit answering_late(const memory_storage& held) : memory_storage(held) {}

    bool put_if_absent(const object_key& key, const byte_source& source, const put_options& options = {}) const {
        const bool is_stored = memory_storage::put_if_absent(key, source, options);
        return key.str().ends_with(".metadata") ? memory_storage::put_if_absent(key, source, options) : is_stored;
    }
};

/// "put latest", "reserve", … of each step that changes the store, without the part of the key that tasks share.
std::vector<std::string> changes_of(const memory_storage& store, const std::filesystem::path& state,
                                    const save_options& options) {
    std::vector<std::string> seen;
    std::mutex mutex;
    const failing_storage<memory_storage> watched{
        store, [&](const storage_step& step) {
            if (step.done || step.operation == "get" || step.operation == "head" || step.operation == "list") return;
            const std::scoped_lock lock(mutex);
            const auto rest = step.key.substr(std::string_view("mf.checkpoints/checkpoints/").size());
            seen.emplace_back(rest.substr(0, rest.find('/')).starts_with("holdfast") ? rest.substr(9) : rest);
        }};
    checkpoint_writer<failing_storage<memory_storage>> writer{watched, task, {.connections = 1}, stopped};
    writer.save<files>(state, options, "");
    return seen;
}

}  // namespace

TEST_CASE_FIXTURE(fixture, "H10 a claim, the data, the manifest, the documents, then latest, of the folder first") {
    const std::string folder_path = "F7/start/dabd1db8d35a/a92ae9615600/";
    const std::string task_path = "F7/1795456525973463/start/1/";
    const std::string id = "fc6851aa.0.mfchckpt.0";
    const std::vector<std::string> before_latest{"reservations/" + task_path + "0/0",
                                                 "artifacts/" + folder_path + id + "/moments",
                                                 "artifacts/" + folder_path + id + "/weights",
                                                 "manifests/" + folder_path + id + ".json",
                                                 "artifact_metadata/" + folder_path + id + ".metadata",
                                                 "metadata/" + task_path + "0.mfchckpt.0.metadata"};
    auto with_latest = before_latest;
    with_latest.push_back("artifact_metadata/" + folder_path + "latest");
    with_latest.push_back("metadata/" + task_path + "latest");
    CHECK(changes_of(memory_storage{}, state, {}) == with_latest);
    CHECK(changes_of(memory_storage{}, state, {.latest = false}) == before_latest);
}

TEST_CASE_FIXTURE(fixture, "the document, its twin and both pointers are one text") {
    checkpoint_writer<memory_storage> writer{store, task, {}, stopped};
    const auto saved = writer.save<files>(state, {.metadata = {{"epoch", 3}}}, "the/parent");
    const auto text = saved.to_json();
    const auto where = metaflow::parse_checkpoint_key(saved.key);
    CHECK(get_text(store, metaflow::artifact_document_key(where)) == text);
    CHECK(get_text(store, metaflow::task_document_key("mf.checkpoints", task.pathspec(), where.id)) == text);
    CHECK(get_text(store, metaflow::artifact_latest_key(where.folder)) == text);
    CHECK(get_text(store, metaflow::task_latest_key("mf.checkpoints", task.pathspec())) == text);
    CHECK(saved.created_on == detail::local_iso_time(1'700'000'000'123'456));
    CHECK(saved.url == store.url().of(object_key{saved.key}));
    CHECK(saved.size == 2);
    const auto own = saved.fields().at("holdfast").as_object();
    CHECK(own.at("parent") == "the/parent");
    CHECK(own.at("manifest_sha256") ==
          boost::json::string(detail::sha256_hex(get_text(store, metaflow::manifest_key(where)))));
}

TEST_CASE_FIXTURE(fixture, "a name that is refused and a path that is not there claim nothing") {
    checkpoint_writer<memory_storage> writer{store, task, {}, stopped};
    CHECK(failure_of([&] { writer.save<files>(state, {.name = "a.b"}, ""); }) == errc::invalid_argument);
    CHECK(failure_of([&] { writer.save<files>(folder.path() / "nowhere", {}, ""); }) == errc::not_found);
    CHECK(failure_of([&] { writer.save<files>(state / "weights" / "below", {}, ""); }) == errc::invalid_argument);
    CHECK(failure_of([&] { writer.save<files>("", {}, ""); }) != tree_building::not_thrown);
    CHECK(failure_of([&] { writer.key_of("a/b", {}); }) == errc::invalid_argument);
    CHECK(list_all(store, "").empty());
}

TEST_CASE_TEMPLATE("a failed save leaves its claim and nothing else", Archive, files, tar, tar_gz) {
    const fixture with;
    boost::json::value deep = 1;
    for (int i = 0; i < 2000; ++i) deep = boost::json::array{std::move(deep)};
    checkpoint_writer<memory_storage> writer{with.store, task, {}, stopped};
    CHECK(failure_of([&] {
              writer.save<Archive>(with.state, {.metadata = {{"deep", deep}}}, "");
          }) == errc::invalid_argument);
    std::stop_source stop;
    stop.request_stop();
    CHECK(failure_of([&] { writer.save<Archive>(with.state, {.stop = stop.get_token()}, ""); }) == errc::cancelled);
    for (const auto& object : list_all(with.store, "")) {
        CHECK(object.key.is_below("mf.checkpoints/checkpoints/holdfast/reservations"));
    }
    CHECK(writer.save<Archive>(with.state, {}, "").version == 2);
}

TEST_CASE_FIXTURE(fixture, "what Python saves under the same key meanwhile stays, whole, and the save says so") {
    const metaflow::checkpoint_location where{metaflow::folder_of(task),
                                              {metaflow::pathspec_hash(task.pathspec()), task.attempt, "mfchckpt", 0}};
    const auto data = metaflow::data_key(where);
    const auto document = metaflow::artifact_document_key(where);
    const auto task_document = metaflow::task_document_key("mf.checkpoints", task.pathspec(), where.id);
    bool dies = false;
    std::string theirs = "their document";
    SUBCASE("the save comes to its documents") {}
    SUBCASE("the save fails before them") {
        dies = true;
    }
    SUBCASE("the save fails while Python has opened its documents and written nothing yet") {
        dies = true;
        theirs.clear();
    }
    const failing_storage<memory_storage> watched{
        store, [&](const storage_step& step) {
            if (step.done || step.key != metaflow::manifest_key(where).str() || step.operation != "put") return;
            put_text(store, data / "theirs", "t");
            put_text(store, document, theirs);
            put_text(store, task_document, theirs);
            if (dies) throw error(errc::unavailable, "put", step.key, "the network is gone");
        }};
    checkpoint_writer<failing_storage<memory_storage>> writer{watched, task, {}, stopped};
    CHECK(failure_of([&] { writer.save<files>(state, {}, ""); }) ==
          (dies ? errc::unavailable : errc::precondition_failed));
    CHECK(get_text(store, document) == theirs);
    CHECK(get_text(store, task_document) == theirs);
    CHECK(get_text(store, data / "theirs") == "t");
    CHECK_FALSE(store.head(metaflow::manifest_key(where)));
    CHECK(writer.save<files>(state, {}, "").version == 1);
}

TEST_CASE_FIXTURE(fixture, "a document whose put took effect without an answer is the save's own") {
    checkpoint_writer<answering_late> writer{answering_late{store}, task, {}, stopped};
    const auto saved = writer.save<files>(state, {}, "");
    const checkpoint_reader<memory_storage> reader{store, {}};
    CHECK(reader.resolve(saved.key).to_json() == saved.to_json());
    CHECK(reader.list_task(task.pathspec(), {}).size() == 1);
}

TEST_CASE_FIXTURE(fixture, "a pointer that cannot be moved is said to be the only trouble") {
    const failing_storage<memory_storage> failing{store, [](const storage_step& step) {
                                                      if (step.key.ends_with("/latest"))
                                                          throw error(errc::throttled, step.operation, step.key,
                                                                      "slow down");
                                                  }};
    checkpoint_writer<failing_storage<memory_storage>> writer{failing, task, {}, stopped};
    try {
        writer.save<files>(state, {}, "");
        FAIL("saved");
    } catch (const error& failed) {
        CHECK(failed.kind() == errc::throttled);
        CHECK(failed.message().find("it is saved and listed") != std::string::npos);
        CHECK(store.head(metaflow::artifact_document_key(metaflow::parse_checkpoint_key(failed.key()))));
    }
    CHECK(writer.save<files>(state, {.latest = false}, "").version == 1);
}

TEST_CASE_FIXTURE(fixture, "a key of a given version asks the store nothing") {
    const failing_storage<memory_storage> unreachable{store, fail_from(0)};
    checkpoint_writer<failing_storage<memory_storage>> writer{unreachable, task, {}, stopped};
    CHECK(writer.key_of("epoch", 7).str() ==
          "mf.checkpoints/checkpoints/artifacts/F7/start/dabd1db8d35a/a92ae9615600/fc6851aa.0.epoch.7");
    CHECK(failure_of([&] { writer.key_of("epoch", {}); }) == errc::unavailable);
}

TEST_CASE_FIXTURE(fixture, "metadata that no reader would take are refused, and nothing but the claim is left") {
    checkpoint_writer<memory_storage> writer{store, task, {}, stopped};
    const boost::json::object large{{"history", std::string(detail::document_limit, 'x')}};
    CHECK(failure_of([&] { writer.save<files>(state, {.metadata = large}, ""); }) == errc::too_large);
    CHECK(list_all(store, "mf.checkpoints/checkpoints/artifacts").empty());
    CHECK(list_all(store, "mf.checkpoints/checkpoints/artifact_metadata").empty());
    CHECK(list_all(store, "mf.checkpoints/checkpoints/metadata").empty());
}
