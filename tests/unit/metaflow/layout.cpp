#include <holdfast/metaflow/layout.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/metaflow/identity.hpp>

// The keys are those that metaflow-checkpoint 0.2.14 wrote in a run of flow F7 by user alice.
using namespace holdfast;
using namespace holdfast::metaflow;

namespace {

const artifact_folder folder{.flow = "F7", .step = "start", .scope = "dabd1db8d35a", .identifier = "a92ae9615600"};
const checkpoint_id id{.pathspec_hash = "fc6851aa", .attempt = "0", .name = "mfchckpt", .version = 12};
const checkpoint_location place{folder, id};
const std::string pathspec = "F7/1795456525973463/start/1";

const std::string key_text =
    "mf.checkpoints/checkpoints/artifacts/F7/start/dabd1db8d35a/a92ae9615600/fc6851aa.0.mfchckpt.12";
const std::string document_text =
    "mf.checkpoints/checkpoints/artifact_metadata/F7/start/dabd1db8d35a/a92ae9615600/fc6851aa.0.mfchckpt.12.metadata";
const std::string task_document_text =
    "mf.checkpoints/checkpoints/metadata/F7/1795456525973463/start/1/0.mfchckpt.12.metadata";

// The id at the end of a key, in a folder that is right.
std::string key_with(std::string_view name) {
    return "mf.checkpoints/checkpoints/artifacts/F7/start/dabd1db8d35a/a92ae9615600/" + std::string(name);
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

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("keys of a checkpoint") {
    CHECK(data_key(place).str() == key_text);
    CHECK(artifact_document_key(place).str() == document_text);
    CHECK(artifact_latest_key(folder).str() ==
          "mf.checkpoints/checkpoints/artifact_metadata/F7/start/dabd1db8d35a/a92ae9615600/latest");
    CHECK(task_document_key(checkpoints_prefix, pathspec, id).str() == task_document_text);
    CHECK(task_latest_key(checkpoints_prefix, pathspec).str() ==
          "mf.checkpoints/checkpoints/metadata/F7/1795456525973463/start/1/latest");
}

TEST_CASE("keys are taken apart into what they were made of") {
    CHECK(parse_checkpoint_key(key_text) == place);
    REQUIRE(parse_artifact_document_key(document_text));
    CHECK(*parse_artifact_document_key(document_text) == place);
    const auto task = parse_task_document_key(task_document_text);
    REQUIRE(task);
    CHECK(task->root_prefix == checkpoints_prefix);
    CHECK(task->pathspec == pathspec);
    CHECK(task->id == id);
    CHECK(parse_checkpoint_key_id(key_text) == id);
    CHECK(parse_artifact_document_id(document_text) == id);
    CHECK(parse_task_document_id(task_document_text) == checkpoint_id{"", id.attempt, id.name, id.version});
}

TEST_CASE("a resolved context has a folder") {
    const task_context context = task_context::from_uid("F7/1795456525973463/start/1/a92ae9615600/dabd1db8d35a/0");
    CHECK(folder_of(context) == folder);
}

TEST_CASE("prefixes of a list") {
    CHECK(artifact_documents_prefix(folder) ==
          "mf.checkpoints/checkpoints/artifact_metadata/F7/start/dabd1db8d35a/a92ae9615600");
    artifact_folder scope = folder;
    scope.identifier.clear();
    CHECK(artifact_documents_prefix(scope) == "mf.checkpoints/checkpoints/artifact_metadata/F7/start/dabd1db8d35a");
    CHECK(artifact_document_key(place).is_below(artifact_documents_prefix(folder)));
    CHECK(task_documents_prefix(checkpoints_prefix, "") == "mf.checkpoints/checkpoints/metadata");
    CHECK(task_documents_prefix(checkpoints_prefix, "F7") == "mf.checkpoints/checkpoints/metadata/F7");
    CHECK(task_documents_prefix(checkpoints_prefix, "F7/1/start") == "mf.checkpoints/checkpoints/metadata/F7/1/start");
    CHECK(task_document_key(checkpoints_prefix, pathspec, id)
              .is_below(task_documents_prefix(checkpoints_prefix, pathspec)));
}

TEST_CASE("names with dots, which Python wrote, can be read") {
    CHECK(parse_checkpoint_key(key_with("fc6851aa.0.v1.0.3")).id.name == "v1.0");
    CHECK(parse_checkpoint_key(key_with("fc6851aa.0.v1.0.3")).id.version == 3);
    CHECK(parse_checkpoint_key(key_with("fc6851aa.0...3")).id.name == ".");
    CHECK(parse_checkpoint_key(key_with("fc6851aa.0.x.metadata.3")).id.name == "x.metadata");
    const auto task = parse_task_document_key("mf.checkpoints/checkpoints/metadata/F/1/s/2/1.v1.0.3.metadata");
    REQUIRE(task);
    CHECK(task->id.attempt == "1");
    CHECK(task->id.name == "v1.0");
    CHECK(task->id.version == 3);
    CHECK(task->id.pathspec_hash == pathspec_hash("F/1/s/2"));
}

TEST_CASE("names with '/', which Python wrote, can be read") {
    const auto where = parse_checkpoint_key(key_with("fc6851aa.0.a/b.c/d.3"));
    CHECK(where.id == checkpoint_id{"fc6851aa", "0", "a/b.c/d", 3});
    CHECK(where.folder == folder);
    CHECK(data_key(where).str() == key_with("fc6851aa.0.a/b.c/d.3"));
    CHECK(parse_artifact_document_key(artifact_document_key(where).str()) == where);
    CHECK(kind_of_key(key_with("fc6851aa.0.a/b.3")) == artifact_kind::checkpoint);
    const auto task = parse_task_document_key("mf.checkpoints/checkpoints/metadata/F/1/s/2/1.a/b.3.metadata");
    REQUIRE(task);
    CHECK(task->pathspec == "F/1/s/2");
    CHECK(task->id == checkpoint_id{pathspec_hash("F/1/s/2"), "1", "a/b", 3});
    for (const char* file : {"fc6851aa.0.x.3/shard.7", "fc6851aa.0.x.3/a/0.y.7", "fc6851aa.0.a/../b.3"}) {
        CAPTURE(file);
        CHECK(refusal([&] { parse_checkpoint_key(key_with(file)); }).kind() == errc::key_not_compatible);
    }
    CHECK_FALSE(parse_task_document_key("mf.checkpoints/checkpoints/metadata/F/1/s/2/1.x.3/b.3.metadata"));
}

TEST_CASE("what is no checkpoint's key, and what one looks like") {
    for (const std::string& text : std::vector<std::string>{
             "",
             "/",
             "mfchckpt",
             key_text + "/weights.bin",
             key_text + "/",
             "/" + key_text,
             document_text,
             task_document_text,
             "checkpoints/artifacts/F7/start/dabd1db8d35a/a92ae9615600/fc6851aa.0.mfchckpt.12",
             "/checkpoints/artifacts/F7/start/dabd1db8d35a/a92ae9615600/fc6851aa.0.mfchckpt.12",
             "mf.checkpoints/checkpoints/artifacts/F7/start/dabd1db8d35a/fc6851aa.0.mfchckpt.12",
             "mf.checkpoints/checkpoints/artifacts/F7/start/../a92ae9615600/fc6851aa.0.mfchckpt.12",
             "mf.checkpoints/checkpoints/artifacts/F7//dabd1db8d35a/a92ae9615600/fc6851aa.0.mfchckpt.12",
             "mf.models/models/artifacts/F7_start_0123",
             "s3://b/" + key_text,
             key_with("latest"),
             key_with("fc6851aa.0.12"),
             key_with("fc6851aa.0..12"),
             key_with("fc6851aa..x.12"),
             key_with("fc6851aa.a.x.12"),
             key_with("fc6851aa.02.x.12"),
             key_with("fc6851aa.9223372036854775808.x.12"),
             key_with("fc6851aa.0.x."),
             key_with("fc6851aa.0.x.1e3"),
             key_with("fc6851aa.0.x.-1"),
             key_with("fc6851aa.0.x.007"),
             key_with("fc6851aa.0.x.9223372036854775808"),
             key_with("fc6851a.0.x.12"),
             key_with("FC6851AA.0.x.12"),
             key_with("fc6851aa"),
             key_with("fc6851aa.0.\xC3\x28.12"),
             key_with("fc6851aa.0." + std::string(1024, 'x') + ".12"),
         }) {
        CAPTURE(text);
        const error failure = refusal([&] { parse_checkpoint_key(text); });
        CHECK(failure.kind() == errc::key_not_compatible);
        CHECK(holds(failure.message(), "<pathspec hash>.<attempt>.<name>.<version>"));
    }
}

TEST_CASE("a file below a checkpoint is not taken for one, whatever its path") {
    CHECK(refusal([] { parse_checkpoint_key(key_text + "/" + key_text); }).kind() == errc::key_not_compatible);
}

TEST_CASE("other things beside documents are passed over") {
    const std::string artifacts = "mf.checkpoints/checkpoints/artifact_metadata/F7/start/dabd1db8d35a/a92ae9615600/";
    for (const char* name : {"latest", "fc6851aa.0.x.12", "fc6851aa.0.x.metadata", "0.x.12.metadata", "a.tmp",
                             "fc6851aa.0.x.12.metadata.tmp", ".metadata", "fc6851aa.0.x.12.metadata/x"}) {
        CAPTURE(name);
        CHECK_FALSE(parse_artifact_document_key(artifacts + name));
        CHECK_FALSE(parse_artifact_document_id(artifacts + name));
    }
    CHECK_FALSE(parse_artifact_document_key(key_text));
    CHECK_FALSE(parse_checkpoint_key_id(document_text));
    const std::string tasks = "mf.checkpoints/checkpoints/metadata/F7/1/start/1/";
    for (const char* name :
         {"latest", "0.x.12", "0.12.metadata", "x.0.12.metadata", "02.x.12.metadata", ".metadata", "0.x.y.metadata"}) {
        CAPTURE(name);
        CHECK_FALSE(parse_task_document_key(tasks + name));
        CHECK_FALSE(parse_task_document_id(tasks + name));
    }
    CHECK_FALSE(parse_task_document_key(document_text));
}

TEST_CASE("names of checkpoints") {
    for (const std::string& name :
         std::vector<std::string>{"mfchckpt", "epoch_3", "a b", "tr\u00e4in", "x:y", std::string(128, 'n')}) {
        CAPTURE(name);
        CHECK_NOTHROW(check_checkpoint_name(name));
        checkpoint_location where = place;
        where.id.name = name;
        CHECK(parse_checkpoint_key(data_key(where).str()) == where);
    }
}

TEST_CASE("a refused name is told which rule it broke and what a name is") {
    const std::vector<std::pair<std::string, std::string>> rows{{"", "empty"},
                                                                {"v1.0", "'.'"},
                                                                {".", "'.'"},
                                                                {"a/b", "'/'"},
                                                                {"best?", "'?'"},
                                                                {"a\nb", "control character"},
                                                                {std::string("a\0b", 3), "control character"},
                                                                {"\xC3\x28", "UTF-8"},
                                                                {std::string(129, 'n'), "128 bytes"}};
    for (const auto& [name, rule] : rows) {
        CAPTURE(rule);
        const error failure = refusal([&] { check_checkpoint_name(name); });
        CHECK(failure.kind() == errc::invalid_argument);
        CHECK(holds(failure.message(), rule));
        CHECK(holds(failure.message(), "a name is 1 to 128 bytes"));
    }
}

TEST_CASE("our own objects stay out of what Python lists") {
    CHECK(manifest_key(place).str() ==
          "mf.checkpoints/checkpoints/holdfast/manifests/F7/start/dabd1db8d35a/a92ae9615600/"
          "fc6851aa.0.mfchckpt.12.json");
    const object_key claim = reservation_key(checkpoints_prefix, "F7/9/start/1", "0", 12);
    CHECK(claim.str() == "mf.checkpoints/checkpoints/holdfast/reservations/F7/9/start/1/0/12");
    CHECK(claim.is_below(reservations_prefix(checkpoints_prefix, "F7/9/start/1", "0")));
    for (const object_key& key : {manifest_key(place), claim}) {
        CHECK_FALSE(parse_artifact_document_key(key.str()));
        CHECK_FALSE(parse_task_document_key(key.str()));
        CHECK_FALSE(key.is_below(data_key(place).str()));
    }
}

TEST_CASE("the longest names still make keys") {
    const std::string name(200, 'n');
    const task_context context{.flow = name,
                               .run = name,
                               .step = name,
                               .task = name,
                               .attempt = "999999999999999999",
                               .identifier = "a92ae9615600",
                               .scope = "dabd1db8d35a"};
    checkpoint_location where{folder_of(context.resolved({{}, {}, {}})),
                              {"fc6851aa", context.attempt, std::string(128, 'n'), 9223372036854775807U}};
    where.folder.root_prefix = hub_prefix;
    for (const object_key& key : {data_key(where), artifact_document_key(where), manifest_key(where),
                                  task_document_key(hub_prefix, context.pathspec(), where.id),
                                  reservation_key(hub_prefix, context.pathspec(), context.attempt, where.id.version)}) {
        CHECK(key.str().size() <= object_key::max_size);
        CHECK(key.name().size() <= 255);
    }
    CHECK(parse_checkpoint_key(data_key(where).str()) == where);
}

TEST_CASE("a folder that was not filled in makes no key") {
    artifact_folder unfinished = folder;
    unfinished.identifier.clear();
    CHECK(refusal([&] { data_key({unfinished, id}); }).kind() == errc::invalid_argument);
}

TEST_CASE("keys of a model") {
    const std::string model = "F7_train_0123456789abcdef0123456789abcdef";
    CHECK(model_data_key(model).str() == "mf.models/models/artifacts/" + model);
    CHECK(model_artifact_document_key(model).str() == "mf.models/models/artifact_metadata/" + model + ".metadata");
    const object_key task = model_task_document_key("F7/1/train/2", "3", model);
    CHECK(task.str() == "mf.models/models/metadata/F7/1/train/2/3." + model + ".metadata");
    CHECK(parse_model_key("mf.models/models/artifacts/" + model) == model);
    const auto parsed = parse_model_task_document_key(task.str());
    REQUIRE(parsed);
    CHECK(parsed->pathspec == "F7/1/train/2");
    CHECK(parsed->attempt == "3");
    CHECK(parsed->model_id == model);
    const auto dotted = parse_model_task_document_key("mf.models/models/metadata/F/1/s/2/0.v1.0_ab.metadata");
    REQUIRE(dotted);
    CHECK(dotted->model_id == "v1.0_ab");
}

TEST_CASE("a model's label may hold '/' where Python wrote it, and its uuid tells it from a file of another model") {
    const std::string model = "meta-llama/Llama-3_0123456789abcdef0123456789abcdef";
    CHECK(parse_model_key("mf.models/models/artifacts/" + model) == model);
    CHECK(kind_of_key("mf.models/models/artifacts/" + model) == artifact_kind::model);
    CHECK(model_data_key(model).str() == "mf.models/models/artifacts/" + model);
    CHECK(label_of_model_id(model) == "meta-llama/Llama-3");
    const auto parsed = parse_model_task_document_key(model_task_document_key("F7/1/train/2", "3", model).str());
    REQUIRE(parsed);
    CHECK(parsed->pathspec == "F7/1/train/2");
    CHECK(parsed->attempt == "3");
    CHECK(parsed->model_id == model);
    CHECK(refusal([&] { parse_model_key("mf.models/models/artifacts/" + model + "/weights"); }).kind() ==
          errc::key_not_compatible);
    CHECK_FALSE(parse_model_task_document_key("mf.models/models/metadata/F7/1/train/2/3.a/b.metadata"));
}

TEST_CASE("what is no key of a model") {
    for (const std::string& text :
         std::vector<std::string>{"", "x", key_text, "mf.models/models/artifacts", "mf.models/models/artifacts/",
                                  "mf.models/models/artifacts/..", "mf.models/models/artifacts/m/weights.bin",
                                  "mf.models/models/artifacts/\xC3\x28", "mf.models/models/artifact_metadata/m"}) {
        CAPTURE(text);
        CHECK(refusal([&] { parse_model_key(text); }).kind() == errc::key_not_compatible);
    }
    for (const char* name : {"latest", "02.m.metadata", "0.metadata", "0..metadata", "x.m.metadata", ".m.metadata",
                             "0.m", "0.m/x.metadata"}) {
        CAPTURE(name);
        CHECK_FALSE(parse_model_task_document_key("mf.models/models/metadata/F/1/s/2/" + std::string(name)));
    }
    CHECK_FALSE(parse_model_task_document_key("mf.models/models/metadata/F/1/s/0.m.metadata"));
}

TEST_CASE("folders of hub entries") {
    const checkpoint_location flow{hub_flow_folder("F7"), {"fc6851aa", "0", "4c94c97fc0", 0}};
    CHECK(data_key(flow).str() ==
          "mf.huggingface_hub/checkpoints/artifacts/mf:internal/huggingface-hub/registry:flow/F7/"
          "fc6851aa.0.4c94c97fc0.0");
    CHECK(parse_checkpoint_key(data_key(flow).str()) == flow);
    CHECK(artifact_documents_prefix(hub_global_folder()) ==
          "mf.huggingface_hub/checkpoints/artifact_metadata/mf:internal/huggingface-hub/registry:global/fully-global");
}

TEST_CASE("parts that look like the layout's own words do not confuse it") {
    checkpoint_location where = place;
    where.folder.flow = "checkpoints";
    where.folder.step = "artifacts";
    CHECK(parse_checkpoint_key(data_key(where).str()) == where);
    where.folder.root_prefix = "team/mf.checkpoints";
    CHECK(parse_checkpoint_key(data_key(where).str()) == where);
    const auto task =
        parse_task_document_key("mf.checkpoints/checkpoints/metadata/checkpoints/metadata/s/t/0.n.1.metadata");
    REQUIRE(task);
    CHECK(task->pathspec == "checkpoints/metadata/s/t");
}

TEST_CASE("a key tells its kind") {
    CHECK(kind_of_key(key_text) == artifact_kind::checkpoint);
    CHECK(kind_of_key("mf.models/models/artifacts/best_01") == artifact_kind::model);
    const checkpoint_location entry{hub_global_folder(), {"fc6851aa", "0", "4c94c97fc0", 0}};
    CHECK(kind_of_key(data_key(entry).str()) == artifact_kind::hub_entry);
    for (const auto* text : {"", "x", "mf.models/models/artifacts/", "mf.models/models/artifacts/a/b", "\xC3\x28"}) {
        CAPTURE(text);
        CHECK(refusal([&] { kind_of_key(text); }).kind() == errc::key_not_compatible);
    }
}

TEST_CASE("a model's label stands before its uuid") {
    CHECK(label_of_model_id("a_b_0123456789abcdef0123456789abcdef") == "a_b");
    CHECK(label_of_model_id("0123456789abcdef0123456789abcdef") == "0123456789abcdef0123456789abcdef");
    CHECK(label_of_model_id("_0123456789abcdef0123456789abcdef") == "_0123456789abcdef0123456789abcdef");
    CHECK(label_of_model_id("a_0123456789ABCDEF0123456789abcdef") == "a_0123456789ABCDEF0123456789abcdef");
    CHECK(label_of_model_id("plain") == "plain");
}

TEST_CASE("a model without a label has that of its step, as much of it as a label holds") {
    CHECK(default_model_label("F7", "start") == "F7_start");
    CHECK(default_model_label(std::string(126, 'f'), "s") == std::string(126, 'f') + "_s");
    const auto cut = default_model_label(std::string(126, 'f'), "\xC3\xA4");
    CHECK(cut == std::string(126, 'f') + "_");
    CHECK_NOTHROW(check_model_label(cut));
}

TEST_CASE("what a model's label may be") {
    for (const auto& label : {std::string("v1.0"), std::string("größte"), std::string(128, 'a')}) {
        CHECK_NOTHROW(check_model_label(label));
    }
    for (const auto& label : {std::string(), std::string("a/b"), std::string("cats?"), std::string("a\tb"),
                              std::string("\xC3\x28"), std::string(129, 'a')}) {
        CAPTURE(label);
        CHECK(refusal([&] { check_model_label(label); }).kind() == errc::invalid_argument);
    }
}
