#include <holdfast/checkpoint.hpp>

#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/storage/any.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>

#include <doctest/doctest.h>

#include <tests/support/tree_building.hpp>

#include <cmath>
#include <concepts>
#include <functional>
#include <limits>
#include <string>
#include <vector>

using namespace holdfast;
using detail::temp_directory;
using tree_building::failure_of;
using tree_building::listing;
using tree_building::read_file;
using tree_building::write_file;

namespace {

const task_context task{.flow = "Unit", .run = "3", .step = "train", .task = "1", .metaflow_namespace = "user:alice"};

/// A store, a task and a state to save.
struct fixture {
    temp_directory folder;
    memory_storage store;
    checkpoint<memory_storage> state{store, task};

    std::filesystem::path tree(const std::string& content = "first") const {
        const auto path = folder.path() / content;
        write_file(path / "weights", content);
        write_file(path / "deep" / "er" / "moments ü", content + content);
        write_file(path / "empty", "");
        return path;
    }

    void overwrite(const std::string& key, const std::string& text) const {
        store.put(object_key{key}, byte_source::from_text(text));
    }
    std::string task_latest() const { return "mf.checkpoints/checkpoints/metadata/Unit/3/train/1/latest"; }
    std::string document_of(const checkpoint_reference& saved) const {
        auto key = saved.key;
        key.replace(key.find("/artifacts/"), 11, "/artifact_metadata/");
        return key + ".metadata";
    }
    std::string manifest_of(const checkpoint_reference& saved) const {
        auto key = saved.key;
        key.replace(key.find("/artifacts/"), 11, "/holdfast/manifests/");
        return key + ".json";
    }
    std::string task_document_of(const checkpoint_reference& saved) const {
        return "mf.checkpoints/checkpoints/metadata/Unit/3/train/1/0." + saved.name + "." +
               std::to_string(saved.version) + ".metadata";
    }
    std::vector<std::string> keys() const {
        std::vector<std::string> found;
        store.list("", [&](const object_info& object) {
            if (object.key.str().find("/reservations/") == std::string::npos) found.push_back(object.key.str());
            return true;
        });
        return found;
    }
};

std::vector<std::uint64_t> versions(const std::vector<checkpoint_reference>& references) {
    std::vector<std::uint64_t> found;
    for (const auto& each : references) found.push_back(each.version);
    return found;
}

}  // namespace

TEST_CASE_FIXTURE(fixture, "A1 outside a task saving and listing say which variable is missing") {
    checkpoint<memory_storage> outside{store};
    CHECK(failure_of([&] { outside.save(tree()); }) == errc::not_in_task);
    CHECK(failure_of([&] { outside.list(); }) == errc::not_in_task);
    CHECK(failure_of([&] { outside.list({.whole_namespace = true}); }) == errc::not_in_task);
    try {
        outside.restore();
        FAIL("restored outside a task");
    } catch (const error& failed) {
        CHECK(failed.message().find("METAFLOW_CHECKPOINT_UID") != std::string::npos);
    }
    const auto saved = state.save(tree());
    CHECK(outside.list({.task = "Unit/3/train/1"}).size() == 1);
    CHECK(outside.show(saved.key).key == saved.key);
}

TEST_CASE_FIXTURE(fixture, "A2 to A5 the directory is made when asked for, below the root, and goes with the object") {
    CHECK_FALSE(state.directory());
    std::filesystem::path made;
    {
        checkpoint<memory_storage> other{store, task, {.temp_dir_root = folder.path() / "scratch", .init_dir = true}};
        made = other.directory().value();
        CHECK(made.parent_path() == folder.path() / "scratch");
        CHECK(std::filesystem::is_empty(made));
        write_file(made / "left", "over");
        other.refresh_directory();
        CHECK_FALSE(std::filesystem::exists(made));
        made = other.directory().value();
        CHECK(std::filesystem::is_empty(made));
        other.cleanup();
        CHECK_FALSE(other.directory());
        CHECK_FALSE(std::filesystem::exists(made));
        other.refresh_directory();
        made = other.directory().value();
    }
    CHECK_FALSE(std::filesystem::exists(made));
}

TEST_CASE_FIXTURE(fixture, "A6 a file is saved under its own name") {
    write_file(folder.path() / "model.bin", "bytes");
    const auto saved = state.save(folder.path() / "model.bin");
    CHECK(store.head(object_key{saved.key + "/model.bin"})->size == 5);
    const auto loaded = state.load(saved.key, folder.path() / "out");
    CHECK(listing(loaded.directory) == std::vector<std::string>{"file model.bin: bytes"});
    CHECK(loaded.files == 1);
    CHECK(loaded.bytes == 5);
}

TEST_CASE_TEMPLATE("A7 A12 A13 B4 to B6 a tree comes back as it was", Archive, files, tar, tar_gz) {
    const fixture with;
    const auto source = with.tree();
    std::filesystem::create_directories(source / "no files" / "at all");
    std::filesystem::permissions(source / "weights", std::filesystem::perms{0750});
    checkpoint<memory_storage, Archive> state{with.store, task};
    const auto saved = state.save(source);
    CHECK(saved.storage_format == Archive::storage_format);
    const auto loaded = state.load(saved, with.folder.path() / "out");
    CHECK(listing(loaded.directory) == listing(source));
    CHECK(tree_building::mode(loaded.directory / "weights") == 0750);
    CHECK(state.verify(saved.key).status == verification::result::ok);
    CHECK(state.files_of(saved.key).size() == 3);
}

