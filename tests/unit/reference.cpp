#include <holdfast/reference.hpp>

#include <doctest/doctest.h>

#include <tests/support/tree_building.hpp>

#include <cmath>
#include <string>

using namespace holdfast;
using tree_building::failure_of;

namespace {

// made by metaflow-checkpoint 0.2.14, with NaN as Python prints it and a field that it does not know
const std::string document = R"({"size": 5, "pathspec": "F/1/start/2", "pathspec_hash": "fc6851aa", "attempt": "0", )"
                             R"("key": "mf.checkpoints/checkpoints/artifacts/F/start/dabd1db8d35a/a92ae9615600/)"
                             R"(fc6851aa.0.mfchckpt.0", "type": "checkpoint", "url": "/s/x", "name": "mfchckpt", )"
                             R"("created_on": "2026-11-24T10:00:00.5", "metadata": {"loss": NaN}, )"
                             R"("storage_format": "files", "creation_context": "task", "version_id": 0, "extra": 1})";

}  // namespace

TEST_CASE("a text is a key unless it is a JSON object") {
    CHECK(reference("some/key").is_key());
    CHECK(reference(std::string("some/key")).key() == "some/key");
    const reference parsed{" \n" + document};
    CHECK_FALSE(parsed.is_key());
    CHECK(parsed.key().ends_with("/fc6851aa.0.mfchckpt.0"));
    CHECK(failure_of([] { reference("{\"key\": "); }) == errc::corrupt);
}

TEST_CASE("an object becomes the typed value, unknown fields and NaN kept") {
    const auto typed = reference(document).as_checkpoint();
    CHECK(typed.version == 0);
    CHECK(std::isnan(typed.metadata().at("loss").as_double()));
    CHECK(typed.fields().at("extra") == 1);
    CHECK(reference(typed).as_checkpoint().fields().at("extra") == 1);
    CHECK(reference(typed.fields()).key() == typed.key);
}

TEST_CASE("what carries no document, or another's") {
    CHECK(failure_of([] { reference("some/key").as_checkpoint(); }) == errc::invalid_argument);
    CHECK(failure_of([] { reference("{}").key(); }) == errc::corrupt);
    CHECK(failure_of([] { reference(R"({"key": 3})").key(); }) == errc::corrupt);
    boost::json::object model = reference(document).as_checkpoint().fields();
    model["type"] = "model";
    CHECK(failure_of([&] { reference(model).as_checkpoint(); }) == errc::incompatible_type);
}

TEST_CASE("a model's reference is one of a model alone") {
    const std::string text =
        R"({"pathspec": "F/1/s/2", "attempt": 0, "key": "mf.models/models/artifacts/m", "created_on": "2026", )"
        R"("type": "model", "url": "/x", "model_uuid": "m", "storage_format": "tar"})";
    const auto typed = reference(text).as_model();
    CHECK(typed.model_id == "m");
    CHECK(reference(typed).key() == "mf.models/models/artifacts/m");
    CHECK(reference(typed).as_model().model_id == "m");
    CHECK(failure_of([&] { reference(typed).as_checkpoint(); }) == errc::incompatible_type);
    CHECK(failure_of([&] { reference(text).as_checkpoint(); }) == errc::incompatible_type);
    CHECK(failure_of([&] { reference(document).as_model(); }) == errc::incompatible_type);
    CHECK(failure_of([] { reference("some/key").as_model(); }) == errc::invalid_argument);
    CHECK(document_of(artifact_reference{typed}).key == typed.key);
}
