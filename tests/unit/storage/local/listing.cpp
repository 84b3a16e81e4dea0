#include <holdfast/storage/local/listing.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
namespace fs = std::filesystem;

namespace {

using names = std::multiset<std::string>;

struct tree {
    detail::temp_directory directory{{}, "holdfast-listing"};

    void write(const std::string& path) const { tree_building::write_file(directory.path() / path, path); }

    names list(std::string_view prefix, std::size_t most = 100) const {
        const detail::beneath root(directory.path());
        names found;
        const auto add = [&](const object_key& key, const detail::file_status&) {
            found.insert(key.str());
            return found.size() < most;
        };
        detail::local_listing(root, detail::entry_status::kind, add).run(prefix);
        return found;
    }
};

}  // namespace

TEST_CASE_FIXTURE(tree, "every file at any depth, once, by its key") {
    for (const auto* path : {"a", "b/c", "b/d/e", "b/d/f/g"}) write(path);
    CHECK(list("") == names{"a", "b/c", "b/d/e", "b/d/f/g"});
    CHECK(list("b/d") == names{"b/d/e", "b/d/f/g"});
    CHECK(list("b/x").empty());
}

TEST_CASE_FIXTURE(tree, "what is no object is passed over: the store's own directory, links, empty directories") {
    write("a");
    write(std::string(detail::local_private_directory) + "/staged");
    fs::create_directories(directory.path() / "empty/deep");
    fs::create_symlink(directory.path() / "a", directory.path() / "link");
    fs::create_directory_symlink("/", directory.path() / "away");
    CHECK(list("") == names{"a"});
}

TEST_CASE_FIXTURE(tree, "who has seen enough is told no more") {
    for (const auto* path : {"a/1", "a/2", "b/1", "b/2"}) write(path);
    CHECK(list("", 1).size() == 1);
    CHECK(list("", 3).size() == 3);
}

TEST_CASE_FIXTURE(tree, "the status is whole where that is wanted") {
    write("a");
    const detail::beneath root(directory.path());
    std::uint64_t size = 0;
    const auto add = [&](const object_key&, const detail::file_status& status) {
        size += status.size;
        return true;
    };
    detail::local_listing(root, detail::entry_status::whole, add).run("");
    CHECK(size == 1);
}
