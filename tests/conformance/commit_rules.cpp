// What a save promises wherever it stops, over every backend and archive: an old or a new checkpoint is restored,
// never a mix; what is listed can be loaded; the next save works and gets a version of its own.
#include <holdfast/archive/files.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/checkpoint.hpp>
#include <holdfast/storage/any.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>

#include <doctest/doctest.h>

#include <tests/support/archetype_storage.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/tree_building.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace holdfast;
using detail::temp_directory;
using tree_building::listing;
using tree_building::write_file;

namespace {

const task_context task{.flow = "Rules", .run = "7", .step = "train", .task = "1", .metaflow_namespace = "user:alice"};

std::filesystem::path make_state(const temp_directory& folder, const std::string& content) {
    const auto state = folder.path() / content;
    write_file(state / "weights", content + " weights");
    write_file(state / "optimizer" / "moments", content + " moments");
    return state;
}

/// A store in which every step from `number` on fails, that step after it took effect where `done` is set.
storage_hook die_at(std::uint64_t number, bool done) {
    return [=](const storage_step& step) {
        if (step.number > number || (step.number == number && step.done == done)) {
            throw error(errc::unavailable, step.operation, step.key, "the process died here");
        }
    };
}

/// Saves `state` with a store that dies at a step; true where the save came through.
template <class Archive, class Storage>
bool save_dying(const Storage& store, const std::filesystem::path& state, std::uint64_t number, bool done) {
    try {
        checkpoint<failing_storage<Storage>, Archive>{{store, die_at(number, done)}, task}.save(state);
        return true;
    } catch (const error& failed) {
        CHECK(failed.kind() == errc::unavailable);
        return false;
    }
}

/// What a restarted task finds: the lines of the restored tree, or none.
template <class Storage>
std::vector<std::string> restored_state(const Storage& store) {
    checkpoint<Storage> restarted{store, task};
    const auto found = restarted.restore();
    if (!found) return {};
    CHECK(found->skipped().empty());
    return listing(found->directory());
}

template <class Storage>
void check_listed_are_good(const Storage& store) {
    const checkpoint<Storage> reader{store, task};
    for (const auto& found : reader.list()) CHECK(reader.verify(found.key).status == verification::result::ok);
    for (const auto& found : reader.list({.whole_namespace = true})) {
        CHECK(reader.verify(found.key).status == verification::result::ok);
    }
}

/// Dies at every step of a save over `older` (none where empty) until one comes through.
template <class Archive, class MakeStorage>
void die_at_every_step(MakeStorage make, bool with_older, bool done) {
    const temp_directory folder;
    const auto older = make_state(folder, "older");
    const auto newer = make_state(folder, "newer");
    const auto before = with_older ? listing(older) : std::vector<std::string>{};
    for (std::uint64_t number = 0;; ++number) {
        CAPTURE(number);
        const auto store = make(number);
        using storage = std::remove_const_t<decltype(store)>;
        if (with_older) checkpoint<storage, Archive>{store, task}.save(older);
        const bool saved = save_dying<Archive>(store, newer, number, done);

        const auto found = restored_state(store);
        CHECK((found == before || found == listing(newer)));
        if (saved) CHECK(found == listing(newer));
        check_listed_are_good(store);

        const auto next = checkpoint<storage, Archive>{store, task}.save(newer);
        CHECK(restored_state(store) == listing(newer));
        CHECK(next.version >= (with_older ? 1U : 0U));
        check_listed_are_good(store);
        if (saved) break;
        REQUIRE(number < 200);
    }
}

template <class Archive, class MakeStorage>
void die_in_every_way(MakeStorage make) {
    for (const bool with_older : {false, true}) {
        for (const bool done : {false, true}) {
            CAPTURE(with_older);
            CAPTURE(done);
            die_at_every_step<Archive>(make, with_older, done);
        }
    }
}

/// Sixteen writers, each with an object of its own, save to one task at once.
template <class Storage>
void save_from_sixteen_at_once(const Storage& store) {
    constexpr std::size_t writers = 16;
    const temp_directory folder;
    std::vector<std::filesystem::path> states;
    for (std::size_t i = 0; i < writers; ++i) states.push_back(make_state(folder, "writer" + std::to_string(i)));
    std::vector<checkpoint_reference> saved(writers);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < writers; ++i) {
            threads.emplace_back([&, i] { saved[i] = checkpoint<Storage>{store, task}.save(states[i]); });
        }
    }
    std::set<std::uint64_t> versions;
    checkpoint<Storage> reader{store, task};
    for (std::size_t i = 0; i < writers; ++i) {
        versions.insert(saved[i].version);
        CHECK(listing(reader.load(saved[i].key).directory) == listing(states[i]));
    }
    CHECK(versions.size() == writers);
    CHECK(reader.list().size() == writers);
    CHECK(reader.restore()->info().version == *versions.rbegin());
}

}  // namespace

