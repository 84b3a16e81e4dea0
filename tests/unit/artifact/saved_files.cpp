#include <holdfast/artifact/saved_files.hpp>

#include <doctest/doctest.h>

#include <holdfast/core/error.hpp>
#include <tests/support/tree_building.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace holdfast;
using tree_building::failure_of;

namespace {

/// Files whose content is their path.
saved_files files_of(std::vector<std::string> paths, detail::tree_links links = {}) {
    detail::tree_access access{.key = "the/key", .files = {}};
    std::ranges::sort(paths);
    for (const auto& path : paths) access.files.push_back({path, path.size(), {}, 0644});
    access.links = std::move(links);
    access.read = [paths](std::size_t i, std::uint64_t offset, std::span<std::byte> buffer, std::string&) {
        std::ranges::copy(std::as_bytes(std::span(paths[i])).subspan(offset, buffer.size()), buffer.begin());
    };
    return {std::move(access), {}, {}};
}

std::string refusal(const saved_files& files, std::string_view path) {
    try {
        files.read(path);
    } catch (const error& failed) {
        CHECK(failed.kind() == errc::not_found);
        CHECK(failed.key() == "the/key");
        return failed.message();
    }
    return "read";
}

}  // namespace

TEST_CASE("paths are found however they are spelled") {
    const auto files = files_of({"a", "deep/b", "deep/c"});
    for (const auto* path : {"deep/b", "./deep/b", "deep//b", "deep/./b", "deep/../deep/b"}) {
        CHECK(files.read(path) == "deep/b");
        CHECK(files.contains(path));
    }
    for (const auto* path : {"", "b", "deep", "deep/", "deep/bb", "deep/a", "../a", "/a", "d"}) {
        CHECK_FALSE(files.contains(path));
    }
}

TEST_CASE("links lead to files and not out of the tree") {
    const auto files = files_of({"runs/7/w"}, {{"last", "runs/7"}, {"w", "last/w"}, {"out", "../x"}, {"o", "o"}});
    CHECK(files.read("last/w") == "runs/7/w");
    CHECK(files.read("w", {5, 3}) == "7/w");
    CHECK(files.open("w").path() == "runs/7/w");
    for (const auto* path : {"out", "out/y", "o", "/runs/7/w", ".."}) {
        CHECK_FALSE(files.contains(path));
        CHECK(failure_of([&] { files.read(path); }) == errc::unsafe_path);
    }
    CHECK(failure_of([&] { files.read("last"); }) == errc::not_found);
    CHECK(files.list().size() == 1);
}

TEST_CASE("a missing file's error names what is near") {
    const auto files = files_of({"config.json", "model/weights.bin", "optimizer.bin", "rng.state", "tokenizer.json"});
    CHECK(refusal(files, "weights.bin") ==
          "there is no file weights.bin; the nearest of 5: model/weights.bin, optimizer.bin, config.json");
    CHECK(refusal(files, "optimiser.bin").find("the nearest of 5: optimizer.bin") != std::string::npos);
    CHECK(refusal(files, "model") == "there is no file model, but a directory, with model/weights.bin");
    CHECK(refusal(files_of({}), "a") == "there is no file a; there are no files at all");
    CHECK(refusal(files_of({std::string(1000, 'a')}), std::string(2000, 'a')).size() > 1000);
}

TEST_CASE("files may be read by several threads and from copies") {
    std::vector<std::string> paths;
    for (int i = 0; i < 100; ++i) paths.push_back("file" + std::to_string(i));
    const auto copy = [&] { return saved_files(files_of(paths)); }();
    const auto all = copy.read_all();
    CHECK(all.size() == 100);
    for (const auto& [path, text] : all) CHECK(path == text);
}
