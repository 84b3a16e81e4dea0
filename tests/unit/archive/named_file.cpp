#include <holdfast/archive/named_file.hpp>

#include <doctest/doctest.h>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/tree_building.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using namespace holdfast;
using tree_building::failure_of;
using tree_building::read_all;

namespace {

const clock_function stopped = [] { return std::chrono::system_clock::time_point(std::chrono::milliseconds(7'500)); };

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

std::string outline(const file_tree& tree) {
    std::string text;
    for (const auto& entry : tree.entries) {
        const bool is_file = entry.type == tree_entry::kind::file;
        text += entry.path + (is_file ? "=" + read_all(entry.content) : "/") + " ";
    }
    return text;
}

errc failure(std::vector<std::string> paths) {
    std::vector<named_file> files;
    for (auto& path : paths) files.emplace_back(std::move(path), byte_source::from_text("x"));
    return failure_of([&] { tree_of(std::move(files)); });
}

}  // namespace

TEST_CASE("buffers, generators and texts become a tree") {
    const std::array<float, 2> weights{1, 2};
    const auto zeros = [](std::uint64_t, std::span<std::byte> buffer) {
        std::ranges::fill(buffer, std::byte{'0'});
        return buffer.size();
    };
    const auto tree = tree_of({{"model/weights", std::as_bytes(std::span(weights))},
                               {"./zeros", 3, zeros},
                               {"model-card", byte_source::from_text("text")},
                               {"model/deep//er/b", bytes_of("B")}},
                              stopped);
    const auto found = std::ranges::find(tree.entries, "model/weights", &tree_entry::path);
    REQUIRE(found != tree.entries.end());
    REQUIRE(found->content.extents().size() == 1);
    const auto& extent = std::get<byte_source::memory_extent>(found->content.extents().front());
    CHECK(extent.bytes.size() == sizeof weights);
    CHECK(extent.bytes.data() == std::as_bytes(std::span(weights)).data());
    CHECK(outline(tree_of({{"b/c", bytes_of("1")}, {"b-a", bytes_of("2")}, {"a", 2, zeros}})) ==
          "a=00 b/ b-a=2 b/c=1 ");
}

TEST_CASE("the tree is that of a directory, and its time is the clock's, to the second") {
    const detail::temp_directory folder;
    tree_building::write_file(folder.path() / "deep/er/b", "B");
    tree_building::write_file(folder.path() / "a", "A");
    const auto scanned = scan_tree(folder.path(), symlink_policy::keep);
    const auto made = tree_of({{"deep/er/b", bytes_of("B")}, {"a", bytes_of("A")}}, stopped);
    CHECK(outline(made) == outline(scanned));
    CHECK(made.is_single_file == scanned.is_single_file);
    CHECK(made.root_modified_ns == 7'000'000'000);
    CHECK(std::ranges::all_of(made.entries, [](const auto& entry) { return entry.modified_ns == 7'000'000'000; }));
    CHECK(made.entries[0].mode == 0644);
    CHECK(made.entries[1].mode == 0755);
}

TEST_CASE("equal files give equal archives, whatever their order, and modes are kept") {
    std::vector<named_file> files{{"b", bytes_of("2")}, {"a", bytes_of("1")}};
    const auto first = tree_of(files, stopped);
    std::ranges::reverse(files);
    CHECK(read_all(detail::tar_source(first)) == read_all(detail::tar_source(tree_of(files, stopped))));
    files[0].mode = 0600;
    CHECK(tree_of(files).entries[0].mode == 0600);
}

TEST_CASE("no files are an empty tree") {
    CHECK(tree_of({}).entries.empty());
    CHECK(std::get<std::vector<pending_object>>(files::pack(tree_of({}))).empty());
}

TEST_CASE("paths that no directory has are refused") {
    for (const auto* path : {"/a", "../a", "a/../b", "a/.."}) CHECK(failure({path}) == errc::unsafe_path);
    CHECK(failure({std::string("a\0b", 3)}) == errc::unsafe_path);
    for (const auto* path : {"", ".", "./", "\xFF"}) CHECK(failure({path}) == errc::invalid_argument);
    CHECK(failure({std::string(4096, 'a')}) == errc::too_large);
    CHECK(failure({"a", "b", "a"}) == errc::invalid_argument);
    CHECK(failure({"a/b", "a//b"}) == errc::invalid_argument);
    CHECK(failure({"a/b/c", "a/b"}) == errc::invalid_argument);
    CHECK(failure({"a", "a/b/c"}) == errc::invalid_argument);
    CHECK(failure({"a", "a.b", "ab"}) == tree_building::not_thrown);
}

TEST_CASE("a refusal names the path and what to do") {
    try {
        tree_of({{"a/b", bytes_of("")}, {"a", bytes_of("")}});
        FAIL("made");
    } catch (const error& refused) {
        CHECK(refused.key() == "a");
        CHECK(refused.message().find("other files stand below it") != std::string::npos);
    }
}
