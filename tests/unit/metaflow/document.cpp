#include <holdfast/metaflow/document.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/python_json.hpp>

using namespace holdfast;
using metaflow::parse_checkpoint_document;

namespace json = boost::json;

namespace {

// A document as metaflow-checkpoint 0.2.14 writes it, with json.dumps's separators and escapes.
const std::string python_text =
    R"({"size": 21, "pathspec": "F7/1795456525973463/start/1", "pathspec_hash": "fc6851aa", "attempt": 0, )"
    R"("key": "mf.checkpoints/checkpoints/artifacts/F7/start/dabd1db8d35a/a92ae9615600/fc6851aa.0.mfchckpt.2", )"
    R"("type": "checkpoint", )"
    R"("url": "/data/.metaflow/mf.checkpoints/checkpoints/artifacts/F7/start/dabd1db8d35a/a92ae9615600/)"
    R"(fc6851aa.0.mfchckpt.2", "name": "mfchckpt", "created_on": "2026-11-24T20:46:01.123456", )"
    R"("metadata": {"loss": NaN, "note": "\u00fc", "big": 123456789012345678901234567890}, )"
    R"("storage_format": "tar", "creation_context": "task", "version_id": 2})";

const std::string key_text =
    "mf.checkpoints/checkpoints/artifacts/F7/start/dabd1db8d35a/a92ae9615600/fc6851aa.0.mfchckpt.2";

const std::string digest(64, 'a');

json::object least() {
    return {
        {"key", key_text}, {"url", "/data/" + key_text}, {"created_on", "2026-11-24T20:46:01"}, {"type", "checkpoint"}};
}

checkpoint_reference made() {
    checkpoint_reference reference;
    reference.key = key_text;
    reference.url = "/data/" + key_text;
    reference.pathspec = "F7/1795456525973463/start/1";
    reference.pathspec_hash = "fc6851aa";
    reference.attempt = "0";
    reference.name = "mfchckpt";
    reference.version = 2;
    reference.created_on = "2026-11-24T20:46:01.123456";
    reference.size = 21;
    reference.storage_format = "files";
    return reference;
}

template <class Action>
error refusal(Action action) {
    try {
        action();
    } catch (const error& failure) {
        return failure;
    }
    return {errc::io_failure, "test", "", "nothing was refused"};
}

error refusal_of(const std::string& field, json::value value) {
    json::object fields = least();
    fields[field] = std::move(value);
    return refusal([&] { parse_checkpoint_document(std::move(fields), "origin"); });
}

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a document that Python wrote") {
    const checkpoint_reference reference = parse_checkpoint_document(python_text, "origin");
    CHECK(reference.key == key_text);
    CHECK(reference.url == "/data/.metaflow/" + key_text);
    CHECK(reference.pathspec == "F7/1795456525973463/start/1");
    CHECK(reference.pathspec_hash == "fc6851aa");
    CHECK(reference.attempt == "0");
    CHECK(reference.name == "mfchckpt");
    CHECK(reference.version == 2);
    CHECK(reference.created_on == "2026-11-24T20:46:01.123456");
    CHECK(reference.size == 21);
    CHECK(reference.storage_format == "tar");
    CHECK(reference.metadata().at("note").as_string() == "\u00fc");
    CHECK(reference.metadata().at("loss").is_double());
    CHECK_FALSE(reference.manifest_sha256());
}

TEST_CASE("its text stays as it was read, big numbers too") {
    CHECK(parse_checkpoint_document(python_text, "origin").to_json() == python_text);
    CHECK(parse_checkpoint_document(" " + python_text + "\n", "origin").to_json() == " " + python_text + "\n");
}

TEST_CASE("what is missing or null is filled from the key") {
    json::object nulls = least();
    for (const char* field :
         {"size", "pathspec", "pathspec_hash", "attempt", "name", "version_id", "storage_format", "metadata"}) {
        nulls[field] = nullptr;
    }
    for (const json::object& fields : {least(), nulls}) {
        const checkpoint_reference reference = parse_checkpoint_document(fields, "origin");
        CHECK(reference.pathspec_hash == "fc6851aa");
        CHECK(reference.attempt == "0");
        CHECK(reference.name == "mfchckpt");
        CHECK(reference.version == 2);
        CHECK(reference.storage_format == "files");
        CHECK(reference.size == 0);
        CHECK(reference.pathspec.empty());
        CHECK(reference.metadata().empty());
        CHECK(reference.fields() == fields);
    }
}

TEST_CASE("attempt and version may be text") {
    json::object fields = least();
    fields["attempt"] = "0";
    fields["version_id"] = "2";
    const checkpoint_reference reference = parse_checkpoint_document(fields, "origin");
    CHECK(reference.attempt == "0");
    CHECK(reference.version == 2);
}