TEST_CASE_TEMPLATE("a save that dies at any step leaves an old or a new checkpoint in memory", Archive, files, tar,
                   tar_gz) {
    die_in_every_way<Archive>([](std::uint64_t) { return memory_storage{}; });
}

TEST_CASE_TEMPLATE("a save that dies at any step leaves an old or a new checkpoint in a directory", Archive, files,
                   tar) {
    const temp_directory stores;
    std::uint64_t count = 0;
    die_in_every_way<Archive>([&](std::uint64_t) { return local_storage{stores.path() / std::to_string(count++)}; });
}

TEST_CASE("a save that dies at any step leaves an old or a new checkpoint in a store without abilities") {
    die_in_every_way<files>([](std::uint64_t) { return archetype_storage{}; });
}

TEST_CASE("a removal that dies at any step lists nothing broken, and its repetition frees every byte") {
    const temp_directory folder;
    const auto older = make_state(folder, "older");
    const auto newer = make_state(folder, "newer");
    for (std::uint64_t number = 0;; ++number) {
        CAPTURE(number);
        const memory_storage store;
        checkpoint<memory_storage> state{store, task};
        const auto kept = state.save(older);
        const auto gone = state.save(newer);
        bool removed = true;
        try {
            checkpoint<failing_storage<memory_storage>>{{store, die_at(number, false)}, task}.remove(gone.key);
        } catch (const error& failed) {
            CHECK(failed.kind() == errc::unavailable);
            removed = false;
        }
        check_listed_are_good(store);
        CHECK_FALSE(restored_state(store).empty());
        state.remove(gone.key);
        CHECK(restored_state(store) == listing(older));
        std::vector<std::string> left;
        store.list("", [&](const object_info& object) {
            const auto& key = object.key.str();
            if (key.find("/reservations/") == std::string::npos &&
                key.find(kept.key.substr(kept.key.rfind('/'))) == std::string::npos) {
                left.push_back(key);
            }
            return true;
        });
        for (const auto& key : left) CHECK((key.ends_with("/latest") || key.ends_with("/0.mfchckpt.0.metadata")));
        CHECK(left.size() == 3);
        if (removed) break;
        REQUIRE(number < 200);
    }
}

TEST_CASE("sixteen writers at once get sixteen versions") {
    const temp_directory folder;
    SUBCASE("memory") {
        save_from_sixteen_at_once(memory_storage{});
    }
    SUBCASE("local") {
        save_from_sixteen_at_once(local_storage{folder.path() / "store"});
    }
    SUBCASE("any") {
        save_from_sixteen_at_once(any_storage{local_storage{folder.path() / "store"}});
    }
    SUBCASE("without abilities, versions differ all the same") {
        constexpr std::size_t writers = 16;
        const archetype_storage store;
        const auto state = make_state(folder, "state");
        std::vector<std::uint64_t> versions(writers);
        {
            std::vector<std::jthread> threads;
            for (std::size_t i = 0; i < writers; ++i) {
                threads.emplace_back([&, i] {
                    versions[i] = checkpoint<archetype_storage>{store, task}.save(state).version;
                });
            }
        }
        CHECK(std::set<std::uint64_t>(versions.begin(), versions.end()).size() == writers);
    }
}

TEST_CASE("latest never goes backwards") {
    const temp_directory folder;
    const memory_storage store;
    auto late = task;
    auto retry = task;
    retry.attempt = "1";
    checkpoint<memory_storage> second{store, retry};
    const auto newest = second.save(make_state(folder, "retry"));
    checkpoint<memory_storage>{store, late}.save(make_state(folder, "late"));
    CHECK(second.restore()->info().key == newest.key);
}
