#include <holdfast/detail/temp_directory.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <type_traits>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/system.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using holdfast::detail::temp_directory;
using testing_support::failure_of;
using tree_building::read_file;
namespace fs = std::filesystem;

static_assert(!std::is_copy_constructible_v<temp_directory> && !std::is_copy_assignable_v<temp_directory>);
static_assert(std::is_nothrow_move_constructible_v<temp_directory> &&
              std::is_nothrow_move_assignable_v<temp_directory>);

namespace {

void write_text(const fs::path& path, const std::string& text) {
    std::ofstream(path) << text;
}

}  // namespace

TEST_CASE("a temporary directory is new, private and gone at the end") {
    fs::path path;
    {
        const temp_directory directory;
        path = directory.path();
        CHECK(path.is_absolute());
        CHECK(path.parent_path() == fs::temp_directory_path());
        const std::string name = path.filename().string();
        REQUIRE(name.size() == 9 + 16);
        CHECK(name.starts_with("holdfast-"));
        CHECK(name.find_first_not_of("0123456789abcdef", 9) == std::string::npos);
        CHECK(detail::status_of(path, false).kind == detail::file_kind::directory);
        CHECK(detail::status_of(path, false).mode == 0700);
        CHECK(temp_directory().path() != path);
    }
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE("root and label are the caller's; a missing root is made and stays") {
    const temp_directory outer;
    const fs::path root = outer.path() / "a/b";
    {
        const temp_directory directory(root, "work");
        CHECK(directory.path().parent_path() == root);
        CHECK(directory.path().filename().string().starts_with("work-"));
    }
    CHECK(fs::is_empty(root));
}

TEST_CASE("a relative root is made absolute") {
    const temp_directory outer;
    const temp_directory directory(fs::relative(outer.path()));
    CHECK(directory.path().is_absolute());
    CHECK(fs::equivalent(directory.path().parent_path(), outer.path()));
}

TEST_CASE("a label with '/', and a root that is a file") {
    const temp_directory outer;
    CHECK(failure_of([&] { temp_directory(outer.path(), "../x"); }) == errc::invalid_argument);
    CHECK(fs::is_empty(outer.path()));
    write_text(outer.path() / "f", "f");
    CHECK(failure_of([&] { temp_directory(outer.path() / "f"); }) == errc::invalid_argument);
    CHECK(failure_of([&] { temp_directory(outer.path() / "f/g"); }) == errc::invalid_argument);
}

TEST_CASE("a released directory stays") {
    const temp_directory outer;
    fs::path path;
    {
        temp_directory directory(outer.path());
        write_text(directory.path() / "f", "kept");
        path = directory.release();
        CHECK(directory.path().empty());
    }
    CHECK(read_file(path / "f") == "kept");
}

TEST_CASE("moving hands the directory over") {
    const temp_directory outer;
    fs::path first_path;
    fs::path second_path;
    {
        temp_directory first(outer.path());
        first_path = first.path();
        temp_directory moved(std::move(first));
        CHECK(moved.path() == first_path);
        {
            temp_directory second(outer.path());
            second_path = second.path();
            moved = std::move(second);
        }
        CHECK(moved.path() == second_path);
        CHECK_FALSE(fs::exists(first_path));
        CHECK(fs::exists(second_path));
    }
    CHECK_FALSE(fs::exists(second_path));
}

TEST_CASE("what is in it goes with it, read-only directories too") {
    const temp_directory outer;
    {
        const temp_directory directory(outer.path());
        const fs::path deep = directory.path() / "a/b/c";
        fs::create_directories(deep / "empty");
        fs::create_directories(directory.path() / "a/b/.removed-0/x");
        write_text(directory.path() / ".removed-1", "a name like those that the removal takes");
        write_text(deep / "f", "f");
        write_text(directory.path() / "a/f", "f");
        detail::set_path_mode(deep / "f", 0);
        for (fs::path at = deep; at != directory.path(); at = at.parent_path()) detail::set_path_mode(at, 0500);
        detail::set_path_mode(directory.path(), 0);
    }
    CHECK(fs::is_empty(outer.path()));
}

TEST_CASE("links are removed, what they name is not") {
    const temp_directory outer;
    const fs::path outside = outer.path() / "outside";
    fs::create_directory(outside);
    write_text(outside / "f", "safe");
    detail::set_path_mode(outside, 0750);
    {
        const temp_directory directory(outer.path() / "root");
        fs::create_directories(directory.path() / "a/b");
        detail::make_symlink(outside.string(), directory.path() / "link");
        detail::make_symlink(outside.string(), directory.path() / "a/b/link");
        detail::make_symlink("../../../../outside/f", directory.path() / "a/b/file");
        detail::make_symlink("nowhere", directory.path() / "a/dangling");
        fs::create_hard_link(outside / "f", directory.path() / "a/hard");
    }
    CHECK(fs::is_empty(outer.path() / "root"));
    CHECK(read_file(outside / "f") == "safe");
    CHECK(detail::status_of(outside, false).mode == 0750);
}

TEST_CASE("a directory that was replaced by a link, and one that is gone already") {
    const temp_directory outer;
    const fs::path outside = outer.path() / "outside";
    fs::create_directory(outside);
    write_text(outside / "f", "safe");
    {
        const temp_directory replaced(outer.path());
        fs::remove(replaced.path());
        detail::make_symlink("outside", replaced.path());
        const temp_directory gone(outer.path());
        fs::remove(gone.path());
    }
    CHECK(read_file(outside / "f") == "safe");
}

TEST_CASE("a tree deeper than a path may be long is removed") {
    const temp_directory outer;
    {
        const temp_directory directory(outer.path());
        // built from the bottom up, so that no path on the way is long
        fs::path below;
        for (int level = 0; level < 3000; ++level) {
            const fs::path next = directory.path() / ("n" + std::to_string(level % 2));
            fs::create_directory(next);
            if (!below.empty()) fs::rename(below, next / "d");
            below = next;
        }
        write_text(below / "f", "f");
    }
    CHECK(fs::is_empty(outer.path()));
}
