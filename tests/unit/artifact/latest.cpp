#include <holdfast/artifact/latest.hpp>

#include <doctest/doctest.h>

#include <holdfast/storage/memory.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/tree_building.hpp>

#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

using namespace holdfast;
using tree_building::failure_of;

namespace {

const object_key pointer{"mf.checkpoints/checkpoints/metadata/F/1/start/2/latest"};

checkpoint_reference saved(const std::string& attempt, std::uint64_t version,
                           const std::string& pathspec = "F/1/start/2") {
    checkpoint_reference reference;
    reference.pathspec = pathspec;
    reference.pathspec_hash = "fc6851aa";
    reference.attempt = attempt;
    reference.name = "mfchckpt";
    reference.version = version;
    reference.key = "mf.checkpoints/checkpoints/artifacts/F/start/dabd1db8d35a/a92ae9615600/fc6851aa." + attempt +
                    ".mfchckpt." + std::to_string(version);
    reference.url = "/" + reference.key;
    reference.created_on = "2026-11-24T10:00:00";
    reference.storage_format = "files";
    metaflow::write_document(reference, {}, false, std::string(64, '0'));
    return reference;
}

std::string named(const memory_storage& store) {
    const auto state = detail::read_latest(store, pointer);
    return state.names ? state.names->key : "";
}

/// What a removal leaves, newest last, and what comes while it runs.
struct leaving {
    std::set<std::string> gone;
    std::vector<checkpoint_reference> left = {};
    std::optional<checkpoint_reference> late = {};
    std::stop_source stopped_meanwhile{std::nostopstate};

    bool is_gone(const std::string& key) const { return gone.contains(key); }
    void pass_over(const std::string& key) {
        gone.insert(key);
        left.pop_back();
    }
    std::optional<checkpoint_reference> newest(const std::stop_token& heeded) {
        stopped_meanwhile.request_stop();
        detail::check_not_stopped(heeded, "list", "");
        return left.empty() ? std::nullopt : std::optional(left.back());
    }
    std::optional<checkpoint_reference> newest_since() const { return late; }
};

void retreat(const memory_storage& store, leaving others, const std::stop_token& stop = {}) {
    detail::retreat_latest(store, pointer, others, stop);
}

void put_document(const memory_storage& store, const checkpoint_reference& of) {
    put_text(store, metaflow::artifact_document_key(metaflow::parse_checkpoint_key(of.key)), of.to_json());
}

}  // namespace

TEST_CASE("a pointer goes forward, never back, within a task") {
    const memory_storage store;
    for (const auto& [attempt, version] : {std::pair{"0", 1U}, {"0", 2U}, {"1", 0U}, {"10", 0U}}) {
        detail::advance_latest(store, pointer, saved(attempt, version));
        CHECK(named(store) == saved(attempt, version).key);
    }
    detail::advance_latest(store, pointer, saved("2", 7));
    CHECK(named(store) == saved("10", 0).key);
}

TEST_CASE("another task's pointer and a damaged one are replaced") {
    const memory_storage store;
    detail::advance_latest(store, pointer, saved("5", 5, "F/0/start/1"));
    detail::advance_latest(store, pointer, saved("0", 0));
    CHECK(named(store) == saved("0", 0).key);
    store.put(pointer, byte_source::from_text("damaged"));
    CHECK(detail::read_latest(store, pointer).damage->kind() == errc::corrupt);
    detail::advance_latest(store, pointer, saved("0", 0));
    CHECK(named(store) == saved("0", 0).key);
}

TEST_CASE("a removal moves the pointer only where it names what is removed") {
    const memory_storage store;
    const auto first = saved("0", 0);
    const auto second = saved("0", 1);
    detail::advance_latest(store, pointer, second);
    put_document(store, first);
    retreat(store, {{first.key}, {first}});
    CHECK(named(store) == second.key);
    retreat(store, {{second.key}, {first}});
    CHECK(named(store) == first.key);
    retreat(store, {{first.key}});
    CHECK_FALSE(store.head(pointer));
}

TEST_CASE("a removal does not leave the pointer at what lost its document") {
    const memory_storage store;
    const auto first = saved("0", 0);
    const auto undocumented = saved("0", 1);
    const auto removed = saved("0", 2);
    put_document(store, first);
    detail::advance_latest(store, pointer, removed);
    retreat(store, {{removed.key}, {first, undocumented}});
    CHECK(named(store) == first.key);
    retreat(store, {{first.key}, {undocumented}});
    CHECK_FALSE(store.head(pointer));
}

TEST_CASE("a removal that is stopped leaves the pointer as it was") {
    const memory_storage store;
    const auto first = saved("0", 0);
    const auto second = saved("0", 1);
    detail::advance_latest(store, pointer, second);
    std::stop_source stop;
    for (int i = 0; i < 2; ++i) {
        CHECK(failure_of([&] {
                  retreat(store, {{second.key}, {first}, {}, stop}, stop.get_token());
              }) == errc::cancelled);
        CHECK(named(store) == second.key);
    }
}

TEST_CASE("a stop while the last pointer is taken away loses no save that came meanwhile") {
    const memory_storage store;
    const auto last = saved("0", 0);
    const auto late = saved("0", 1);
    detail::advance_latest(store, pointer, last);
    std::stop_source stop;
    const failing_storage watched(store, [&](const storage_step& step) {
        if (step.operation == "remove") stop.request_stop();
    });
    leaving others{{last.key}, {}, late};
    detail::retreat_latest(watched, pointer, others, stop.get_token());
    CHECK(stop.stop_requested());
    CHECK(named(store) == late.key);
}
