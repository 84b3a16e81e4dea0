#include <holdfast/artifact/model_writer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/named_file.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/detail/digest.hpp>
#include <holdfast/storage/memory.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/failures.hpp>

using namespace holdfast;
using testing_support::error_of;
using testing_support::failure_of;

namespace {

const task_context task =
    task_context{
        .flow = "Unit", .run = "3", .step = "train", .task = "1", .attempt = "2", .metaflow_namespace = "user:alice"}
        .resolved();
const clock_function stopped_clock = [] {
    return std::chrono::system_clock::time_point{std::chrono::microseconds{1'700'000'000'123'456}};
};

file_tree two_files() {
    return tree_of({{"deep/two", byte_source::from_text("22")}, {"one", byte_source::from_text("1")}});
}

template <class Archive, class Storage>
model_reference save(const Storage& storage, const model_save_options& options = {}) {
    return model_writer<Storage>{storage, task, {.connections = 1}, stopped_clock}.template save<Archive>(two_files(),
                                                                                                          options);
}

/// The text without the random part of a model's name.
std::string without_id(std::string text, const std::string& id) {
    for (auto at = text.find(id); at != std::string::npos; at = text.find(id)) text.replace(at, id.size(), "ID");
    return text;
}

}  // namespace

TEST_CASE("an id is the label, '_' and a random uuid of version 4") {
    const std::string first = detail::new_model_id("a_b");
    const std::string second = detail::new_model_id("a_b");
    CHECK(first != second);
    for (const auto& id : {first, second}) {
        REQUIRE(id.size() == 4 + 32);
        CHECK(id.starts_with("a_b_"));
        const std::string uuid = id.substr(4);
        CHECK(std::ranges::all_of(uuid, [](char c) { return std::string("0123456789abcdef").find(c) < 16; }));
        CHECK(uuid[12] == '4');
        CHECK(std::string("89ab").find(uuid[16]) != std::string::npos);
        CHECK(metaflow::label_of_model_id(id) == "a_b");
    }
}

TEST_CASE("what is returned describes the model as its stored documents do") {
    const memory_storage store{"root"};
    const auto saved = save<files>(store, {.label = "best", .metadata = {{"epoch", 3}}});
    CHECK(saved.key == "mf.models/models/artifacts/" + saved.model_id);
    CHECK(saved.url == store.url().of(object_key{saved.key}));
    CHECK(saved.label == "best");
    CHECK(saved.pathspec == "Unit/3/train/1");
    CHECK(saved.attempt == "2");
    CHECK(saved.size == 3);
    CHECK(saved.created_on == detail::local_iso_time(1'700'000'000'123'456));
    CHECK(saved.metadata().at("epoch") == 3);
    const auto stored = get_text(store, metaflow::model_artifact_document_key(saved.model_id));
    CHECK(stored == saved.to_json());
    CHECK(metaflow::parse_model_document(stored, "the test").label == "best");
}

TEST_CASE_TEMPLATE("the size of an archive is that of its object, and the format is said", Archive, tar, tar_gz) {
    const memory_storage store;
    const auto saved = save<Archive>(store);
    CHECK(saved.storage_format == "tar");
    CHECK(saved.size == store.head(object_key{saved.key})->size);
}

TEST_CASE("the document carries the digest of the manifest, which digests as asked for") {
    const memory_storage store;
    for (const auto digest : {digest_kind::none, digest_kind::crc32c, digest_kind::sha256}) {
        const auto saved = save<files>(store, {.digest = digest});
        const auto text = get_text(store, metaflow::model_manifest_key(saved.model_id));
        CHECK(saved.manifest_sha256() == detail::sha256_hex(text));
        const auto contents = manifest::from_json(text, "the test");
        CHECK(contents.digest == digest);
        REQUIRE(contents.files.size() == 2);
        CHECK(contents.files[1].digest == digest_of(byte_source::from_text("1"), digest));
    }
}

TEST_CASE("a label that is not given is the flow's and the step's") {
    const auto saved = save<files>(memory_storage{});
    CHECK(saved.label == "Unit_train");
    CHECK(saved.model_id.starts_with("Unit_train_"));
}

TEST_CASE("a label that cannot stand in a key is refused before the store is asked anything") {
    const failing_storage<memory_storage> untouched{memory_storage{}, fail_from(0)};
    for (const std::string& label :
         {std::string(), std::string("a/b"), std::string("a\tb"), std::string("\xFF"), std::string(129, 'a')}) {
        CAPTURE(label);
        CHECK(failure_of([&] { save<files>(untouched, {.label = label}); }) == errc::invalid_argument);
    }
    CHECK(untouched.steps() == 0);
    CHECK(save<files>(memory_storage{}, {.label = std::string(128, 'a')}).label.size() == 128);
}

TEST_CASE("data come first, then the manifest, then the document, and that of the list last") {
    const memory_storage store;
    std::vector<std::string> put;
    const failing_storage<memory_storage> watched{store, [&](const storage_step& step) {
                                                      if (!step.done) put.emplace_back(step.key);
                                                  }};
    const auto saved = save<files>(watched);
    for (auto& key : put) key = without_id(key, saved.model_id);
    CHECK(put == std::vector<std::string>{"mf.models/models/artifacts/ID/deep/two", "mf.models/models/artifacts/ID/one",
                                          "mf.models/models/holdfast/manifests/ID.json",
                                          "mf.models/models/artifact_metadata/ID.metadata",
                                          "mf.models/models/metadata/Unit/3/train/1/2.ID.metadata"});
}

TEST_CASE_TEMPLATE("a save that fails at any step, done or not, takes back all that it stored", Archive, files, tar,
                   tar_gz) {
    for (const bool done : {false, true}) {
        bool has_failed = true;
        for (std::uint64_t number = 0; has_failed; ++number) {
            CAPTURE(number);
            const memory_storage store;
            const failing_storage<memory_storage> failing{store, fail_at(number, done, errc::no_space)};
            const auto failure = failure_of([&] { save<Archive>(failing); });
            has_failed = failure.has_value();
            if (has_failed) CHECK(failure == errc::no_space);
            CHECK(list_all(store, "").empty() == has_failed);
        }
    }
}

TEST_CASE("where nothing can be taken back either, the first error is told, and nothing is listed") {
    for (std::uint64_t number = 0; number < 5; ++number) {
        CAPTURE(number);
        const memory_storage store;
        const auto failure = error_of([&] {
            save<files>(failing_storage<memory_storage>{store, [=](const storage_step& step) {
                                                            if (step.number == number)
                                                                throw error(errc::no_space, "put", step.key, "full");
                                                            if (step.number > number)
                                                                throw error(errc::unavailable, "put", step.key, "gone");
                                                        }});
        });
        REQUIRE(failure);
        CHECK(failure->kind() == errc::no_space);
        CHECK(list_all(store, metaflow::model_documents_prefix("")).empty());
    }
}

TEST_CASE("metadata that could not be read back are refused, and leave nothing") {
    boost::json::value deep = 1;
    for (int level = 0; level < 600; ++level) deep = boost::json::array{std::move(deep)};
    const memory_storage store;
    CHECK(failure_of([&] { save<files>(store, {.metadata = {{"deep", deep}}}); }) == errc::invalid_argument);
    CHECK(failure_of([&] { save<tar>(store, {.metadata = {{"note", "\xFC"}}}); }) == errc::invalid_argument);
    CHECK(list_all(store, "").empty());
}

TEST_CASE("metadata that no reader would take are refused, and leave nothing") {
    const memory_storage store;
    const boost::json::object large{{"history", std::string(detail::document_limit, 'x')}};
    CHECK(failure_of([&] { save<files>(store, {.metadata = large}); }) == errc::too_large);
    CHECK(list_all(store, "").empty());
}

TEST_CASE("a save is stopped up to its first document, and is whole from then on") {
    for (std::uint64_t number = 0; number < 5; ++number) {
        CAPTURE(number);
        const memory_storage store;
        std::stop_source stop;
        const failing_storage<memory_storage> stopping{store, [&](const storage_step& step) {
                                                           if (step.number == number) stop.request_stop();
                                                       }};
        const auto failure = failure_of([&] { save<files>(stopping, {.stop = stop.get_token()}); });
        const bool was_committing = number >= 3;  // two files and the manifest are before
        CHECK(failure.has_value() != was_committing);
        if (failure) CHECK(failure == errc::cancelled);
        CHECK(list_all(store, "").size() == (was_committing ? 5 : 0));
    }
}
