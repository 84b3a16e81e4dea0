#include <holdfast/archive/tar.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <tests/support/tar_building.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using namespace tree_building;
namespace build = tar_building;
using kind = tree_entry::kind;

namespace {

tree_entry entry_of(std::string path, kind type, std::string content = {}, std::string target = {}) {
    tree_entry entry;
    entry.path = std::move(path);
    entry.type = type;
    entry.mode = type == kind::directory ? 0755 : type == kind::symlink ? 0777 : 0644;
    entry.content = byte_source::from_text(std::move(content));
    entry.target = std::move(target);
    return entry;
}

byte_source archive_of(const file_tree& tree) {
    const auto objects = std::get<0>(tar::pack(tree));
    REQUIRE(objects.size() == 1);
    CHECK(objects[0].path.empty());
    return objects[0].content;
}

}  // namespace

TEST_CASE("a directory's archive begins with the directory itself") {
    file_tree tree;
    tree.root_mode = 0700;
    tree.entries = {entry_of("d", kind::directory), entry_of("d/f", kind::file, std::string(600, 'x')),
                    entry_of("e", kind::file), entry_of("h", kind::hard_link, std::string(600, 'x'), "d/f"),
                    entry_of("l", kind::symlink, "", "d/f")};
    std::string expected = build::directory(".", 0700) + build::directory("d") +
                           build::file("d/f", std::string(600, 'x')) + build::file("e", "") +
                           build::member({.path = "h", .type = build::tar_type::hard_link, .target = "d/f"}) +
                           build::symlink("l", "d/f");
    expected.resize(10240);
    CHECK(read_all(archive_of(tree)) == expected);
    CHECK(expected.substr(0, 3) == std::string("./\0", 3));
}

TEST_CASE("a file's archive is one member") {
    file_tree tree;
    tree.is_single_file = true;
    tree.entries = {entry_of("model.bin", kind::file, "weights")};
    std::string expected = build::file("model.bin", "weights");
    expected.resize(10240);
    CHECK(read_all(archive_of(tree)) == expected);
}

TEST_CASE("contents are described, not copied") {
    const std::string content(1 << 20, 'c');
    file_tree tree;
    tree.entries = {entry_of("a", kind::file), entry_of("b", kind::file)};
    for (auto& entry : tree.entries) entry.content = byte_source::from_view(std::as_bytes(std::span(content)));
    const byte_source archive = archive_of(tree);
    REQUIRE(archive.extents().size() == 5);
    for (const std::size_t i : {1U, 3U}) {
        const auto& extent = std::get<byte_source::memory_extent>(archive.extents()[i]);
        CHECK(static_cast<const void*>(extent.bytes.data()) == content.data());
    }
}

TEST_CASE("an archive outlives the tree") {
    byte_source archive;
    {
        file_tree tree;
        tree.entries = {entry_of("f", kind::file, "content")};
        archive = archive_of(tree);
    }
    CHECK(read_all(archive).substr(1024, 7) == "content");
}

TEST_CASE("any part of an archive can be made, in any order") {
    file_tree tree;
    tree.entries = {entry_of("d", kind::directory), entry_of("d/" + std::string(200, 'n'), kind::file, "long name"),
                    entry_of("e", kind::file), entry_of("f", kind::file, std::string(1024, 'x'))};
    tree.entries[1].modified_ns = 1'500'000'000;  // half seconds need an extended header
    const byte_source archive = archive_of(tree);
    const std::string whole = read_all(archive);
    REQUIRE(whole.size() == 10240);
    for (const std::size_t piece : {1U, 511U, 512U, 513U, 2000U}) {
        std::string backward(whole.size(), '\0');
        for (std::size_t end = whole.size(); end > 0;) {
            const std::size_t begin = end > piece ? end - piece : 0;
            const auto room = std::as_writable_bytes(std::span(backward)).subspan(begin, end - begin);
            REQUIRE(archive.read(begin, room) == room.size());
            end = begin;
        }
        CAPTURE(piece);
        CHECK((backward == whole));
        CHECK((read_all(archive.slice(piece, 3000)) == whole.substr(piece, 3000)));
    }
}