TEST_CASE("a document that was neither read nor written has no fields") {
    const checkpoint_reference reference = made();
    CHECK(reference.to_json().empty());
    CHECK(reference.fields().empty());
    CHECK(reference.metadata().empty());
    CHECK_FALSE(reference.manifest_sha256());
}

TEST_CASE("a document larger than usual is read as any other") {
    json::object fields = least();
    fields["note"] = std::string(100'000, 'n');
    CHECK(parse_checkpoint_document(to_python_json(fields), "origin").fields() == fields);
}

TEST_CASE("unknown fields survive") {
    json::object fields = least();
    fields["colour"] = json::array{1, "red"};
    const checkpoint_reference reference = parse_checkpoint_document(fields, "origin");
    CHECK(reference.fields().at("colour") == json::value(json::array{1, "red"}));
    CHECK(holds(reference.to_json(), R"("colour": [1, "red"])"));
}

TEST_CASE("a key that cannot be taken apart needs the fields that it would fill") {
    json::object fields = least();
    // Python lets a name hold '.' and '/', so that this may be a file of a checkpoint.
    fields["key"] = "mf.checkpoints/checkpoints/artifacts/F7/start/dabd1db8d35a/a92ae9615600/fc6851aa.0.a.1/b.2";
    CHECK(refusal([&] { parse_checkpoint_document(fields, "origin"); }).kind() == errc::corrupt);
    fields["pathspec_hash"] = "fc6851aa";
    fields["attempt"] = 0;
    fields["name"] = "a.1/b";
    const error failure = refusal([&] { parse_checkpoint_document(fields, "origin"); });
    CHECK(failure.kind() == errc::corrupt);
    CHECK(holds(failure.message(), "'version_id'"));
    fields["version_id"] = 2;
    CHECK(parse_checkpoint_document(fields, "origin").name == "a.1/b");
}

TEST_CASE("a name that is a whole number in Python is that number's text") {
    json::object fields = least();
    fields["key"] = "mf.checkpoints/checkpoints/artifacts/F7/start/dabd1db8d35a/a92ae9615600/fc6851aa.0.-3.2";
    fields["name"] = -3;
    const checkpoint_reference reference = parse_checkpoint_document(fields, "origin");
    CHECK(reference.name == "-3");
    CHECK(reference.fields().at("name") == json::value(-3));
    fields["name"] = 4;
    CHECK(refusal([&] { parse_checkpoint_document(fields, "origin"); }).kind() == errc::corrupt);
    fields["name"] = -3.0;
    CHECK(refusal([&] { parse_checkpoint_document(fields, "origin"); }).kind() == errc::corrupt);
}

TEST_CASE("required fields") {
    for (const char* field : {"key", "url", "created_on", "type"}) {
        CAPTURE(field);
        json::object fields = least();
        fields.erase(field);
        const error missing = refusal([&] { parse_checkpoint_document(fields, "origin"); });
        CHECK(missing.kind() == errc::corrupt);
        CHECK(holds(missing.message(), "'" + std::string(field) + "'"));
        CHECK(missing.key() == "origin");
        CHECK(refusal_of(field, 7).kind() == errc::corrupt);
        CHECK(refusal_of(field, nullptr).kind() == errc::corrupt);
    }
}

TEST_CASE("fields of a wrong type or value are named") {
    const std::vector<std::pair<std::string, json::value>> rows{
        {"key", "a/../b"},
        {"key", ""},
        {"size", -1},
        {"size", 1.5},
        {"size", 1e30},
        {"size", 9223372036854775808U},
        {"size", "21"},
        {"pathspec", 3},
        {"pathspec_hash", 3},
        {"attempt", -1},
        {"attempt", "first"},
        {"attempt", "00"},
        {"attempt", ""},
        {"attempt", 0.0},
        {"attempt", true},
        {"name", json::array{}},
        {"version_id", -2},
        {"version_id", "2x"},
        {"version_id", 2.0},
        {"version_id", 9223372036854775808U},
        {"version_id", json::object{}},
        {"storage_format", 1},
        {"holdfast", nullptr},
        {"holdfast", "x"},
        {"holdfast", json::object{}},
        {"holdfast", json::object{{"manifest_sha256", "abc"}}},
        {"holdfast", json::object{{"manifest_sha256", std::string(64, 'A')}}},
        {"holdfast", json::object{{"manifest_sha256", 7}}},
    };
    for (const auto& [field, value] : rows) {
        CAPTURE(field);
        CAPTURE(json::serialize(value));
        const error failure = refusal_of(field, value);
        CHECK(failure.kind() == errc::corrupt);
        CHECK(holds(failure.message(), "'" + field + "'"));
    }
}

TEST_CASE("metadata that are no object, which Python takes, are kept and count as none") {
    for (const json::value& value : {json::value(json::array{3, 0.1}), json::value("epoch 3"), json::value(3)}) {
        CAPTURE(json::serialize(value));
        json::object fields = least();
        fields["metadata"] = value;
        const auto read = parse_checkpoint_document(fields, "origin");
        CHECK(read.metadata().empty());
        CHECK(read.fields().at("metadata") == value);
    }
}

TEST_CASE("fields that contradict the key are named") {
    const std::vector<std::pair<std::string, json::value>> rows{
        {"pathspec_hash", "fc6851ab"}, {"attempt", 1}, {"attempt", "1"}, {"name", "other"}, {"version_id", 3}};
    for (const auto& [field, value] : rows) {
        CAPTURE(field);
        const error failure = refusal_of(field, value);
        CHECK(failure.kind() == errc::corrupt);
        CHECK(holds(failure.message(), "'" + field + "' is not what 'key' says"));
    }
}

TEST_CASE("another kind's reference") {
    const error model = refusal_of("type", "model");
    CHECK(model.kind() == errc::incompatible_type);
    CHECK(holds(model.message(), "load_model"));
    CHECK(refusal_of("type", "dataset").kind() == errc::incompatible_type);
    CHECK(refusal_of("type", "").kind() == errc::incompatible_type);
}

TEST_CASE("what is no JSON object") {
    const std::vector<std::string> texts{
        "", "{", "[]", "null", "\"x\"", python_text.substr(0, 300), python_text + "}", std::string(100, '\0')};
    for (const std::string& text : texts) {
        CAPTURE(text);
        CHECK(refusal([&] { parse_checkpoint_document(text, "origin"); }).kind() == errc::corrupt);
    }
}

TEST_CASE("a new document has Python's fields in Python's order, and one of ours") {
    checkpoint_reference reference = made();
    metaflow::write_document(reference, {{"epoch", 3}, {"note", "\u00fc"}, {"loss", 1e16}}, false, digest);
    CHECK(reference.to_json() ==
          R"({"size": 21, "pathspec": "F7/1795456525973463/start/1", "pathspec_hash": "fc6851aa", "attempt": 0, )"
          R"("key": ")" +
              key_text + R"(", "type": "checkpoint", "url": "/data/)" + key_text +
              R"(", "name": "mfchckpt", "created_on": "2026-11-24T20:46:01.123456", )"
              R"("metadata": {"epoch": 3, "note": "\u00fc", "loss": 1e+16}, "storage_format": "files", )"
              R"("creation_context": "task", "version_id": 2, "holdfast": {"manifest_sha256": ")" +
              digest + R"("}})");
}

