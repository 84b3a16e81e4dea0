#include <holdfast/artifact/verify_tree.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/artifact/checkpoint_reader.hpp>
#include <holdfast/artifact/checkpoint_writer.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/memory.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using result = verification::result;
using tree_building::failure_of;

namespace {

struct world {
    detail::temp_directory folder;
    memory_storage store;
    transfer_limits limits{.connections = 3, .range_size = 10, .memory = 60};
    std::filesystem::path source = folder.path() / "state";

    world() {
        tree_building::write_file(source / "large", std::string(95, 'x') + "end");
        tree_building::write_file(source / "deep" / "small", "1");
        tree_building::write_file(source / "empty", "");
    }

    template <class Archive>
    checkpoint_reference save(digest_kind digest) const {
        const auto task = task_context{.flow = "F", .run = "1", .step = "s", .task = "1"}.resolved();
        checkpoint_writer<memory_storage> writer{store, task, {}, system_clock()};
        return writer.save<Archive>(source, {.digest = digest}, "");
    }

    template <class Storage>
    verification verify(const Storage& storage, const checkpoint_reference& saved) const {
        return verify_tree(
            storage, [&] { return documented(saved); }, limits);
    }
    verification verify(const checkpoint_reference& saved) const { return verify(store, saved); }
};

}  // namespace

TEST_CASE("what is whole is said to be, as far as digests tell") {
    const world here;
    for (const auto kind : {digest_kind::none, digest_kind::crc32c, digest_kind::sha256}) {
        const auto expected = kind == digest_kind::none ? result::unverifiable : result::ok;
        CHECK(here.verify(here.save<files>(kind)).status == expected);
        CHECK(here.verify(here.save<tar>(kind)).status == expected);
    }
}

TEST_CASE("damage of a file is said, with its path") {
    const world here;
    for (const auto kind : {digest_kind::crc32c, digest_kind::sha256}) {
        const auto saved = here.save<files>(kind);
        const object_key key = object_key(saved.key) / "large";
        put_text(here.store, key, std::string(95, 'x') + "End");
        const auto changed = here.verify(saved);
        CHECK(changed.status == result::corrupt);
        CHECK(changed.detail.find("large has the " + std::string(to_string(kind))) != std::string::npos);
        put_text(here.store, key, std::string(95, 'x'));
        CHECK(here.verify(saved).detail.find("large has 95 bytes, 98 were saved") != std::string::npos);
        here.store.remove(key);
        CHECK(here.verify(saved).status == result::corrupt);
        CHECK(here.verify(saved).detail.find("large") != std::string::npos);
        remove_prefix(here.store, object_key(saved.key));
        CHECK(here.verify(saved).status == result::not_found);
    }
    const auto sizes_only = here.save<files>(digest_kind::none);
    put_text(here.store, object_key(sizes_only.key) / "deep/small", "12");
    CHECK(here.verify(sizes_only).status == result::corrupt);
}

TEST_CASE("what this version cannot read is unverifiable, and what is larger than any reader takes is damage") {
    const world here;
    auto saved = here.save<files>(digest_kind::none);
    saved.storage_format = "zip";
    CHECK(here.verify(saved).status == result::unverifiable);
    CHECK(here.verify(saved).detail.find("zip") != std::string::npos);
    const auto large = [&]() -> documented_tree { throw error(errc::too_large, "get", "key", "it is large"); };
    CHECK(verify_tree(here.store, large, here.limits).status == result::corrupt);
}

TEST_CASE("a store that is lost says nothing of the artifact") {
    const world here;
    for (const auto kind : {digest_kind::crc32c, digest_kind::sha256}) {
        const auto saved = here.save<files>(kind);
        for (std::uint64_t number = 0;; ++number) {
            REQUIRE(number < 100);
            const failing_storage<memory_storage> failing{here.store, fail_at(number)};
            std::optional<verification> found;
            const auto failure = failure_of([&] { found = here.verify(failing, saved); });
            if (found) break;
            CHECK(failure == errc::unavailable);
        }
    }
}
