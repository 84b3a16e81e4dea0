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

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
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

/// What the store holds but claims of versions, which stay for ever.
template <class Storage>
std::vector<std::string> keys_of(const Storage& store) {
    std::vector<std::string> found;
    for (const auto& object : list_all(store, "")) {
        if (object.key.str().find("/reservations/") == std::string::npos) found.push_back(object.key.str());
    }
    return found;
}

/// Removes every checkpoint that a key was ever given for.
template <class Storage>
void remove_versions_up_to(const Storage& store, std::uint64_t last) {
    checkpoint<Storage> state{store, task};
    for (std::uint64_t version = 0; version <= last; ++version) state.remove(state.generate_key("mfchckpt", version));
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
        remove_versions_up_to(store, next.version);
        CHECK(keys_of(store).empty());
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

/// Fails once, at every step of a save in turn: the save takes back what it stored, or is whole.
template <class Archive, class MakeStorage>
void fail_once_at_every_step(MakeStorage make, bool done) {
    const temp_directory folder;
    const auto state = make_state(folder, "state");
    for (std::uint64_t number = 0;; ++number) {
        CAPTURE(number);
        const auto store = make(number);
        using storage = std::remove_const_t<decltype(store)>;
        const failing_storage<storage> failing{store, fail_at(number, done)};
        try {
            checkpoint<failing_storage<storage>, Archive>{failing, task}.save(state);
            CHECK(restored_state(store) == listing(state));
            if (failing.steps() <= number) break;
        } catch (const error& failed) {
            CHECK(failed.kind() == errc::unavailable);
            const bool only_latest = failed.message().find("it is saved and listed") != std::string::npos;
            CHECK(checkpoint<storage>{store, task}.list().size() == (only_latest ? 1 : 0));
            CHECK(keys_of(store).empty() == !only_latest);
        }
        check_listed_are_good(store);
        REQUIRE(number < 200);
    }
}

/// Dies at every step of the removal of the newest of two, and of the last one.
template <class Archive, class MakeStorage>
void die_at_every_step_of_a_removal(MakeStorage make, bool done) {
    const temp_directory folder;
    const auto older = make_state(folder, "older");
    const auto newer = make_state(folder, "newer");
    const auto remove_dying = [&](const auto& store, const std::string& key, std::uint64_t number) {
        using storage = std::remove_cvref_t<decltype(store)>;
        try {
            checkpoint<failing_storage<storage>>{{store, die_at(number, done)}, task}.remove(key);
            return true;
        } catch (const error& failed) {
            CHECK(failed.kind() == errc::unavailable);
            return false;
        }
    };
    for (std::uint64_t number = 0;; ++number) {
        CAPTURE(number);
        const auto store = make(number);
        using storage = std::remove_const_t<decltype(store)>;
        checkpoint<storage, Archive> state{store, task};
        const auto kept = state.save(older);
        const auto before = keys_of(store);
        const auto gone = state.save(newer);

        const bool removed = remove_dying(store, gone.key, number);
        check_listed_are_good(store);
        CHECK_FALSE(restored_state(store).empty());
        state.remove(gone.key);
        CHECK(keys_of(store) == before);
        CHECK(restored_state(store) == listing(older));

        const bool last_removed = remove_dying(store, kept.key, number);
        check_listed_are_good(store);
        state.remove(kept.key);
        CHECK(keys_of(store).empty());
        CHECK(restored_state(store).empty());
        CHECK(state.save(newer).version == 2);
        if (removed && last_removed) break;
        REQUIRE(number < 200);
    }
}

constexpr std::size_t writers = 16;

/// Sixteen writers, each with an object of its own, save to one task at once.
template <class Storage>
std::vector<checkpoint_reference> save_from_sixteen_at_once(const Storage& store) {
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
    CHECK(reader.list({.whole_namespace = true}).size() == writers);
    return saved;
}

/// Where the store compares and swaps, `latest` ends at the highest version.
template <class Storage>
void check_sixteen_and_latest(const Storage& store) {
    const auto saved = save_from_sixteen_at_once(store);
    const auto newest = std::ranges::max(saved, {}, &checkpoint_reference::version);
    checkpoint<Storage> reader{store, task};
    CHECK(reader.restore()->info().key == newest.key);
    CHECK(reader.restore()->skipped().empty());
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

TEST_CASE("a save that dies at any step leaves an old or a new checkpoint in a store chosen at run time") {
    die_in_every_way<tar_gz>([](std::uint64_t) { return any_storage{memory_storage{}}; });
}

TEST_CASE_TEMPLATE("a save that fails once takes back what it stored", Archive, files, tar, tar_gz) {
    const temp_directory stores;
    std::uint64_t count = 0;
    for (const bool done : {false, true}) {
        CAPTURE(done);
        fail_once_at_every_step<Archive>([](std::uint64_t) { return memory_storage{}; }, done);
        fail_once_at_every_step<Archive>(
            [&](std::uint64_t) { return local_storage{stores.path() / std::to_string(count++)}; }, done);
    }
}

TEST_CASE_TEMPLATE("a removal that dies at any step lists nothing broken, and its repetition frees every byte", Archive,
                   files, tar) {
    const temp_directory stores;
    std::uint64_t count = 0;
    for (const bool done : {false, true}) {
        CAPTURE(done);
        die_at_every_step_of_a_removal<Archive>([](std::uint64_t) { return memory_storage{}; }, done);
        die_at_every_step_of_a_removal<Archive>([](std::uint64_t) { return archetype_storage{}; }, done);
        die_at_every_step_of_a_removal<Archive>(
            [&](std::uint64_t) { return local_storage{stores.path() / std::to_string(count++)}; }, done);
    }
}

TEST_CASE("D-32 sixteen writers at once get sixteen versions") {
    const temp_directory folder;
    SUBCASE("memory") {
        check_sixteen_and_latest(memory_storage{});
    }
    SUBCASE("local") {
        check_sixteen_and_latest(local_storage{folder.path() / "store"});
    }
    SUBCASE("any") {
        check_sixteen_and_latest(any_storage{local_storage{folder.path() / "store"}});
    }
    SUBCASE("without abilities") {
        const archetype_storage store;
        save_from_sixteen_at_once(store);
        CHECK_FALSE(restored_state(store).empty());
    }
}

TEST_CASE_TEMPLATE("latest never goes backwards, in whatever order attempts end", Storage, memory_storage,
                   local_storage, archetype_storage) {
    const temp_directory folder;
    const auto store = [&] {
        if constexpr (std::same_as<Storage, local_storage>) {
            return local_storage{folder.path() / "store"};
        } else {
            return Storage{};
        }
    }();
    const auto save_as = [&](const char* attempt) {
        auto context = task;
        context.attempt = attempt;
        return checkpoint<Storage>{store, context}.save(make_state(folder, std::string("attempt") + attempt)).key;
    };
    const auto latest = [&] { return checkpoint<Storage>{store, task}.restore()->info().key; };
    const auto first = save_as("1");
    save_as("0");
    CHECK(latest() == first);
    const auto tenth = save_as("10");
    CHECK(latest() == tenth);
    save_as("9");
    CHECK(latest() == tenth);
    const auto again = save_as("10");
    CHECK(latest() == again);
}

TEST_CASE("latest names the highest of sixteen attempts that save at once") {
    const temp_directory folder;
    const local_storage store{folder.path() / "store"};
    const auto state = make_state(folder, "state");
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < writers; ++i) {
            threads.emplace_back([&, i] {
                auto context = task;
                context.attempt = std::to_string(i);
                checkpoint<local_storage>{store, context}.save(state);
            });
        }
    }
    const auto found = checkpoint<local_storage>{store, task}.restore();
    CHECK(found->info().attempt == "15");
    CHECK(found->skipped().empty());
}

TEST_CASE("a save during the removal of the last checkpoint is what a restart finds") {
    const temp_directory folder;
    const auto older = make_state(folder, "older");
    const auto newer = make_state(folder, "newer");
    for (std::uint64_t number = 0;; ++number) {
        for (const bool done : {false, true}) {
            CAPTURE(number);
            CAPTURE(done);
            const memory_storage store;
            const auto gone = checkpoint<memory_storage>{store, task}.save(older);
            const failing_storage<memory_storage> interrupted{
                store, [&](const storage_step& step) {
                    if (step.number == number && step.done == done) checkpoint<memory_storage>{store, task}.save(newer);
                }};
            checkpoint<failing_storage<memory_storage>>{interrupted, task}.remove(gone.key);
            if (interrupted.steps() <= number) return;
            CHECK(restored_state(store) == listing(newer));
            CHECK(restored_state(store).size() == 3);
            CHECK(checkpoint<memory_storage>{store, task}.list().size() == 1);
            check_listed_are_good(store);
        }
    }
}
