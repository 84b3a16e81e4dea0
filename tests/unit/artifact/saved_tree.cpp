#include <holdfast/artifact/saved_tree.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/memory.hpp>
#include <holdfast/storage/operations.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using testing_support::failure_of;

namespace {

const object_key key{"a/tree"};

/// A store with two files below `key`, and a place to load them to.
struct fixture {
    detail::temp_directory folder;
    std::filesystem::path target = folder.path() / "out";
    memory_storage store;

    fixture() {
        put_text(store, key / "deep/one", "1");
        put_text(store, key / "two", "22");
    }

    fetched_tree load(const saved_tree& tree, const load_options& options = {}) const {
        return fetch_tree(store, tree, target, options, {});
    }
    std::optional<errc> failure(const saved_tree& tree, const load_options& options = {}) const {
        return failure_of([&] { load(tree, options); });
    }
};

/// What a save without digests notes of files of these sizes.
manifest contents_of(std::uint64_t one, std::uint64_t two) {
    return {digest_kind::none, {{"deep/one", one, {}, 0644}, {"two", two, {}, 0644}}, {"deep"}};
}

}  // namespace

TEST_CASE_FIXTURE(fixture,
                  "what a load brought is told: where, how many files and their bytes, directories not counted") {
    const fetched_tree loaded = load({key, "files", 3, contents_of(1, 2)});
    CHECK(loaded.directory == target);
    CHECK(loaded.files == 2);
    CHECK(loaded.bytes == 3);
    CHECK(tree_building::read_file(target / "deep" / "one") == "1");
    CHECK(tree_building::read_file(target / "two") == "22");
}

TEST_CASE_FIXTURE(fixture, "a document without a size is no reason to refuse, one with another size is") {
    CHECK(failure({key, "files", 4, std::nullopt}) == errc::corrupt);
    CHECK(failure({key, "files", 0, std::nullopt}) == errc::corrupt);
    CHECK_FALSE(std::filesystem::exists(target));
    CHECK(load({key, "files", std::nullopt, std::nullopt}).bytes == 3);
}

TEST_CASE_FIXTURE(fixture, "sizes are checked unless the caller asks for none of it") {
    CHECK(load_options{}.verify);
    CHECK(failure({key, "files", 3, contents_of(1, 3)}) == errc::corrupt);
    CHECK(failure({key, "files", 4, std::nullopt}) == errc::corrupt);
    CHECK(load({key, "files", 4, std::nullopt}, {.verify = false}).files == 2);
}

TEST_CASE_FIXTURE(fixture, "limits are of all bytes and of all entries, and what just meets them is accepted") {
    const saved_tree tree{key, "files", 3, contents_of(1, 2)};
    CHECK(failure(tree, {.limits = {.bytes = 2}}) == errc::too_large);
    CHECK(failure(tree, {.limits = {.entries = 1}}) == errc::too_large);
    CHECK_FALSE(std::filesystem::exists(target));
    CHECK(load(tree, {.limits = {.bytes = 3, .entries = 2}}).files == 2);
}

TEST_CASE_FIXTURE(fixture, "a layout that is not known is not guessed at") {
    for (const std::string storage_format : {"", "zip", "FILES", "tar.gz"}) {
        CAPTURE(storage_format);
        CHECK(failure({key, storage_format, 3, std::nullopt}) == errc::unsupported);
    }
    CHECK_FALSE(std::filesystem::exists(target));
}
