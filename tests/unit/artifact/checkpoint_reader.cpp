#include <holdfast/artifact/checkpoint_reader.hpp>

#include <doctest/doctest.h>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/artifact/checkpoint_writer.hpp>
#include <holdfast/storage/memory.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/python_checkpoints.hpp>
#include <tests/support/tar_building.hpp>
#include <tests/support/tree_building.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace holdfast;
using detail::temp_directory;
using tree_building::failure_of;
using tree_building::listing;

namespace {

const task_context task =
    task_context{
        .flow = "F7", .run = "1795456525973463", .step = "start", .task = "1", .metaflow_namespace = "user:alice"}
        .resolved();
const std::string folder_path = "F7/start/dabd1db8d35a/a92ae9615600/";
const std::string root = "mf.checkpoints/checkpoints/";

/// The document that metaflow-checkpoint 0.2.14 writes in a child process: attempt as text, NaN as a bare token.
std::string pythons_document(const std::string& name, const std::string& version, const std::string& size,
                             const std::string& format) {
    return R"({"size": )" + size +
           R"(, "pathspec": "F7/1795456525973463/start/1", "pathspec_hash": "fc6851aa", "attempt": "0", "key": ")" +
           root + "artifacts/" + folder_path + "fc6851aa.0." + name + "." + version +
           R"(", "type": "checkpoint", "url": "/store/x", "name": ")" + name +
           R"(", "created_on": "2026-11-24T10:00:00.5", "metadata": {"loss": NaN, "best": -Infinity}, )" +
           R"("storage_format": ")" + format + R"(", "creation_context": "task", "version_id": )" + version + "}";
}

struct fixture {
    temp_directory folder;
    memory_storage store;
    checkpoint_reader<memory_storage> reader{store, {}};

    /// Stores what Python would, and returns the key.
    std::string put_pythons(const std::string& name, const std::string& format, const std::string& size) const {
        const auto text = pythons_document(name, "3", size, format);
        put_text(store, object_key{root + "artifact_metadata/" + folder_path + "fc6851aa.0." + name + ".3.metadata"},
                 text);
        put_text(store, object_key{root + "metadata/F7/1795456525973463/start/1/0." + name + ".3.metadata"}, text);
        return root + "artifacts/" + folder_path + "fc6851aa.0." + name + ".3";
    }

    checkpoint_reference save() {
        tree_building::write_file(folder.path() / "state" / "weights", "w");
        checkpoint_writer<memory_storage> writer{store, task, {}, system_clock()};
        return writer.save<files>(folder.path() / "state", {}, "");
    }

    std::filesystem::path load(const reference& which, const char* name = "out") const {
        return reader.load(reader.resolve(which), folder.path() / name, {}).directory;
    }
};

}  // namespace

TEST_CASE_FIXTURE(fixture, "what Python wrote by hand: attempt as text, NaN, no field of ours") {
    const auto key = put_pythons("mfchckpt", "files", "5");
    put_text(store, object_key{key} / "sub/weights", "bytes");
    const auto listed = reader.list_task(task.pathspec(), {.attempt = "0"});
    REQUIRE(listed.size() == 1);
    CHECK(listed[0].attempt == "0");
    CHECK(listed[0].version == 3);
    CHECK(std::isnan(listed[0].metadata().at("loss").as_double()));
    CHECK(listed[0].metadata().at("best").as_double() < 0);
    CHECK(listing(load(key)) == std::vector<std::string>{"directory sub", "file sub/weights: bytes"});
    CHECK(reader.verify(key).status == verification::result::unverifiable);
    CHECK(reader.files_of(listed[0]).at(0).path == "sub/weights");
    CHECK(reader.list_folder(metaflow::folder_of(task), {}).size() == 1);
}

TEST_CASE_FIXTURE(fixture, "a tar that Python wrote") {
    const auto archive = tar_building::file("weights", "bytes") + tar_building::end();
    const auto key = put_pythons("mfchckpt", "tar", std::to_string(archive.size()));
    put_text(store, object_key{key}, archive);
    CHECK(listing(load(key)) == std::vector<std::string>{"file weights: bytes"});
    CHECK(reader.files_of(reader.resolve(key)).at(0).size == 5);
    put_text(store, object_key{key}, archive + std::string(512, '\0'));
    CHECK(reader.verify(key).status == verification::result::corrupt);
}

TEST_CASE_FIXTURE(fixture, "D-16 a name with dots that Python wrote is listed and loads by its key") {
    const auto key = put_pythons("v1.0", "files", "5");
    put_text(store, object_key{key} / "weights", "bytes");
    CHECK(reader.list_task(task.pathspec(), {.name = "v1.0"}).size() == 1);
    CHECK(reader.resolve(key).name == "v1.0");
    CHECK(listing(load(key)).size() == 1);
    CHECK(reader.remove(key));
    CHECK(list_all(store, "").empty());
}

TEST_CASE_FIXTURE(fixture, "a resolved key is the document, and a document is taken at its word") {
    const auto saved = save();
    CHECK(reader.resolve(saved.key).to_json() == saved.to_json());
    auto elsewhere = saved.fields();
    elsewhere["added"] = true;
    CHECK(reader.resolve(elsewhere).fields().at("added").as_bool());
    elsewhere["key"] = "mf.models/models/artifacts/m_1";
    CHECK(failure_of([&] { reader.resolve(elsewhere); }) == errc::key_not_compatible);
    CHECK(failure_of([&] { reader.resolve(saved.key + "/weights"); }) == errc::key_not_compatible);
    store.remove(metaflow::artifact_document_key(metaflow::parse_checkpoint_key(saved.key)));
    CHECK(failure_of([&] { reader.resolve(saved.key); }) == errc::not_found);
    CHECK_FALSE(reader.is_documented(saved));
    CHECK(listing(load(saved)).size() == 1);
}

