#include <holdfast/artifact/checkpoints_left.hpp>

#include <doctest/doctest.h>

#include <tests/support/python_checkpoints.hpp>
#include <tests/support/tree_building.hpp>

#include <optional>
#include <stop_token>
#include <string>

using namespace holdfast;

namespace {

const std::string root = "mf.checkpoints";

struct fixture : python_checkpoints {
    transfer_limits limits;

    detail::checkpoints_left<memory_storage> of_task(const checkpoint_reference& removed) const {
        return {store, removed.key, detail::documents_of_task(root, removed.pathspec), root, limits};
    }
    detail::checkpoints_left<memory_storage> of_step(const checkpoint_reference& removed) const {
        return {store, removed.key, detail::documents_of_folder(location("1", 0).folder), root, limits};
    }
};

std::string key_of(const std::optional<checkpoint_reference>& found) {
    return found ? found->key : "none";
}

}  // namespace

TEST_CASE_FIXTURE(fixture, "of a task the highest version is the newest, whatever its time") {
    save("1", 0, "2026-01-03T00:00:00");
    const auto second = save("1", 1, "2026-01-01T00:00:00");
    save("2", 7, "2026-01-09T00:00:00");
    const auto removed = save("1", 2, "2026-01-02T00:00:00");
    CHECK(key_of(of_task(removed).newest({})) == second.key);
}

TEST_CASE_FIXTURE(fixture, "of a step the latest in time is the newest, whichever task wrote it") {
    save("1", 3, "2026-01-01T00:00:00");
    const auto other_run = save("2", 0, "2026-01-02T00:00:00");
    const auto removed = save("3", 0, "2026-01-03T00:00:00");
    CHECK(key_of(of_step(removed).newest({})) == other_run.key);
}

TEST_CASE_FIXTURE(fixture, "what was kept out of latest is passed over") {
    const auto older = save("1", 0, "2026-01-01T00:00:00");
    const auto removed = save("1", 1, "2026-01-02T00:00:00");
    save("1", 2, "2026-01-03T00:00:00", false);
    save("2", 0, "2026-01-04T00:00:00", false);
    CHECK(key_of(of_task(removed).newest({})) == older.key);
    CHECK(key_of(of_step(removed).newest({})) == older.key);
}

TEST_CASE_FIXTURE(fixture, "what Python numbered anew in another process is known by its time") {
    save("1", 1, "2026-01-01T00:00:00");
    const auto before = save("1", 2, "2026-01-02T00:00:00");
    const auto removed = save("1", 0, "2026-01-03T00:00:00");
    save("1", 3, "2026-01-04T00:00:00", false);
    CHECK(key_of(of_task(removed).newest({})) == before.key);
    CHECK(key_of(of_step(removed).newest({})) == before.key);
}

TEST_CASE_FIXTURE(fixture, "among equal numbers the last by time is the newest") {
    save("1", 0, "2026-01-01T00:00:00", true, "a");
    const auto before = save("1", 0, "2026-01-03T00:00:00", true, "b");
    save("1", 0, "2026-01-02T00:00:00", true, "c");
    const auto removed = save("1", 0, "2026-01-04T00:00:00", true, "d");
    CHECK(key_of(of_task(removed).newest({})) == before.key);
}

TEST_CASE_FIXTURE(fixture, "a pointer that cannot be read keeps nothing out") {
    const auto removed = save("1", 0, "2026-01-01T00:00:00");
    const auto other = save("1", 1, "2026-01-02T00:00:00", false);
    put_text(store, metaflow::task_latest_key(root, removed.pathspec), "not a document");
    CHECK(key_of(of_task(removed).newest({})) == other.key);
}

TEST_CASE_FIXTURE(fixture, "nothing is left beside the only one") {
    const auto removed = save("1", 0, "2026-01-01T00:00:00");
    CHECK(key_of(of_task(removed).newest({})) == "none");
    CHECK(key_of(of_step(removed).newest({})) == "none");
}

TEST_CASE_FIXTURE(fixture, "since newest was called only what has come counts, kept out of latest or not") {
    save("1", 0, "2026-01-01T00:00:00");
    const auto removed = save("1", 1, "2026-01-02T00:00:00");
    auto others = of_task(removed);
    others.newest({});
    CHECK(key_of(others.newest_since()) == "none");
    const auto come = save("1", 2, "2026-01-03T00:00:00", false);
    CHECK(key_of(others.newest_since()) == come.key);
}

TEST_CASE_FIXTURE(fixture, "a stopped search ends with its own kind of error") {
    save("1", 0, "2026-01-01T00:00:00");
    const auto removed = save("1", 1, "2026-01-02T00:00:00");
    std::stop_source stop;
    stop.request_stop();
    CHECK(tree_building::failure_of([&] { of_task(removed).newest(stop.get_token()); }) == errc::cancelled);
}