TEST_CASE_FIXTURE(fixture, "A8 without a path directory() is saved, and there must be one") {
    CHECK(failure_of([&] { state.save(); }) == errc::invalid_argument);
    state.refresh_directory();
    write_file(state.directory().value() / "weights", "own");
    const auto saved = state.save({.name = "own"});
    CHECK(read_file(state.load(saved, folder.path() / "out").directory / "weights") == "own");
}

TEST_CASE_FIXTURE(fixture, "A9 D-30 metadata is kept, and what JSON cannot carry is stored as text") {
    constexpr auto infinity = std::numeric_limits<double>::infinity();
    const boost::json::object given{{"epoch", 3},          {"loss", 0.1},        {"ü", "\U0001F600"},
                                    {"nan", std::nan("")}, {"worst", -infinity}, {"best", {infinity}}};
    const auto saved = state.save(tree(), {.metadata = given});
    const auto stored = state.show(saved.key);
    CHECK(stored.metadata() == saved.metadata());
    CHECK(stored.metadata().at("epoch") == 3);
    CHECK(stored.metadata().at("ü") == "\U0001F600");
    CHECK(stored.metadata().at("nan") == "NaN");
    CHECK(stored.metadata().at("worst") == "-Infinity");
    CHECK(stored.metadata().at("best").as_array().front() == "Infinity");
    CHECK(stored.text.find("\\u00fc") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "A10 latest is moved, or left alone") {
    state.save(tree("first"), {.latest = false});
    CHECK_FALSE(state.restore());
    state.save(tree("second"));
    state.save(tree("third"), {.latest = false});
    CHECK(read_file(state.restore()->directory() / "weights") == "second");
}

TEST_CASE_FIXTURE(fixture, "A11 D-16 a name that could not be read back is refused before anything is written") {
    for (const auto* name : {"v1.0", "a/b", "", "..", "tab\t"}) {
        CAPTURE(name);
        CHECK(failure_of([&] { state.save(tree(), {.name = name}); }) == errc::invalid_argument);
    }
    CHECK(keys().empty());
}

TEST_CASE_FIXTURE(fixture, "A15 the reference has Python's fields and one of our own") {
    const auto saved = state.save(tree(), {.name = "epoch", .metadata = {{"epoch", 1}}});
    const auto fields = parse_metadata(saved.to_json());
    for (const auto* name : {"size", "pathspec", "pathspec_hash", "attempt", "key", "type", "url", "name", "created_on",
                             "metadata", "storage_format", "creation_context", "version_id"}) {
        CAPTURE(name);
        CHECK(fields.contains(name));
    }
    CHECK(fields.size() == 14);
    CHECK(fields.at("attempt") == 0);
    CHECK(fields.at("size") == 15);
    CHECK(fields.at("type") == "checkpoint");
    CHECK(fields.at("pathspec") == "Unit/3/train/1");
    CHECK(fields.at("holdfast").at("manifest_sha256").as_string().size() == 64);
    auto child = task;
    child.attempt_is_text = true;
    CHECK(checkpoint<memory_storage>{store, child}.save(tree()).fields().at("attempt") == "0");
}

TEST_CASE_FIXTURE(fixture, "A16 D-1 versions go on across names, objects and what Python wrote") {
    CHECK(state.save(tree()).version == 0);
    CHECK(state.save(tree(), {.name = "other"}).version == 1);
    checkpoint<memory_storage> again{store, task};
    CHECK(again.save(tree()).version == 2);
    CHECK(state.save(tree()).version == 3);
    overwrite("mf.checkpoints/checkpoints/metadata/Unit/3/train/1/0.python.9.metadata", "{}");
    CHECK(checkpoint<memory_storage>{store, task}.save(tree()).version == 10);
}

TEST_CASE_FIXTURE(fixture, "D-2 nothing is written where data already lies, committed or not") {
    const auto next = state.generate_key();
    overwrite(next + "/weights", "of a writer that claims nothing");
    const auto saved = state.save(tree());
    CHECK(saved.version == 1);
    memory_sink left;
    store.get(object_key{next + "/weights"}, left);
    CHECK(left.text() == "of a writer that claims nothing");
}

TEST_CASE_FIXTURE(fixture, "A17 a key can be known beforehand") {
    const auto expected = state.generate_key("epoch");
    CHECK(state.save(tree(), {.name = "epoch"}).key == expected);
    CHECK(state.generate_key("epoch", 12).ends_with(".0.epoch.12"));
    CHECK(failure_of([&] { state.generate_key("a.b"); }) == errc::invalid_argument);
}

TEST_CASE_FIXTURE(fixture, "D-3 D-4 a path that is not there is no empty checkpoint") {
    CHECK(failure_of([&] { state.save(folder.path() / "nowhere"); }) == errc::not_found);
    CHECK(keys().empty());
}

TEST_CASE_FIXTURE(fixture, "symbolic links by policy") {
    const auto source = tree();
    std::filesystem::create_symlink("weights", source / "link");
    CHECK(read_file(state.load(state.save(source), folder.path() / "followed").directory / "link") == "first");
    CHECK(failure_of([&] { state.save(source, {.symlinks = symlink_policy::refuse}); }) == errc::unsafe_path);
    CHECK(failure_of([&] { state.save(source, {.symlinks = symlink_policy::keep}); }) == errc::unsupported);
    checkpoint<memory_storage, tar> archived{store, task};
    const auto kept = archived.load(archived.save(source), folder.path() / "kept").directory / "link";
    CHECK(std::filesystem::read_symlink(kept) == "weights");
}

TEST_CASE_FIXTURE(fixture, "a save that is stopped leaves nothing to see") {
    std::stop_source stop;
    stop.request_stop();
    CHECK(failure_of([&] { state.save(tree(), {.stop = stop.get_token()}); }) == errc::cancelled);
    CHECK(keys().empty());
    CHECK(state.list().empty());
}

TEST_CASE_FIXTURE(fixture, "B1 to B3 a reference is a key, JSON text, an object or a value") {
    const auto saved = state.save(tree());
    const std::vector<reference> forms{saved.key, saved.to_json(), saved.fields(), saved};
    for (std::size_t i = 0; i < forms.size(); ++i) {
        const auto target = folder.path() / ("form" + std::to_string(i));
        CHECK(listing(state.load(forms[i], target).directory) == listing(tree()));
    }
}

TEST_CASE_FIXTURE(fixture, "B7 a reference loads from any task, and unknown fields travel") {
    auto fields = state.save(tree()).fields();
    fields["added"] = "by someone";
    checkpoint<memory_storage> outside{store};
    outside.load(fields, folder.path() / "out");
    CHECK(outside.info()->fields().at("added") == "by someone");
}

TEST_CASE_FIXTURE(fixture, "B8 D-6 K2 K3 K7 what is not there, what is no key and what is no checkpoint differ") {
    const auto saved = state.save(tree());
    CHECK(failure_of([&] { state.load(state.generate_key("mfchckpt", 9), folder.path() / "out"); }) == errc::not_found);
    CHECK(failure_of([&] { state.load("mf.models/models/artifacts/m_1", folder.path() / "out"); }) ==
          errc::key_not_compatible);
    CHECK(failure_of([&] { state.load("anything", folder.path() / "out"); }) == errc::key_not_compatible);
    auto model = saved.fields();
    model["type"] = "model";
    CHECK(failure_of([&] { state.load(model, folder.path() / "out"); }) == errc::incompatible_type);
    CHECK(failure_of([&] { state.load("{\"key\": 3}", folder.path() / "out"); }) == errc::corrupt);
    remove_prefix(store, object_key{saved.key});
    CHECK(failure_of([&] { state.load(saved.key, folder.path() / "out"); }) == errc::not_found);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "out"));
}