TEST_CASE("what is written is read back") {
    for (const bool attempt_is_text : {false, true}) {
        checkpoint_reference reference = made();
        const json::object metadata{{"epoch", 3}, {"nested", json::array{nullptr, true, json::object{{"x", -0.5}}}}};
        metaflow::write_document(reference, metadata, attempt_is_text, digest);
        CHECK(reference.fields().at("attempt").is_string() == attempt_is_text);
        const checkpoint_reference read = parse_checkpoint_document(reference.to_json(), "origin");
        CHECK(read.fields() == reference.fields());
        CHECK(read.metadata() == metadata);
        CHECK(read.attempt == "0");
        CHECK(read.manifest_sha256() == digest);
    }
}

TEST_CASE("without a manifest there is no field of ours") {
    checkpoint_reference reference = made();
    metaflow::write_document(reference, {}, false, "");
    CHECK_FALSE(reference.fields().contains("holdfast"));
    CHECK_FALSE(reference.manifest_sha256());
}

TEST_CASE("numbers that JSON has not become texts") {
    checkpoint_reference reference = made();
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const json::object metadata{{"a", std::numeric_limits<double>::quiet_NaN()},
                                {"b", json::array{infinity, -infinity}}};
    metaflow::write_document(reference, metadata, false, digest);
    const json::object expected{{"a", "NaN"}, {"b", json::array{"Infinity", "-Infinity"}}};
    CHECK(reference.metadata() == expected);
    CHECK(reference.fields().at("metadata") == json::value(expected));
}

TEST_CASE("rewriting a document that was read gives a new text") {
    checkpoint_reference reference = parse_checkpoint_document(python_text, "origin");
    reference.size = 22;
    metaflow::write_document(reference, {}, false, digest);
    CHECK(holds(reference.to_json(), R"({"size": 22, )"));
}

TEST_CASE("what could not be read back is not written") {
    const auto kind_of = [](checkpoint_reference reference, const json::object& metadata) {
        return refusal([&] { metaflow::write_document(reference, metadata, false, digest); }).kind();
    };
    json::value nest = 1;
    for (int level = 0; level < 520; ++level) nest = json::array{std::move(nest)};
    CHECK(kind_of(made(), {{"nest", std::move(nest)}}) == errc::invalid_argument);
    CHECK(kind_of(made(), {{"note", "\xFC"}}) == errc::invalid_argument);

    checkpoint_reference attempt = made();
    attempt.attempt = "first";
    CHECK(kind_of(attempt, {}) == errc::invalid_argument);
}
