#include <holdfast/checkpoint.hpp>

#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/detail/digest.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>

#include <doctest/doctest.h>

#include <tests/support/failing_storage.hpp>
#include <tests/support/tree_building.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace holdfast;
using detail::temp_directory;
using tree_building::failure_of;

namespace {

const task_context task{.flow = "Unit", .run = "3", .step = "train", .task = "1", .metaflow_namespace = "user:alice"};
const std::string large(300'000, 'w');

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

std::size_t make_large(std::uint64_t offset, std::span<std::byte> buffer) {
    std::ranges::copy(bytes_of(large).subspan(offset, buffer.size()), buffer.begin());
    return buffer.size();
}

file_tree in_memory() {
    return tree_of(
        {{"deep/er/large", large.size(), make_large}, {"deep/small", bytes_of("small")}, {"empty", bytes_of("")}});
}

/// The same files on disk, with times of whole seconds, as memory has them.
std::filesystem::path on_disk(const temp_directory& folder) {
    const auto path = folder.path() / "state";
    tree_building::write_file(path / "deep/er/large", large);
    tree_building::write_file(path / "deep/small", "small");
    tree_building::write_file(path / "empty", "");
    for (const auto* name : {"empty", "deep/small", "deep/er/large", "deep/er", "deep", ""}) {
        const bool is_directory = std::filesystem::is_directory(path / name);
        detail::set_path_mode(path / name, is_directory ? 0755 : 0644);
        detail::set_path_modified(path / name, 1'700'000'000'000'000'000, true);
    }
    return path;
}

}  // namespace

TEST_CASE_TEMPLATE("what is saved from memory is what is saved from the same files on disk", Archive, files, tar,
                   tar_gz) {
    const temp_directory folder;
    const auto check = [&](const auto& store) {
        checkpoint<std::decay_t<decltype(store)>, Archive> state{store, task};
        const auto from_disk = state.save(on_disk(folder), {.name = "disk"});
        const auto from_memory = state.save(in_memory(), {.name = "memory", .metadata = {{"step", 1}}});
        if (Archive::name != "tar.gz") CHECK(from_memory.size == from_disk.size);  // the times compress differently
        REQUIRE(from_memory.manifest_sha256());
        CHECK(from_memory.manifest_sha256() == from_disk.manifest_sha256());
        CHECK(state.verify(from_memory).status == verification::result::ok);
        state.load(from_memory.key, folder.path() / "loaded");
        CHECK((tree_building::listing(folder.path() / "loaded") == tree_building::listing(on_disk(folder))));
        std::filesystem::remove_all(folder.path() / "loaded");
        CHECK((state.open(from_memory.key).read_all() == state.open(from_disk.key).read_all()));
        CHECK(state.open(from_disk).read("deep/small") == "small");
    };
    check(memory_storage{});
    check(local_storage{folder.path() / "store"});
}

TEST_CASE("a save from memory is restored, and names its parent") {
    const memory_storage store;
    checkpoint<memory_storage> state{store, task};
    const auto first = state.save(tree_of({{"number", bytes_of("1")}}));
    state.restore();
    const auto second = state.save(tree_of({{"number", bytes_of("2")}}));
    CHECK(second.version == first.version + 1);
    CHECK(second.fields().at("holdfast").at("parent").as_string() == first.key);
    checkpoint<memory_storage> again{store, task};
    CHECK(tree_building::read_file(again.restore()->directory() / "number") == "2");
}

TEST_CASE("a generator that fails, or a store that does, leaves nothing visible") {
    const memory_storage store;
    checkpoint<memory_storage, tar> state{store, task};
    const auto broken = [](std::uint64_t offset, std::span<std::byte> buffer) -> std::size_t {
        if (offset > 1'000'000) throw std::runtime_error("device lost");
        return buffer.size();
    };
    CHECK_THROWS_AS(state.save(tree_of({{"a", 3'000'000, broken}})), std::runtime_error);
    CHECK(failure_of([&] {
              state.save(tree_of({{"a", 10, [](std::uint64_t, std::span<std::byte>) { return std::size_t{0}; }}}));
          }) == errc::invalid_argument);
    CHECK(state.list().empty());
    for (std::uint64_t step = 0; step < 5; ++step) {
        checkpoint<failing_storage<memory_storage>> failing{{store, fail_from(step)}, task};
        CHECK(failure_of([&] { failing.save(in_memory()); }) == errc::unavailable);
    }
    CHECK(state.list().empty());
    CHECK(state.save(in_memory()).name == "mfchckpt");
}

TEST_CASE("a bad name or path is refused before anything is stored") {
    const memory_storage store;
    checkpoint<memory_storage> state{store, task};
    CHECK(failure_of([&] { state.save(in_memory(), {.name = "a.b"}); }) == errc::invalid_argument);
    CHECK(failure_of([&] { state.save(tree_of({{"../a", bytes_of("")}})); }) == errc::unsafe_path);
    CHECK(list_all(store, "").empty());
    CHECK(failure_of([&] { checkpoint<memory_storage>{store}.save(in_memory()); }) == errc::not_in_task);
}

TEST_CASE("an open says what a load would") {
    const memory_storage store;
    checkpoint<memory_storage> state{store, task};
    const auto saved = state.save(in_memory());
    CHECK(failure_of([&] { state.open("no key"); }) == errc::key_not_compatible);
    CHECK(failure_of([&] { state.open(saved.key.substr(0, saved.key.size() - 1) + "7"); }) == errc::not_found);
    CHECK(failure_of([&] { state.open(saved.key).read("deep/big"); }) == errc::not_found);
    CHECK(checkpoint<memory_storage>{store}.open(saved.key).read("deep/small", {1, 2}) == "ma");
    state.remove(saved.key);
    CHECK(failure_of([&] { state.open(saved); }) == errc::not_found);
}
