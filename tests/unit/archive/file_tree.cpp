#include <holdfast/archive/file_tree.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include <holdfast/detail/system.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using namespace tree_building;
using kind = tree_entry::kind;

namespace {

std::vector<std::string> paths_of(const file_tree& tree) {
    std::vector<std::string> paths;
    for (const auto& entry : tree.entries) paths.push_back(entry.path);
    return paths;
}

struct scratch {
    detail::temp_directory directory;
    fs::path root = directory.path() / "tree";

    scratch() { fs::create_directory(root); }
    errc failure(symlink_policy links) const {
        return failure_of([&] { scan_tree(root, links); });
    }
};

}  // namespace

TEST_CASE("a directory's contents are the entries, sorted by their bytes") {
    const scratch made;
    write_file(made.root / "b", "bb");
    write_file(made.root / "a/c", "c");
    write_file(made.root / "a-b", "");
    write_file(made.root / "\xC3\xBC n", "u");
    fs::create_directories(made.root / "a/empty");
    const file_tree tree = scan_tree(made.root, symlink_policy::refuse);
    CHECK(paths_of(tree) == std::vector<std::string>{"a", "a-b", "a/c", "a/empty", "b", "\xC3\xBC n"});
    CHECK_FALSE(tree.is_single_file);
    CHECK(tree.entries[0].type == kind::directory);
    CHECK(tree.entries[2].type == kind::file);
    CHECK(read_all(tree.entries[2].content) == "c");
    CHECK(tree.file_bytes() == 4);
}

TEST_CASE("modes and times are kept to the bit and the nanosecond") {
    const scratch made;
    write_file(made.root / "f", "x");
    detail::set_path_mode(made.root / "f", 0754);
    detail::set_path_modified(made.root / "f", 1'234'567'891'234'567'890, true);
    fs::create_directory(made.root / "d");
    detail::set_path_mode(made.root / "d", 0701);
    detail::set_path_modified(made.root / "d", -5, true);
    detail::set_path_mode(made.root, 0711);
    detail::set_path_modified(made.root, 77, true);
    const file_tree tree = scan_tree(made.root, symlink_policy::follow);
    CHECK(tree.entries[0].mode == 0701);
    CHECK(tree.entries[0].modified_ns == -5);
    CHECK(tree.entries[1].mode == 0754);
    CHECK(tree.entries[1].modified_ns == 1'234'567'891'234'567'890);
    CHECK(tree.root_mode == 0711);
    CHECK(tree.root_modified_ns == 77);
}

TEST_CASE("a file is a tree of one entry, named by its base name") {
    const scratch made;
    write_file(made.root / "model.bin", "weights");
    const file_tree tree = scan_tree(made.root / "model.bin", symlink_policy::refuse);
    CHECK(tree.is_single_file);
    CHECK(paths_of(tree) == std::vector<std::string>{"model.bin"});
    CHECK(read_all(tree.entries[0].content) == "weights");
}

TEST_CASE("D-3 D-4 what cannot be saved is an error, not left out") {
    const scratch made;
    SUBCASE("nothing there") {
        CHECK(failure_of([&] { scan_tree(made.root / "absent", symlink_policy::follow); }) == errc::not_found);
    }
    SUBCASE("a name that is not UTF-8") {
        write_file(made.root / "d/\xFF", "x");
        CHECK(made.failure(symlink_policy::follow) == errc::invalid_argument);
    }
    SUBCASE("a directory that cannot be read, unless one may read everything") {
        write_file(made.root / "d/f", "x");
        detail::set_path_mode(made.root / "d", 0);
        std::error_code failure;
        const bool can_read_all = fs::directory_iterator(made.root / "d", failure) != fs::directory_iterator();
        CHECK(made.failure(symlink_policy::follow) == (can_read_all ? not_thrown : errc::access_denied));
    }
    SUBCASE("a device") {
        fs::create_symlink("/dev/null", made.root / "null");
        CHECK(made.failure(symlink_policy::follow) == errc::invalid_argument);
        CHECK(failure_of([] { scan_tree("/dev/null", symlink_policy::follow); }) == errc::invalid_argument);
    }
}

TEST_CASE("the path itself may be a link") {
    const scratch made;
    write_file(made.root / "f", "x");
    fs::create_symlink("tree", made.directory.path() / "link");
    fs::create_symlink("tree/f", made.directory.path() / "other");
    CHECK(paths_of(scan_tree(made.directory.path() / "link", symlink_policy::refuse)) == std::vector<std::string>{"f"});
    CHECK(paths_of(scan_tree(made.directory.path() / "other", symlink_policy::keep)) ==
          std::vector<std::string>{"other"});
}

