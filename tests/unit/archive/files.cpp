#include <holdfast/archive/files.hpp>

#include <doctest/doctest.h>

#include <string>
#include <variant>
#include <vector>

#include <tests/support/tree_building.hpp>

using namespace holdfast;
using namespace tree_building;
using kind = tree_entry::kind;

namespace {

tree_entry entry_of(std::string path, kind type, std::string content = {}, std::string target = {}) {
    tree_entry entry;
    entry.path = std::move(path);
    entry.type = type;
    entry.content = byte_source::from_text(std::move(content));
    entry.target = std::move(target);
    return entry;
}

}  // namespace

TEST_CASE("each file is an object under its path, and directories are none") {
    file_tree tree;
    tree.entries = {entry_of("d", kind::directory), entry_of("d/f", kind::file, "content"), entry_of("e", kind::file),
                    entry_of("h", kind::hard_link, "content", "d/f")};
    const auto objects = std::get<0>(files::pack(tree));
    REQUIRE(objects.size() == 3);
    CHECK(objects[0].path == "d/f");
    CHECK(read_all(objects[0].content) == "content");
    CHECK(objects[1].path == "e");
    CHECK(objects[1].content.size() == 0);
    CHECK(objects[2].path == "h");
    CHECK(read_all(objects[2].content) == "content");
}

TEST_CASE("a kept link is refused") {
    file_tree tree;
    tree.entries = {entry_of("l", kind::symlink, "", "f")};
    CHECK(failure_of([&] { files::pack(tree); }) == errc::unsupported);
}

TEST_CASE("an empty tree has no objects") {
    CHECK(std::get<0>(files::pack({})).empty());
}
