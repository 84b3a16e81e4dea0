#include <holdfast/checkpoint.hpp>

#include <holdfast/archive/tar.hpp>
#include <holdfast/storage/memory.hpp>

#include <doctest/doctest.h>

#include <tests/support/archetype_storage.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/stopping.hpp>
#include <tests/support/tree_building.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

// A caller who stops a list, a search, a verification or a removal.

using namespace holdfast;
using detail::temp_directory;
using tree_building::failure_of;

namespace {

const task_context task{.flow = "Unit", .run = "3", .step = "train", .task = "1", .metaflow_namespace = "user:alice"};

template <class Storage = memory_storage>
struct world {
    Storage store;

    template <class Archive = files>
    checkpoint_reference save(const save_options& options = {}) const {
        const auto tree = tree_of({{"weights", byte_source::from_text(std::string(200, 'w'))},
                                   {"deep/moments", byte_source::from_text("m")},
                                   {"empty", byte_source{}}});
        return checkpoint<Storage, Archive>{store, task}.save(tree, options);
    }

    std::vector<std::string> keys() const {
        std::vector<std::string> found;
        for (const auto& object : list_all(store, "")) {
            if (object.key.str().find("/reservations/") == std::string::npos) found.push_back(object.key.str());
        }
        return found;
    }
};

using watched = checkpoint<failing_storage<memory_storage>>;
using reading = std::function<void(const watched&, const std::stop_token&)>;

std::vector<reading> all_listings() {
    const auto take_all = [](const checkpoint_reference&) { return true; };
    return {[](const watched& state, const std::stop_token& stop) { state.list({.stop = stop}); },
            [](const watched& state, const std::stop_token& stop) {
                state.list({.whole_namespace = true, .limit = 2, .stop = stop});
            },
            [=](const watched& state, const std::stop_token& stop) { state.search("", take_all, {}, stop); }};
}

/// Checks that reading ends with the step at which it is stopped.
/// @param late the most steps that may begin after it, those counted that are told to stop at once
void check_stops(const world<>& here, std::uint64_t late, const reading& read) {
    const temp_directory scratch;
    for (const bool done : {false, true}) {
        CAPTURE(done);
        const auto seen = stop_at_each_step(done, [&](stopping& caller) {
            const watched state{{here.store, caller.hook()},
                                task,
                                {.temp_dir_root = scratch.path(), .limits = {.connections = 1, .range_size = 50}}};
            return failure_of([&] { read(state, caller.token()); });
        });
        CHECK(seen.others == 0);
        CHECK(seen.cancelled >= 3);
        CHECK(seen.finished <= 1);  // the last step had been made
        CHECK(seen.steps_late <= late);
    }
    std::stop_source stop;
    stop.request_stop();
    const failing_storage<memory_storage> store{here.store, [](const storage_step&) {}};
    const watched state{store, task, {.temp_dir_root = scratch.path()}};
    CHECK(failure_of([&] { read(state, stop.get_token()); }) == errc::cancelled);
    CHECK(store.steps() == 0);
    CHECK(std::filesystem::is_empty(scratch.path()));
}

}  // namespace

TEST_CASE("a list or search that is stopped asks for nothing more") {
    const world here;
    for (int i = 0; i < 20; ++i) here.save();
    for (const auto& list : all_listings()) check_stops(here, 0, list);
}

TEST_CASE("a list or search that is stopped before finds no task empty") {
    const world here;
    std::stop_source stop;
    stop.request_stop();
    const failing_storage<memory_storage> store{here.store, [](const storage_step&) {}};
    for (const auto& list : all_listings()) {
        CHECK(failure_of([&] { list(watched{store, task}, stop.get_token()); }) == errc::cancelled);
    }
    CHECK(store.steps() == 0);
}

TEST_CASE("a visitor who stops a search sees nothing more, nor does its handler of damage") {
    const world here;
    for (int i = 0; i < 5; ++i) here.save();
    put_text(here.store, object_key("mf.checkpoints/checkpoints/metadata/Unit/3/train/1/0.mfchckpt.1.metadata"), "{");
    std::stop_source stop;
    int visited = 0;
    int damaged = 0;
    const auto visit = [&](const checkpoint_reference&) {
        if (++visited == 3) stop.request_stop();
        return true;
    };
    const checkpoint<memory_storage> state{here.store};
    const auto count = [&](const error&) { ++damaged; };
    CHECK(failure_of([&] { state.search("Unit", visit, count, stop.get_token()); }) == errc::cancelled);
    CHECK(visited == 3);
    CHECK(damaged == 0);
}