TEST_CASE_FIXTURE(fixture, "B9 every kind of damage is told apart") {
    const auto saved = state.save(tree());
    const auto message = [&] {
        try {
            state.load(saved.key, folder.path() / "out");
        } catch (const error& failed) {
            CHECK(failed.kind() == errc::corrupt);
            return failed.message();
        }
        return std::string("loaded");
    };
    const auto holds = [&](const char* part) { return message().find(part) != std::string::npos; };
    SUBCASE("a flipped byte") {
        overwrite(saved.key + "/weights", "forst");
        CHECK(holds("weights has the crc32c"));
    }
    SUBCASE("a truncated file") {
        overwrite(saved.key + "/weights", "firs");
        CHECK(holds("weights has 4 bytes, 5 were saved"));
    }
    SUBCASE("a missing object") {
        store.remove(object_key{saved.key + "/weights"});
        CHECK(holds("weights is missing"));
    }
    SUBCASE("a document that is no JSON") {
        overwrite(document_of(saved), "{\"key\": ");
        CHECK_FALSE(holds("loaded"));
    }
    SUBCASE("a document of another checkpoint") {
        overwrite(document_of(saved), state.save(tree("second")).to_json());
        CHECK(holds("of another checkpoint"));
    }
    SUBCASE("a manifest that is not what was saved") {
        overwrite(manifest_of(saved), "{}");
        CHECK(holds("is not what was saved"));
    }
    SUBCASE("a missing manifest") {
        store.remove(object_key{manifest_of(saved)});
        CHECK(holds("manifest"));
    }
    CHECK(state.verify(saved.key).status == verification::result::corrupt);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "out"));
}

