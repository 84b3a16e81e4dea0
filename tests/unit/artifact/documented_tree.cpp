#include <holdfast/artifact/documented_tree.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/format.hpp>
#include <holdfast/archive/named_file.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/artifact/checkpoint_writer.hpp>
#include <holdfast/artifact/model_writer.hpp>
#include <holdfast/core/clock.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/metaflow/task_context.hpp>
#include <holdfast/storage/memory.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/failures.hpp>

using namespace holdfast;
using testing_support::error_of;
using testing_support::failure_of;

namespace {

const task_context task =
    task_context{.flow = "Unit", .run = "3", .step = "train", .task = "1", .metaflow_namespace = "user:alice"}
        .resolved();

file_tree two_files() {
    return tree_of({{"deep/one", byte_source::from_text("1")}, {"two", byte_source::from_text("22")}});
}

/// A stored model, and where its manifest and document lie.
struct fixture {
    memory_storage store;
    model_reference model = save_model<files>();
    object_key manifest_key = metaflow::model_manifest_key(model.model_id);
    object_key document_key = metaflow::model_artifact_document_key(model.model_id);

    template <archive_format Archive>
    model_reference save_model() const {
        return model_writer<memory_storage>{store, task, {}, system_clock()}.template save<Archive>(two_files(), {});
    }
    std::optional<errc> failure_to_read(const documented_tree& which, const std::stop_token& stop = {}) const {
        return failure_of([&] { read_saved_tree(store, which, true, stop); });
    }
};

/// The same document, as Python writes it, with a field changed.
model_reference without_manifest(const model_reference& model, const boost::json::object& other_fields = {}) {
    auto fields = model.fields();
    fields.erase("holdfast");
    for (const auto& field : other_fields) fields[field.key()] = field.value();
    return metaflow::parse_model_document(fields, "the test");
}

}  // namespace

TEST_CASE_FIXTURE(fixture, "a model's document says where its data and its manifest lie") {
    const documented_tree tree = documented(model);
    CHECK(tree.key.str() == model.key);
    CHECK(tree.storage_format == "files");
    CHECK(tree.size == 3);
    REQUIRE(tree.manifest);
    CHECK(tree.manifest->key == manifest_key);
    CHECK(tree.manifest->document == document_key);
    CHECK(tree.manifest->sha256 == detail::sha256_hex(get_text(store, manifest_key)));
}

TEST_CASE_FIXTURE(fixture, "a checkpoint's document says the same of a checkpoint") {
    checkpoint_writer<memory_storage> writer{store, task, {}, system_clock()};
    const auto saved = writer.save<tar>(two_files(), {}, "");
    const auto where = metaflow::parse_checkpoint_key(saved.key);
    const documented_tree tree = documented(saved);
    CHECK(tree.key.str() == saved.key);
    CHECK(tree.storage_format == "tar");
    CHECK(tree.size == store.head(tree.key)->size);
    REQUIRE(tree.manifest);
    CHECK(tree.manifest->key == metaflow::manifest_key(where));
    CHECK(tree.manifest->document == metaflow::artifact_document_key(where));
    CHECK(tree.manifest->sha256 == saved.manifest_sha256());
}

TEST_CASE("a checkpoint's key that cannot be taken apart is in the way only of a manifest") {
    checkpoint_reference foreign;
    foreign.key = "some/where";
    CHECK_FALSE(documented(foreign).manifest);
    foreign.text = R"({"holdfast": {"manifest_sha256": ")" + std::string(64, 'a') + R"("}})";
    CHECK(failure_of([&] { documented(foreign); }) == errc::key_not_compatible);
}

TEST_CASE_FIXTURE(fixture, "a size of nothing is told apart from none that is told") {
    CHECK(documented(without_manifest(model, {{"size", 0}})).size == 0);
    auto fields = model.fields();
    fields.erase("size");
    CHECK_FALSE(documented(metaflow::parse_model_document(fields, "the test")).size);
}

TEST_CASE_FIXTURE(fixture, "a size that is null is none that is told") {
    CHECK_FALSE(documented(without_manifest(model, {{"size", nullptr}})).size);
}