TEST_CASE("a verification that is stopped asks for nothing more and leaves nothing on disk") {
    const world here;
    std::vector<reference> saved;
    for (const auto digest : {digest_kind::crc32c, digest_kind::sha256, digest_kind::none}) {
        saved.emplace_back(here.save({.digest = digest}));
    }
    saved.emplace_back(here.save<tar>().key);
    auto pythons = here.save().fields();
    pythons.erase("holdfast");
    saved.emplace_back(pythons);
    for (const auto& each : saved) {
        CAPTURE(each.key());
        check_stops(here, 2, [&](const watched& state, const std::stop_token& stop) {
            const auto found = state.verify(each, {.stop = stop});
            const bool is_good =
                found.status == verification::result::ok || found.status == verification::result::unverifiable;
            CHECK(is_good);
        });
    }
}

TEST_CASE("a restore that is stopped while it lists says so") {
    const world here;
    for (int i = 0; i < 3; ++i) here.save();
    std::stop_source stop;
    const failing_storage<memory_storage> store{here.store, [&](const storage_step&) { stop.request_stop(); }};
    watched state{store, task, {.limits = {.connections = 1}}};
    CHECK(failure_of([&] {
              state.restore(load_policy::fresh, {.name = "mfchckpt", .load = {.stop = stop.get_token()}});
          }) == errc::cancelled);
    CHECK(store.steps() == 1);
}

namespace {

/// Where a removal starts.
enum class left { whole, without_document, alone };

template <class Storage, class Archive>
struct removal {
    world<Storage> here;
    checkpoint_reference kept;
    checkpoint_reference removed;

    explicit removal(left start) {
        if (start != left::alone) kept = here.template save<Archive>();
        removed = here.template save<Archive>();
        if (start != left::without_document) return;
        here.store.remove(metaflow::artifact_document_key(metaflow::parse_checkpoint_key(removed.key)));
    }

    /// Nothing that is listed or latest is broken, and what is left is both.
    void check_whole() const {
        const checkpoint<Storage> state{here.store, task};
        auto named = state.list();
        CHECK(named.size() >= (kept.key.empty() ? 0 : 1));
        for (auto& each : state.list({.whole_namespace = true})) named.push_back(std::move(each));
        for (const auto& pointer : {metaflow::task_latest_key(metaflow::checkpoints_prefix, "Unit/3/train/1"),
                                    metaflow::artifact_latest_key(metaflow::folder_of(state.context()))}) {
            const auto latest = detail::read_latest(here.store, pointer);
            CHECK_FALSE(latest.damage);
            if (!kept.key.empty()) REQUIRE(latest.names);
            if (latest.names) named.push_back(*latest.names);
        }
        for (const auto& each : named) CHECK(state.open(each).read_all().size() == 3);
    }
};

template <class Storage, class Archive>
void check_stopped_removal(left start) {
    const removal<Storage, Archive> unstopped(start);
    CHECK(checkpoint<Storage>{unstopped.here.store}.remove(unstopped.removed.key));
    for (const bool done : {false, true}) {
        CAPTURE(done);
        const auto seen = stop_at_each_step(done, [&](stopping& caller) {
            const removal<Storage, Archive> stopped(start);
            const checkpoint<failing_storage<Storage>> state{{stopped.here.store, caller.hook()},
                                                             {.limits = {.connections = 1}}};
            const auto failure = failure_of([&] { state.remove(stopped.removed.key, caller.token()); });
            stopped.check_whole();
            const checkpoint<Storage> next{stopped.here.store};
            CHECK(next.remove(stopped.removed.key) == (failure == errc::cancelled));
            CHECK(stopped.here.keys() == unstopped.here.keys());
            stopped.check_whole();
            return failure;
        });
        CHECK(seen.others == 0);
        CHECK(seen.cancelled > 8);
        CHECK(seen.finished > 0);
        CHECK(seen.finished < 4);
        CHECK(seen.steps_late < 4);  // what belongs together is ended together
    }
}

}  // namespace

TEST_CASE_TEMPLATE("a removal that is stopped breaks nothing, and the next one ends it", Storage, memory_storage,
                   archetype_storage) {
    for (const auto start : {left::whole, left::without_document, left::alone}) {
        CAPTURE(static_cast<int>(start));
        check_stopped_removal<Storage, files>(start);
        check_stopped_removal<Storage, tar>(start);
    }
}

TEST_CASE("a removal that is stopped before removes nothing") {
    const removal<memory_storage, files> here(left::whole);
    const auto before = here.here.keys();
    std::stop_source stop;
    stop.request_stop();
    const failing_storage<memory_storage> store{here.here.store, [](const storage_step&) {}};
    for (const reference& which : {reference(here.removed.key), reference(here.removed)}) {
        CHECK(failure_of([&] { checkpoint{store}.remove(which, stop.get_token()); }) == errc::cancelled);
    }
    CHECK(store.steps() == 0);
    CHECK(here.here.keys() == before);
}
