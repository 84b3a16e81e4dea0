#include <holdfast/metaflow/artifact_place.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include <holdfast/metaflow/layout.hpp>

using namespace holdfast::metaflow;

namespace {

const auto& checkpoints = artifact_places[0];
const auto& hub_entries = artifact_places[1];
const auto& models = artifact_places[2];

const checkpoint_location checkpoint{
    {.flow = "F7", .step = "start", .scope = "dabd1db8d35a", .identifier = "a92ae9615600"},
    {.pathspec_hash = "fc6851aa", .attempt = "0", .name = "v1.5", .version = 12}};

}  // namespace

TEST_CASE("an artifact's data and its document tell its key") {
    const auto data = data_key(checkpoint).str();
    CHECK(checkpoints.key_of_data(data) == data);
    CHECK(checkpoints.key_of_data(data + "/deep/weights.bin") == data);
    CHECK(checkpoints.key_of_document(artifact_document_key(checkpoint).str()) == data);

    const checkpoint_location entry{hub_flow_folder("F7"), checkpoint.id};
    const auto entry_data = data_key(entry).str();
    CHECK(hub_entries.key_of_data(entry_data + "/config.json") == entry_data);
    CHECK(hub_entries.key_of_document(artifact_document_key(entry).str()) == entry_data);

    const auto model_data = model_data_key("cats_1").str();
    CHECK(models.key_of_data(model_data) == model_data);
    CHECK(models.key_of_data(model_data + "/a/b") == model_data);
    CHECK(models.key_of_document(model_artifact_document_key("cats_1").str()) == model_data);
}

TEST_CASE("objects of other places and shapes belong to no artifact") {
    CHECK_FALSE(models.key_of_data(data_key(checkpoint).str()));
    CHECK_FALSE(checkpoints.key_of_data(model_data_key("cats_1").str()));
    CHECK_FALSE(checkpoints.key_of_data(artifact_document_key(checkpoint).str()));
    CHECK_FALSE(checkpoints.key_of_data("mf.checkpoints/checkpoints/artifacts"));
    CHECK_FALSE(checkpoints.key_of_data("mf.checkpoints/checkpoints/artifacts/"));
    CHECK_FALSE(checkpoints.key_of_data("mf.checkpoints/checkpoints/artifacts/F7/start/scope/identifier"));
    CHECK_FALSE(checkpoints.key_of_data("mf.checkpoints/checkpoints/artifacts/F7/start/scope/identifier/notes.txt"));
    CHECK_FALSE(checkpoints.key_of_document(artifact_latest_key(checkpoint.folder).str()));
    CHECK_FALSE(models.key_of_document(model_manifest_key("cats_1").str()));
}