TEST_CASE_FIXTURE(fixture, "the key alone leads to a model's manifest") {
    auto other = model;
    other.model_id = "../another";
    CHECK(documented(other).manifest->key == manifest_key);
    other.key = "no/model";
    CHECK(failure_of([&] { documented(other); }) == errc::key_not_compatible);
}

TEST_CASE_FIXTURE(fixture, "the manifest is read and compared with what the document says of it") {
    const saved_tree tree = read_saved_tree(store, documented(model));
    CHECK(tree.key.str() == model.key);
    CHECK(tree.storage_format == "files");
    CHECK(tree.size == 3);
    REQUIRE(tree.contents);
    CHECK(tree.contents->to_json() == get_text(store, manifest_key));
}

TEST_CASE_FIXTURE(fixture, "where there is no manifest, or it is not asked for, the store is not asked") {
    const failing_storage<memory_storage> down{store, fail_from(0)};
    CHECK_FALSE(read_saved_tree(down, documented(model), false).contents);
    CHECK_FALSE(read_saved_tree(down, documented(without_manifest(model))).contents);
    CHECK(failure_of([&] { read_saved_tree(down, documented(model)); }) == errc::unavailable);
}

TEST_CASE_FIXTURE(fixture, "a manifest that was changed is corrupt, even if it reads well") {
    const std::string whole = get_text(store, manifest_key);
    auto other = manifest::from_json(whole, "the test");
    other.files.front().size = 2;
    for (const std::string& text : {std::string(), whole.substr(1), whole + " ", other.to_json()}) {
        CAPTURE(text);
        put_text(store, manifest_key, text);
        const auto failure = error_of([&] { read_saved_tree(store, documented(model)); });
        REQUIRE(failure);
        CHECK(failure->kind() == errc::corrupt);
        CHECK(failure->key() == model.key);
        CHECK(failure->message().find(manifest_key.str()) != std::string::npos);
    }
}

TEST_CASE_FIXTURE(fixture, "a manifest of the right digest that leaves its tree is corrupt") {
    const std::string hostile = manifest{digest_kind::none, {{"../../escaped", 1, {}, 0644}}, {}}.to_json();
    put_text(store, manifest_key, hostile);
    documented_tree tree = documented(model);
    tree.manifest->sha256 = detail::sha256_hex(hostile);
    CHECK(failure_to_read(tree) == errc::corrupt);
}

TEST_CASE_FIXTURE(fixture, "a manifest that is missing is damage, unless all of the artifact was removed") {
    store.remove(manifest_key);
    CHECK(failure_to_read(documented(model)) == errc::corrupt);
    store.remove(document_key);
    CHECK(failure_to_read(documented(model)) == errc::not_found);
}

TEST_CASE_FIXTURE(fixture, "reading a manifest can be stopped") {
    std::stop_source stop;
    stop.request_stop();
    CHECK(failure_to_read(documented(model), stop.get_token()) == errc::cancelled);
}

TEST_CASE_TEMPLATE("the files of a tree are told with digests, and without where Python wrote it", Archive, files, tar,
                   tar_gz) {
    const fixture world;
    const auto saved = world.save_model<Archive>();
    const auto check = [&](const model_reference& which, bool has_digests) {
        const std::vector<stored_file> found = list_files(world.store, documented(which), {});
        REQUIRE(found.size() == 2);
        CHECK(found[0].path == "deep/one");
        CHECK(found[0].size == 1);
        CHECK(found[1].path == "two");
        CHECK(found[1].size == 2);
        for (const auto& file : found) CHECK(file.digest.empty() != has_digests);
    };
    check(saved, true);
    check(without_manifest(saved), false);
    check(without_manifest(saved, {{"size", 12345}}), false);  // a load refuses it; who looks sees what is there
}

TEST_CASE_FIXTURE(fixture, "a manifest tells the files even where their data are gone, a listing does not") {
    remove_prefix(store, object_key{model.key});
    CHECK(list_files(store, documented(model), {}).size() == 2);
    CHECK(failure_of([&] { list_files(store, documented(without_manifest(model)), {}); }) == errc::not_found);
}