TEST_CASE_TEMPLATE("B9 a flipped byte inside an archive is found", Archive, tar, tar_gz) {
    const fixture with;
    checkpoint<memory_storage, Archive> state{with.store, task};
    const auto saved = state.save(with.tree());
    memory_sink bytes;
    with.store.get(object_key{saved.key}, bytes);
    auto text = bytes.text();
    text[std::min<std::size_t>(text.find("first"), text.size() / 2)] ^= 1;
    with.overwrite(saved.key, text);
    CHECK(failure_of([&] { state.load(saved.key, with.folder.path() / "out"); }) == errc::corrupt);
    with.overwrite(saved.key, text.substr(0, text.size() / 2));
    CHECK(failure_of([&] { state.load(saved.key, with.folder.path() / "out"); }) == errc::corrupt);
    with.store.remove(object_key{saved.key});
    CHECK(failure_of([&] { state.load(saved.key, with.folder.path() / "out"); }) == errc::not_found);
}

TEST_CASE_TEMPLATE("digests by choice", Archive, files, tar, tar_gz) {
    const fixture with;
    checkpoint<memory_storage, Archive> state{with.store, task};
    const auto plain = state.save(with.tree(), {.digest = digest_kind::none});
    CHECK(state.verify(plain.key).status == verification::result::unverifiable);
    const auto strong = state.save(with.tree(), {.digest = digest_kind::sha256});
    CHECK(state.files_of(strong).back().digest.size() == 64);
    CHECK(state.verify(strong.key).status == verification::result::ok);
    CHECK(state.files_of(state.save(with.tree())).back().digest.size() == 8);
}

TEST_CASE_FIXTURE(fixture, "D-5 a load makes copies: writing to them does not change the store") {
    const local_storage disk{folder.path() / "store"};
    checkpoint<local_storage> local{disk, task};
    const auto saved = local.save(tree());
    for (int i = 0; i < 2; ++i) {
        const auto loaded = local.load(saved.key, folder.path() / "out").directory;
        CHECK_FALSE(std::filesystem::is_symlink(loaded / "weights"));
        CHECK(std::filesystem::hard_link_count(loaded / "weights") == 1);
        write_file(loaded / "weights", "trained on");
    }
    CHECK(local.verify(saved.key).status == verification::result::ok);
}

TEST_CASE_FIXTURE(fixture, "a load keeps other files, replaces its own, and changes nothing when it fails") {
    const auto saved = state.save(tree());
    const auto target = folder.path() / "out";
    write_file(target / "mine", "kept");
    write_file(target / "weights", "old");
    const auto before = listing(target);
    overwrite(saved.key + "/empty", "not empty");
    CHECK(failure_of([&] { state.load(saved.key, target); }) == errc::corrupt);
    CHECK(listing(target) == before);
    overwrite(saved.key + "/empty", "");
    write_file(target / "deep" / "er" / "moments ü" / "a file below what is to be a file", "");
    CHECK(failure_of([&] { state.load(saved.key, target); }) == errc::precondition_failed);
    std::filesystem::remove_all(target / "deep");
    state.load(saved.key, target);
    CHECK(read_file(target / "mine") == "kept");
    CHECK(read_file(target / "weights") == "first");
    CHECK(failure_of([&] { state.load(saved.key, target / "mine"); }) == errc::invalid_argument);
    CHECK(failure_of([&] { state.load(saved.key, target / "mine" / "below"); }) != tree_building::not_thrown);
    CHECK(failure_of([&] { state.load(saved.key, ""); }) == errc::invalid_argument);
}

TEST_CASE_FIXTURE(fixture,
                  "D-35 D9 a load into directory() takes the place of what it held, and says what was loaded") {
    const auto saved = state.save(tree());
    state.refresh_directory();
    write_file(state.directory().value() / "other", "");
    CHECK_FALSE(state.is_loaded());
    state.load(saved);
    CHECK(listing(state.directory().value()) == listing(tree()));
    CHECK(state.is_loaded());
    CHECK(state.info()->key == saved.key);
}

TEST_CASE_FIXTURE(fixture, "a load into directory() that fails leaves it, and what was loaded, as they were") {
    const auto saved = state.save(tree());
    const auto fetched = state.load(saved);
    CHECK(fetched.directory == state.directory().value());
    const auto damaged = state.save(tree());
    remove_prefix(store, object_key{damaged.key});
    CHECK(failure_of([&] { state.load(damaged); }) == errc::not_found);
    CHECK(state.info()->key == saved.key);
    CHECK(listing(state.directory().value()) == listing(tree()));
}

TEST_CASE_TEMPLATE("limits are kept before anything is written", Archive, files, tar, tar_gz) {
    const fixture with;
    checkpoint<memory_storage, Archive> state{with.store, task};
    const auto saved = state.save(with.tree());
    const auto target = with.folder.path() / "out";
    CHECK(failure_of([&] { state.load(saved, target, {.limits = {.bytes = 14}}); }) == errc::too_large);
    CHECK(failure_of([&] { state.load(saved, target, {.limits = {.entries = 2}}); }) == errc::too_large);
    CHECK_FALSE(std::filesystem::exists(target));
    state.load(saved, target, {.limits = {.bytes = 15, .entries = 5}});
}