TEST_CASE_FIXTURE(fixture, "a limit reads no more documents than it needs, a name none of the others") {
    for (int i = 0; i < 40; ++i) save();
    std::vector<std::string> read;
    std::mutex mutex;
    const failing_storage<memory_storage> watched{store, [&](const storage_step& step) {
                                                      const std::scoped_lock lock(mutex);
                                                      if (!step.done && step.operation == "get")
                                                          read.emplace_back(step.key);
                                                  }};
    const checkpoint_reader<failing_storage<memory_storage>> counting{watched, {.connections = 1}};
    const auto found = counting.list_task(task.pathspec(), {.limit = 3});
    REQUIRE(found.size() == 3);
    CHECK(found[0].version == 39);
    CHECK(found[2].version == 37);
    CHECK(read.size() <= 8);
    read.clear();
    CHECK(counting.list_task(task.pathspec(), {.name = "other"}).empty());
    CHECK(counting.list_task(task.pathspec(), {.limit = 0}).empty());
    CHECK(read.empty());
}

TEST_CASE("a limit gives the first of the whole list, also where Python gave one number twice") {
    const python_checkpoints python;
    const auto last = python.save("1", 0, "2026-01-03T00:00:00", true, "b");
    const auto middle = python.save("1", 0, "2026-01-02T00:00:00", true, "c");
    python.save("1", 0, "2026-01-01T00:00:00", true, "a");
    const checkpoint_reader<memory_storage> reader{python.store, {}};
    REQUIRE(reader.list_task("F/1/start/2", {}).size() == 3);
    const auto two = reader.list_task("F/1/start/2", {.limit = 2});
    REQUIRE(two.size() == 2);
    CHECK(two[0].key == last.key);
    CHECK(two[1].key == middle.key);

    const auto damaged = python.save("1", 1, "2026-01-04T00:00:00");
    const auto id = metaflow::parse_checkpoint_key(damaged.key).id;
    put_text(python.store, metaflow::task_document_key("mf.checkpoints", damaged.pathspec, id), "{");
    const auto first = reader.list_task("F/1/start/2", {.limit = 1});
    REQUIRE(first.size() == 1);
    CHECK(first[0].key == last.key);
}

TEST_CASE_FIXTURE(fixture, "D-31 a document that vanishes or is damaged while others are read is passed over") {
    const auto first = save();
    const auto second = save();
    const auto document = [](const checkpoint_reference& saved) {
        return metaflow::artifact_document_key(metaflow::parse_checkpoint_key(saved.key));
    };
    const failing_storage<memory_storage> racing{store, [&](const storage_step& step) {
                                                     if (step.operation == "list" && step.done)
                                                         store.remove(document(first));
                                                 }};
    const checkpoint_reader<failing_storage<memory_storage>> raced{racing, {}};
    std::vector<std::string> damaged;
    const damage_handler on_damage = [&](const error& each) { damaged.push_back(each.key()); };
    CHECK(raced.list_folder(metaflow::folder_of(task), {.on_damage = on_damage}).size() == 1);
    CHECK(damaged.empty());
    put_text(store, document(second), "[]");
    CHECK(reader.list_folder(metaflow::folder_of(task), {.on_damage = on_damage}).empty());
    CHECK(damaged == std::vector<std::string>{document(second).str()});
    CHECK(reader.list_task(task.pathspec(), {}).size() == 2);
}

TEST_CASE_FIXTURE(fixture, "a store that cannot be read is no empty list, and verifies nothing") {
    const auto saved = save();
    for (std::uint64_t number = 0; number < 2; ++number) {
        const checkpoint_reader<failing_storage<memory_storage>> failing{{store, fail_at(number)}, {}};
        CHECK(failure_of([&] { failing.list_task(task.pathspec(), {}); }) == errc::unavailable);
    }
    for (std::uint64_t number = 0; number < 3; ++number) {
        const checkpoint_reader<failing_storage<memory_storage>> failing{{store, fail_at(number)}, {}};
        CHECK(failure_of([&] { failing.verify(saved.key); }) == errc::unavailable);
    }
}

TEST_CASE_FIXTURE(fixture, "verify says what it found, in words") {
    const auto saved = save();
    CHECK(reader.verify(saved.key).detail.empty());
    put_text(store, object_key{saved.key} / "weights", "v");
    CHECK(reader.verify(saved.key).detail.find("weights has the crc32c") != std::string::npos);
    remove_prefix(store, object_key{saved.key});
    CHECK(reader.verify(saved.key).status == verification::result::not_found);
    CHECK(failure_of([&] { reader.verify("no key"); }) == errc::key_not_compatible);
}

TEST_CASE_FIXTURE(fixture, "a pathspec that names no task") {
    for (const auto* pathspec : {"", "F7", "F7/1/start", "F7/1/start/2/3", "F7//start/2", "../1/start/2"}) {
        CAPTURE(pathspec);
        CHECK(failure_of([&] { reader.list_task(pathspec, {}); }) == errc::invalid_argument);
    }
}
