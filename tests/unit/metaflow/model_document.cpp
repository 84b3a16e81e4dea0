#include <holdfast/metaflow/model_document.hpp>

#include <holdfast/core/error.hpp>

#include <doctest/doctest.h>

#include <tests/support/tree_building.hpp>

#include <cmath>
#include <limits>
#include <string>

using namespace holdfast;
using metaflow::parse_model_document;
using tree_building::failure_of;

namespace {

const std::string uuid = "0123456789abcdef0123456789abcdef";

// made by metaflow-checkpoint 0.2.14: the label is null though one was given
const std::string document =
    R"({"pathspec": "F/1/train/2", "attempt": 0, "key": "mf.models/models/artifacts/best_)" + uuid +
    R"(", "created_on": "2026-11-24T10:00:00.5", "type": "model", "url": "/s/mf.models/models/artifacts/best_)" + uuid +
    R"(", "model_uuid": "best_)" + uuid +
    R"(", "metadata": {"loss": NaN}, "source": "task", "storage_format": "tar", )"
    R"("serializer": "tar", "label": null, "size": 10240, "extra": 1})";

std::string with(std::string_view from, std::string_view to) {
    auto text = document;
    text.replace(text.find(from), from.size(), to);
    return text;
}

}  // namespace

TEST_CASE("what Python wrote is read") {
    const auto model = parse_model_document(document, "a/document");
    CHECK(model.model_id == "best_" + uuid);
    CHECK(model.key == "mf.models/models/artifacts/best_" + uuid);
    CHECK(model.pathspec == "F/1/train/2");
    CHECK(model.attempt == "0");
    CHECK(model.size == 10240);
    CHECK(model.storage_format == "tar");
    CHECK(model.source == "task");
    CHECK(std::isnan(model.metadata().at("loss").as_double()));
    CHECK(model.fields().at("extra") == 1);
    CHECK(model.to_json() == document);
    CHECK_FALSE(model.manifest_sha256());
}

TEST_CASE("D-25 a label that Python lost is read from the id") {
    CHECK(parse_model_document(document, "d").label == "best");
    CHECK(parse_model_document(with("\"label\": null", "\"label\": \"other\""), "d").label == "other");
}

TEST_CASE("a damaged document is corrupt, a foreign one is of another type") {
    const auto kind_of = [](const std::string& text) { return failure_of([&] { parse_model_document(text, "d"); }); };
    CHECK(kind_of("[]") == errc::corrupt);
    CHECK(kind_of(document.substr(0, 40)) == errc::corrupt);
    CHECK(kind_of("{}") == errc::corrupt);
    for (const auto* field :
         {"pathspec", "attempt", "key", "created_on", "type", "url", "model_uuid", "storage_format"}) {
        CAPTURE(field);
        CHECK(kind_of(with("\"" + std::string(field) + "\"", "\"gone\"")) == errc::corrupt);
    }
    CHECK(kind_of(with("\"model_uuid\": \"best", "\"model_uuid\": \"worst")) == errc::corrupt);
    CHECK(kind_of(with("\"attempt\": 0", "\"attempt\": -1")) == errc::corrupt);
    CHECK(kind_of(with("\"size\": 10240", "\"size\": \"much\"")) == errc::corrupt);
    CHECK(kind_of(with("\"type\": \"model\"", "\"type\": \"checkpoint\"")) == errc::incompatible_type);
    CHECK(kind_of(with("\"type\": \"model\"", "\"type\": \"cat\"")) == errc::incompatible_type);
    CHECK(kind_of(with("\"key\": \"mf.models/models/artifacts/", "\"key\": \"elsewhere/")) == errc::key_not_compatible);
}

TEST_CASE("a new document has Python's fields in Python's order, and the label") {
    model_reference model;
    model.model_id = "best_" + uuid;
    model.key = "mf.models/models/artifacts/best_" + uuid;
    model.url = "/s/" + model.key;
    model.pathspec = "F/1/train/2";
    model.attempt = "3";
    model.label = "best";
    model.created_on = "2026-11-24T10:00:00.5";
    model.size = 7;
    model.storage_format = "files";
    metaflow::write_document(model, {{"loss", std::numeric_limits<double>::quiet_NaN()}}, std::string(64, 'a'));
    CHECK(
        model.to_json() ==
        R"({"pathspec": "F/1/train/2", "attempt": 3, "key": "mf.models/models/artifacts/best_)" + uuid +
            R"(", "created_on": "2026-11-24T10:00:00.5", "type": "model", "url": "/s/mf.models/models/artifacts/best_)" +
            uuid + R"(", "model_uuid": "best_)" + uuid +
            R"(", "metadata": {"loss": "NaN"}, "source": "task", "storage_format": "files", "serializer": "files", )"
            R"("label": "best", "size": 7, "holdfast": {"manifest_sha256": ")" +
            std::string(64, 'a') + R"("}})");
    const auto read = parse_model_document(model.to_json(), "d");
    CHECK(read.label == "best");
    CHECK(read.manifest_sha256() == std::string(64, 'a'));
    model.attempt = "three";
    CHECK(failure_of([&] { metaflow::write_document(model, {}, ""); }) == errc::invalid_argument);
}