TEST_CASE_FIXTURE(fixture,
                  "C1 C2 C5 C6 D-9 D-17 the newest is first, across attempts, and filters take what names say") {
    for (const auto* attempt : {"0", "2", "10"}) {
        auto context = task;
        context.attempt = attempt;
        checkpoint<memory_storage> at{store, context};
        at.save(tree(), {.name = "a"});
        at.save(tree(), {.name = "b"});
    }
    std::vector<std::string> seen;
    for (const auto& found : state.list()) seen.push_back(found.attempt + found.name);
    CHECK(seen == std::vector<std::string>{"10b", "10a", "2b", "2a", "0b", "0a"});
    CHECK(state.list({.name = "a"}).size() == 3);
    CHECK(state.list({.attempt = "2"}).size() == 2);
    CHECK(state.list({.attempt = "1"}).empty());
    CHECK(failure_of([&] { state.list({.attempt = "first"}); }) == errc::invalid_argument);
    CHECK(state.list({.limit = 3}).size() == 3);
    CHECK(state.list({.limit = 3}).back().attempt == "2");
    CHECK(state.list({.limit = 0}).empty());
}

TEST_CASE_FIXTURE(fixture, "C7 of a task that is named the latest attempt with a checkpoint is listed") {
    for (const auto* attempt : {"0", "9", "10"}) {
        auto context = task;
        context.attempt = attempt;
        checkpoint<memory_storage> at{store, context};
        at.save(tree(), {.name = "every"});
        if (context.attempt == "9") at.save(tree(), {.name = "ninth"});
    }
    const std::string named = "Unit/3/train/1";
    REQUIRE(state.list({.task = named}).size() == 1);
    CHECK(state.list({.task = named}).front().attempt == "10");
    CHECK(state.list({.name = "ninth", .task = named}).empty());
    CHECK(state.list({.task = named, .attempt = "9"}).size() == 2);
    CHECK(state.list().size() == 4);
    CHECK(state.list({.task = "Unit/3/train/none"}).empty());
}

TEST_CASE_FIXTURE(fixture, "C4 D-18 another task's checkpoints are listed by its pathspec") {
    state.save(tree());
    auto other = task;
    other.task = "2";
    checkpoint<memory_storage> elsewhere{store, other};
    CHECK(elsewhere.list().empty());
    CHECK(elsewhere.list({.task = "Unit/3/train/1", .attempt = "0"}).size() == 1);
    CHECK(failure_of([&] { elsewhere.list({.task = "Unit/3"}); }) == errc::invalid_argument);
}