TEST_CASE("links are followed") {
    const scratch made;
    write_file(made.directory.path() / "outside/f", "from outside");
    write_file(made.root / "g", "inside");
    fs::create_symlink("../outside", made.root / "d");
    fs::create_symlink("g", made.root / "h");
    const file_tree tree = scan_tree(made.root, symlink_policy::follow);
    CHECK(paths_of(tree) == std::vector<std::string>{"d", "d/f", "g", "h"});
    CHECK(tree.entries[0].type == kind::directory);
    CHECK(read_all(tree.entries[1].content) == "from outside");
    CHECK(tree.entries[3].type == kind::file);
    CHECK(read_all(tree.entries[3].content) == "inside");
}

TEST_CASE("links that cannot be followed are errors") {
    const scratch made;
    SUBCASE("a circle through the root") {
        fs::create_directories(made.root / "a/b");
        fs::create_symlink("../..", made.root / "a/b/up");
        CHECK(made.failure(symlink_policy::follow) == errc::unsafe_path);
    }
    SUBCASE("a link to itself") {
        fs::create_symlink("self", made.root / "self");
        CHECK(made.failure(symlink_policy::follow) == errc::unsafe_path);
    }
    SUBCASE("a link to nothing") {
        fs::create_symlink("absent", made.root / "dangling");
        CHECK(made.failure(symlink_policy::follow) == errc::not_found);
    }
    SUBCASE("two links to one directory are no circle") {
        write_file(made.root / "a/f", "x");
        fs::create_symlink("a", made.root / "b");
        fs::create_symlink("a", made.root / "c");
        CHECK(scan_tree(made.root, symlink_policy::follow).entries.size() == 6);
    }
}

TEST_CASE("links are kept where they stay inside") {
    const scratch made;
    write_file(made.root / "d/f", "x");
    fs::create_symlink("../d/f", made.root / "d/l");
    fs::create_symlink("d", made.root / "m");
    fs::create_symlink("absent", made.root / "n");
    const file_tree tree = scan_tree(made.root, symlink_policy::keep);
    CHECK(paths_of(tree) == std::vector<std::string>{"d", "d/f", "d/l", "m", "n"});
    CHECK(tree.entries[2].type == kind::symlink);
    CHECK(tree.entries[2].target == "../d/f");
    CHECK(tree.entries[2].content.size() == 0);
    CHECK(tree.entries[3].target == "d");
    CHECK(tree.file_bytes() == 1);
}

TEST_CASE("kept links that leave the tree are errors, in a roundabout way too") {
    const scratch made;
    fs::create_directories(made.root / "d/e");
    for (const auto* target : {"/etc", "..", "d/../../x", "self"}) {
        CAPTURE(target);
        fs::create_symlink(target, made.root / "self");
        CHECK(made.failure(symlink_policy::keep) == errc::unsafe_path);
        fs::remove(made.root / "self");
    }
    fs::create_symlink("../..", made.root / "d/e/f");
    CHECK(made.failure(symlink_policy::keep) == not_thrown);
    fs::create_symlink("d/e/f/..", made.root / "p");
    CHECK(made.failure(symlink_policy::keep) == errc::unsafe_path);
}

TEST_CASE("any link is refused on demand") {
    const scratch made;
    write_file(made.root / "f", "x");
    CHECK(made.failure(symlink_policy::refuse) == not_thrown);
    fs::create_symlink("f", made.root / "l");
    CHECK(made.failure(symlink_policy::refuse) == errc::unsafe_path);
}

TEST_CASE("several names of a file are hard links to the first") {
    const scratch made;
    write_file(made.root / "z", "shared");
    fs::create_directory(made.root / "d");
    fs::create_hard_link(made.root / "z", made.root / "d/y");
    fs::create_hard_link(made.root / "z", made.root / "m");
    write_file(made.root / "c", "one of its names is elsewhere");
    fs::create_hard_link(made.root / "c", made.directory.path() / "elsewhere");
    const file_tree tree = scan_tree(made.root, symlink_policy::keep);
    REQUIRE(paths_of(tree) == std::vector<std::string>{"c", "d", "d/y", "m", "z"});
    CHECK(tree.entries[0].type == kind::file);
    CHECK(tree.entries[2].type == kind::file);
    for (const std::size_t i : {3U, 4U}) {
        CHECK(tree.entries[i].type == kind::hard_link);
        CHECK(tree.entries[i].target == "d/y");
        CHECK(read_all(tree.entries[i].content) == "shared");
    }
}