TEST_CASE_FIXTURE(fixture, "C8 the whole namespace holds every run of the step, newest first by time") {
    auto seconds = std::make_shared<int>(0);
    const clock_function ticking = [=] {
        return std::chrono::sys_seconds{std::chrono::seconds{1'700'000'000 + ++*seconds}};
    };
    for (const auto* run : {"3", "4", "5"}) {
        auto context = task;
        context.run = run;
        if (*seconds == 0) context.attempt = "1";
        checkpoint<memory_storage>{store, context, {.clock = ticking}}.save(tree());
    }
    auto foreign = task;
    foreign.metaflow_namespace = "user:bob";
    checkpoint<memory_storage>{store, foreign}.save(tree());
    std::vector<std::string> seen;
    for (const auto& found : state.list({.whole_namespace = true})) seen.push_back(found.pathspec);
    CHECK(seen == std::vector<std::string>{"Unit/5/train/1", "Unit/4/train/1", "Unit/3/train/1"});
    CHECK(state.list({.whole_namespace = true, .limit = 1}).front().pathspec == "Unit/5/train/1");
}

TEST_CASE_FIXTURE(fixture, "C14 D-31 one damaged document does not end the listing") {
    const auto first = state.save(tree());
    state.save(tree());
    overwrite(task_document_of(first), "no JSON");
    std::vector<std::string> damaged;
    const auto found = state.list({.on_damage = [&](const error& each) { damaged.push_back(each.key()); }});
    CHECK(versions(found) == std::vector<std::uint64_t>{1});
    CHECK(damaged == std::vector<std::string>{task_document_of(first)});
}

TEST_CASE_FIXTURE(fixture, "C15 D-42 search goes over flow, run, step and task, and can be ended") {
    state.save(tree());
    state.save(tree());
    auto other = task;
    other.run = "4";
    checkpoint<memory_storage>{store, other}.save(tree());
    const checkpoint<memory_storage> anywhere{store};
    const auto count = [&](const char* pathspec) {
        std::size_t seen = 0;
        anywhere.search(pathspec, [&](const checkpoint_reference&) { return ++seen > 0; });
        return seen;
    };
    CHECK(count("") == 3);
    CHECK(count("Unit") == 3);
    CHECK(count("Unit/3") == 2);
    CHECK(count("Unit/3/train") == 2);
    CHECK(count("Unit/4/train/1") == 1);
    CHECK(count("Uni") == 0);
    CHECK(failure_of([&] { count("a/b/c/d/e"); }) == errc::invalid_argument);
    CHECK(failure_of([&] { count("../Unit"); }) == errc::invalid_argument);
    std::size_t seen = 0;
    anywhere.search("", [&](const checkpoint_reference&) { return ++seen < 2; });
    CHECK(seen == 2);
}

TEST_CASE_FIXTURE(fixture, "D1 D2 D3 fresh looks at the task, eager at the step in the namespace, none nowhere") {
    state.save(tree());
    auto next_run = task;
    next_run.run = "4";
    checkpoint<memory_storage> next{store, next_run};
    CHECK_FALSE(next.restore(load_policy::fresh));
    CHECK_FALSE(next.restore(load_policy::none));
    CHECK_FALSE(next.is_loaded());
    const auto found = next.restore(load_policy::eager);
    CHECK(listing(found->directory()) == listing(tree()));
    CHECK(next.is_loaded());
    CHECK(next.info()->pathspec == "Unit/3/train/1");
    auto stranger = next_run;
    stranger.metaflow_namespace = "user:bob";
    CHECK_FALSE(checkpoint<memory_storage>{store, stranger}.restore(load_policy::eager));
    next.save(tree("second"));
    CHECK(next.restore(load_policy::eager)->info().pathspec == "Unit/4/train/1");
}

TEST_CASE_FIXTURE(fixture, "D12 a retry goes on where the attempt before stopped, and remembers where it came from") {
    const auto saved = state.save(tree());
    auto retry = task;
    retry.attempt = "1";
    checkpoint<memory_storage> second{store, retry};
    CHECK(second.restore()->info().key == saved.key);
    const auto next = second.save(tree("second"));
    CHECK(next.attempt == "1");
    CHECK(next.version == 0);
    CHECK(next.fields().at("holdfast").at("parent").as_string() == saved.key.c_str());
    CHECK_FALSE(saved.fields().at("holdfast").as_object().contains("parent"));
}

TEST_CASE_FIXTURE(fixture, "D-15 a restore steps back over what is damaged and says why") {
    const auto first = state.save(tree("first"));
    const auto second = state.save(tree("second"));
    const auto stepped_back_from = [&](const std::string& key, const char* why) {
        const auto found = state.restore();
        CHECK(found->info().key == first.key);
        CHECK(read_file(found->directory() / "weights") == "first");
        REQUIRE_FALSE(found->skipped().empty());
        CHECK(found->skipped()[0].key == key);
        CHECK(found->skipped()[0].kind == errc::corrupt);
        CHECK(found->skipped()[0].why.find(why) != std::string::npos);
    };
    SUBCASE("data") {
        overwrite(second.key + "/weights", "sekond");
        stepped_back_from(second.key, "crc32c");
    }
    SUBCASE("all data is gone") {
        remove_prefix(store, object_key{second.key});
        stepped_back_from(second.key, "not in the store");
    }
    SUBCASE("manifest") {
        overwrite(manifest_of(second), "damaged");
        stepped_back_from(second.key, "manifest");
    }
    SUBCASE("latest, where the newest is good") {
        overwrite(task_latest(), "damaged");
        const auto found = state.restore();
        CHECK(found->info().key == second.key);
        CHECK(found->skipped()[0].key == task_latest());
    }
    SUBCASE("without stepping back it is an error") {
        overwrite(second.key + "/weights", "sekond");
        CHECK(failure_of([&] { state.restore(load_policy::fresh, {.step_back = false}); }) == errc::corrupt);
    }
    SUBCASE("all of it") {
        overwrite(second.key + "/weights", "sekond");
        overwrite(first.key + "/weights", "forst");
        CHECK(failure_of([&] { state.restore(); }) == errc::corrupt);
        CHECK_FALSE(state.is_loaded());
    }
    SUBCASE("a document in the list") {
        overwrite(second.key + "/weights", "sekond");
        overwrite(task_document_of(first), "damaged");
        CHECK(failure_of([&] { state.restore(); }) == errc::corrupt);
    }
}

TEST_CASE_FIXTURE(fixture, "a retry on a machine whose clock is behind is still the newer one") {
    const auto clock_at = [](int seconds) {
        return clock_function{[=] { return std::chrono::sys_seconds{std::chrono::seconds{1'700'000'000 + seconds}}; }};
    };
    const auto first = checkpoint<memory_storage>{store, task, {.clock = clock_at(3600)}}.save(tree("first"));
    auto retry = task;
    retry.attempt = "1";
    checkpoint<memory_storage> second{store, retry, {.clock = clock_at(0)}};
    const auto newest = second.save(tree("second"));
    const auto last = second.save(tree("third"));
    CHECK(second.restore()->info().key == last.key);
    CHECK(second.remove(last));
    CHECK(second.restore()->info().key == newest.key);
    overwrite(newest.key + "/weights", "sekond");
    CHECK(second.restore()->info().key == first.key);
}

TEST_CASE_FIXTURE(fixture, "a restore after everything was removed by hand starts anew") {
    const auto saved = state.save(tree());
    remove_prefix(store, object_key{saved.key});
    store.remove(object_key{document_of(saved)});
    store.remove(object_key{task_document_of(saved)});
    store.remove(object_key{manifest_of(saved)});
    CHECK_FALSE(state.restore());
}

TEST_CASE_FIXTURE(fixture, "a restore by name takes the newest good one of that name") {
    const auto best = state.save(tree("first"), {.name = "best", .latest = false});
    const auto worse = state.save(tree("second"), {.name = "best", .latest = false});
    state.save(tree("third"), {.name = "other"});
    CHECK(state.restore(load_policy::fresh, {.name = "best"})->info().key == worse.key);
    overwrite(worse.key + "/weights", "sekond");
    const auto target = folder.path() / "out";
    const auto found = state.restore(load_policy::fresh, {.name = "best", .directory = target});
    CHECK(found->info().key == best.key);
    CHECK(found->directory() == target);
    CHECK(read_file(target / "weights") == "first");
    CHECK_FALSE(state.restore(load_policy::fresh, {.name = "none of that name"}));
}

TEST_CASE_FIXTURE(fixture, "a restore into the caller's directory makes none of its own") {
    state.save(tree("first"));
    CHECK(state.restore(load_policy::fresh, {.directory = folder.path() / "out"})->directory() ==
          folder.path() / "out");
    CHECK_FALSE(state.directory());
}

TEST_CASE_FIXTURE(fixture, "D-7 D-8 F8 removing frees the bytes, moves latest back, and can be repeated") {
    const auto first = state.save(tree("first"));
    const auto second = state.save(tree("second"));
    CHECK(state.remove(second.key));
    CHECK(versions(state.list()) == std::vector<std::uint64_t>{0});
    CHECK(state.restore()->info().key == first.key);
    CHECK(state.verify(second.key).status == verification::result::not_found);
    CHECK_FALSE(state.remove(second.key));
    CHECK(state.remove(first));
    CHECK(keys().empty());
    CHECK_FALSE(state.restore());
    CHECK(state.save(tree()).version == 2);
}

TEST_CASE_TEMPLATE("D-7 removing version 1 leaves version 10, and a tar is freed", Archive, files, tar, tar_gz) {
    const fixture with;
    checkpoint<memory_storage, Archive> state{with.store, task};
    std::vector<checkpoint_reference> saved;
    for (int i = 0; i <= 10; ++i) saved.push_back(state.save(with.tree()));
    state.remove(saved[1]);
    CHECK(state.verify(saved[10].key).status == verification::result::ok);
    CHECK_FALSE(detail::has_data(with.store, object_key{saved[1].key}));
    CHECK(state.list().size() == 10);
}

TEST_CASE_FIXTURE(fixture, "what Python wrote is listed, loaded, and verified by what it carries") {
    const std::string folder_key = "Unit/train/dabd1db8d35a/80d5b9c7c81e/";
    const auto saved = state.save(tree());
    REQUIRE(saved.key.find(folder_key) != std::string::npos);
    auto fields = saved.fields();
    fields.erase("holdfast");
    fields["attempt"] = "0";
    auto text = to_python_json(fields);
    text.replace(text.find("\"metadata\": {}"), 14, "\"metadata\": {\"loss\": NaN}");
    overwrite(document_of(saved), text);
    overwrite(task_document_of(saved), text);
    const auto found = state.list().front();
    CHECK(found.to_json() == text);
    CHECK(std::isnan(found.metadata().at("loss").as_double()));
    CHECK(listing(state.load(found, folder.path() / "out").directory) == listing(tree()));
    CHECK(state.verify(saved.key).status == verification::result::unverifiable);
    CHECK(state.files_of(saved.key).size() == 3);
    overwrite(saved.key + "/weights", "longer than before");
    CHECK(state.verify(saved.key).status == verification::result::corrupt);
    state.load(found, folder.path() / "unchecked", {.verify = false});
    remove_prefix(store, object_key{saved.key});
    CHECK(state.verify(saved.key).status == verification::result::not_found);
}

TEST_CASE_FIXTURE(fixture, "a restore into directory() is no mix with what was there, and nothing found leaves that") {
    state.refresh_directory();
    const auto own = state.directory().value();
    write_file(own / "mine", "kept while nothing is found");
    CHECK_FALSE(state.restore());
    CHECK(listing(own).size() == 1);
    const auto first = state.save(tree("first"));
    write_file(folder.path() / "other state" / "other", "second");
    const auto second = state.save(folder.path() / "other state");
    CHECK(state.restore()->info().key == second.key);
    CHECK(listing(own) == listing(folder.path() / "other state"));
    state.remove(second);
    CHECK(state.restore()->directory() == own);
    CHECK(listing(own) == listing(tree("first")));
    overwrite(first.key + "/weights", "forst");
    CHECK(failure_of([&] { state.restore(); }) == errc::corrupt);
    CHECK(listing(own) == listing(tree("first")));
    CHECK(state.directory() == own);
}

TEST_CASE_FIXTURE(fixture, "K1 K10 a directory that cannot be is the caller's mistake, never a damaged checkpoint") {
    const auto saved = state.save(tree());
    write_file(folder.path() / "file", "");
    std::filesystem::create_symlink("nowhere", folder.path() / "dangling");
    std::filesystem::create_symlink("loop", folder.path() / "loop");
    const std::filesystem::path long_name(std::string(300, 'x'));
    for (const auto& target :
         {folder.path() / "file", folder.path() / "file" / "below", folder.path() / "dangling", folder.path() / "loop",
          folder.path() / long_name, std::filesystem::path("/proc/nothing/here")}) {
        CAPTURE(target);
        CHECK(failure_of([&] { state.load(saved, target); }) == errc::invalid_argument);
        CHECK(failure_of([&] { state.restore(load_policy::fresh, {.directory = target}); }) == errc::invalid_argument);
    }
    for (const auto& root : {folder.path() / "file", folder.path() / "file" / "below", folder.path() / long_name}) {
        CAPTURE(root);
        const checkpoint_options options{.temp_dir_root = root};
        checkpoint<memory_storage> nowhere{store, task, options};
        CHECK(failure_of([&] { nowhere.refresh_directory(); }) == errc::invalid_argument);
        CHECK_FALSE(nowhere.directory());
        CHECK(failure_of([&] { nowhere.restore(); }) == errc::invalid_argument);
        CHECK(failure_of([&] { nowhere.load(saved); }) == errc::invalid_argument);
        CHECK(nowhere.verify(saved).status == verification::result::ok);  // it keeps nothing
        CHECK(failure_of([&] { nowhere.save(root / "x"); }) == errc::invalid_argument);
    }
    CHECK(failure_of([&] {
              checkpoint<memory_storage>{store, {.temp_dir_root = folder.path() / "file", .init_dir = true}};
          }) == errc::invalid_argument);
}

TEST_CASE_FIXTURE(fixture, "K6 K10 a store that cannot be is told in every call") {
    write_file(folder.path() / "file", "");
    for (const auto& root : {folder.path() / "file", folder.path() / "file" / "below"}) {
        checkpoint<local_storage> nowhere{local_storage{root}, task};
        const auto key = nowhere.generate_key("mfchckpt", 0);
        const std::vector<std::function<void()>> calls{
            [&] { nowhere.save(tree()); },
            [&] { nowhere.restore(); },
            [&] { nowhere.restore(load_policy::eager); },
            [&] { nowhere.list(); },
            [&] { nowhere.list({.whole_namespace = true}); },
            [&] { nowhere.search("", [](const checkpoint_reference&) { return true; }); },
            [&] { nowhere.load(key, folder.path() / "out"); },
            [&] { nowhere.show(key); },
            [&] { nowhere.files_of(key); },
            [&] { nowhere.verify(key); },
            [&] { nowhere.remove(key); },
            [&] { nowhere.generate_key(); },
        };
        for (std::size_t i = 0; i < calls.size(); ++i) {
            CAPTURE(i);
            CHECK(failure_of(calls[i]) == errc::invalid_argument);
        }
    }
    CHECK_FALSE(std::filesystem::exists(folder.path() / "out"));
}

TEST_CASE_TEMPLATE("what no archive can hold is refused, and leaves nothing", Archive, files, tar, tar_gz) {
    const fixture with;
    checkpoint<memory_storage, Archive> state{with.store, task};
    const auto source = with.tree();
    const auto refused = [&](errc kind) {
        CHECK(failure_of([&] { state.save(source); }) == kind);
        CHECK(with.keys().empty());
    };
    SUBCASE("a name that is not UTF-8") {
        write_file(source / "\xFF\xFE", "");
        refused(errc::invalid_argument);
    }
    SUBCASE("a device") {
        CHECK(failure_of([&] { state.save("/dev/null"); }) == errc::invalid_argument);
    }
    SUBCASE("metadata that is not UTF-8") {
        CHECK(failure_of([&] { state.save(source, {.metadata = {{"a", "\xFF"}}}); }) == errc::invalid_argument);
        CHECK(with.keys().empty());
    }
    SUBCASE("a file below a file") {
        CHECK(failure_of([&] { state.save(source / "weights" / "below"); }) == errc::invalid_argument);
    }
}

TEST_CASE_TEMPLATE("a path that is longer than a key is refused, or comes back", Archive, files, tar, tar_gz) {
    const fixture with;
    checkpoint<memory_storage, Archive> state{with.store, task};
    auto deepest = with.folder.path() / "deep";
    for (int i = 0; i < 12; ++i) deepest /= std::string(100, 'd');
    write_file(deepest / "weights", "far below");
    if constexpr (std::same_as<Archive, files>) {
        CHECK(failure_of([&] { state.save(with.folder.path() / "deep"); }) == errc::too_large);
        CHECK(with.keys().empty());
    } else {
        const auto saved = state.save(with.folder.path() / "deep");
        CHECK(state.verify(saved.key).status == verification::result::ok);
        CHECK(listing(state.load(saved, with.folder.path() / "out").directory) == listing(with.folder.path() / "deep"));
    }
}

TEST_CASE_FIXTURE(fixture, "names of every sort come back") {
    const auto source = folder.path() / "odd";
    for (const auto* name : {"new\nline", "back\\slash", " spaces ", "...", "percent%2F", "quote\"", "~", "a.metadata",
                             "latest", "e\u0301", "\u00e9"}) {
        write_file(source / name, name);
    }
    const local_storage disk{folder.path() / "store"};
    checkpoint<local_storage> local{disk, task};
    checkpoint<local_storage, tar> archived{disk, task};
    CHECK(listing(local.load(local.save(source), folder.path() / "out").directory) == listing(source));
    CHECK(listing(archived.load(archived.save(source), folder.path() / "untarred").directory) == listing(source));
}
