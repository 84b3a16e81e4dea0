#include <holdfast/artifact/staged_directory.hpp>

#include <doctest/doctest.h>

#include <tests/support/ordinary_user.hpp>
#include <tests/support/tree_building.hpp>

#include <filesystem>
#include <string>
#include <vector>

using namespace holdfast;
using detail::temp_directory;
using tree_building::failure_of;
using tree_building::listing;
using tree_building::write_file;

namespace {

void stage(const std::filesystem::path& target, bool commit = true) {
    staged_directory staged{target};
    write_file(staged.path() / "sub" / "new", "new");
    if (commit) staged.commit();
}

}  // namespace

TEST_CASE("a missing target is made at once, without a trace beside it") {
    const temp_directory folder;
    stage(folder.path() / "out" / "");
    CHECK(listing(folder.path()) ==
          std::vector<std::string>{"directory out", "directory out/sub", "file out/sub/new: new"});
    CHECK((tree_building::mode(folder.path() / "out") & 0700U) == 0700U);
}

TEST_CASE("what is not committed leaves nothing") {
    const temp_directory folder;
    write_file(folder.path() / "there" / "mine", "mine");
    const auto before = listing(folder.path());
    stage(folder.path() / "out", false);
    stage(folder.path() / "there", false);
    CHECK(listing(folder.path()) == before);
}

TEST_CASE("beside the target is kept what arrived; inside it, where it has to be staged there, nothing") {
    const temp_directory folder;
    const auto stage_and_keep = [](const std::filesystem::path& target) {
        staged_directory staged{target, "content"};
        write_file(staged.path() / "new", "new");
        staged.keep();
        return staged.is_resumed();
    };
    const auto beside = folder.path() / "free" / "out";
    std::filesystem::create_directories(beside);
    CHECK_FALSE(stage_and_keep(beside));
    CHECK(stage_and_keep(beside));
    CHECK(listing(beside).empty());

    const auto closed = folder.path() / "closed";
    const auto inside = closed / "out";
    write_file(inside / "mine", "mine");
    std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
    std::filesystem::permissions(closed, std::filesystem::perms{0555});
    {
        const testing_support::ordinary_user user{inside};
        for (int i = 0; i < 2; ++i) {
            CHECK_FALSE(stage_and_keep(inside));
            CHECK(listing(inside) == std::vector<std::string>{"file mine: mine"});
        }
    }
    std::filesystem::permissions(closed, std::filesystem::perms{0755});  // so that it can be removed
}

TEST_CASE("a target that exists keeps its other entries") {
    const temp_directory folder;
    write_file(folder.path() / "out" / "sub" / "old", "old");
    write_file(folder.path() / "out" / "sub" / "new", "before");
    stage(folder.path() / "out");
    CHECK(listing(folder.path() / "out") ==
          std::vector<std::string>{"directory sub", "file sub/new: new", "file sub/old: old"});
}

TEST_CASE("a link in the target is replaced, not followed") {
    const temp_directory folder;
    write_file(folder.path() / "victim", "untouched");
    std::filesystem::create_directories(folder.path() / "out" / "sub");
    std::filesystem::create_symlink(folder.path() / "victim", folder.path() / "out" / "sub" / "new");
    stage(folder.path() / "out");
    CHECK(tree_building::read_file(folder.path() / "victim") == "untouched");
    CHECK_FALSE(std::filesystem::is_symlink(folder.path() / "out" / "sub" / "new"));
}

TEST_CASE("a target reached through a link is the directory it names") {
    const temp_directory folder;
    std::filesystem::create_directories(folder.path() / "real");
    std::filesystem::create_directory_symlink("real", folder.path() / "link");
    stage(folder.path() / "link");
    CHECK(std::filesystem::exists(folder.path() / "real" / "sub" / "new"));
    CHECK(std::filesystem::is_symlink(folder.path() / "link"));
}

TEST_CASE("a directory in the place of a file, and the other way round, is refused before anything moved") {
    const temp_directory folder;
    write_file(folder.path() / "a" / "sub", "a file");
    write_file(folder.path() / "b" / "sub" / "new" / "deeper", "");
    const auto before = listing(folder.path());
    CHECK(failure_of([&] { stage(folder.path() / "a"); }) == errc::precondition_failed);
    CHECK(failure_of([&] { stage(folder.path() / "b"); }) == errc::precondition_failed);
    CHECK(listing(folder.path()) == before);
}

TEST_CASE("a target that can be no directory") {
    const temp_directory folder;
    write_file(folder.path() / "file", "");
    CHECK(failure_of([&] { stage(folder.path() / "file"); }) == errc::invalid_argument);
    CHECK(failure_of([&] { stage(folder.path() / "file" / "below"); }) == errc::invalid_argument);
    CHECK(failure_of([&] { stage(""); }) == errc::invalid_argument);
}

TEST_CASE("a target that cannot be made is not said to be missing from the store") {
    const temp_directory folder;
    std::filesystem::create_symlink("nowhere", folder.path() / "dangling");
    CHECK(failure_of([&] { stage(folder.path() / "dangling"); }) == errc::invalid_argument);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "nowhere"));
    std::filesystem::create_symlink("loop", folder.path() / "loop");
    CHECK(failure_of([&] { stage(folder.path() / "loop"); }) == errc::invalid_argument);
    CHECK(failure_of([&] { stage(folder.path() / "loop" / "below"); }) == errc::invalid_argument);
    CHECK(failure_of([&] { stage("/proc/nothing/here"); }) == errc::invalid_argument);
    CHECK(failure_of([&] {
              staged_directory staged{folder.path() / "gone" / "out"};
              std::filesystem::remove_all(folder.path() / "gone");
              staged.commit();
          }) == errc::invalid_argument);
}

TEST_CASE("what vanishes from the staging directory is no absence in the store") {
    const temp_directory folder;
    const staged_directory staged{folder.path() / "out"};
    const auto failure_at = [&](const std::filesystem::path& path) {
        return failure_of([&] { detail::name_what_vanished(staged, [&] { detail::status_of(path, false); }); });
    };
    CHECK(failure_at(staged.path() / "gone") == errc::io_failure);
    CHECK(failure_at(staged.notes()) == errc::io_failure);
    CHECK(failure_at(folder.path() / "gone") == errc::not_found);
    CHECK(detail::name_what_vanished(staged, [] { return 1; }) == 1);
}

TEST_CASE("a read-only directory moves, and stays read-only") {
    const temp_directory folder;
    const auto target = folder.path() / "out";
    std::filesystem::create_directories(target);
    {
        staged_directory staged{target};
        write_file(staged.path() / "locked" / "file", "in it");
        std::filesystem::permissions(staged.path() / "locked", std::filesystem::perms{0555});
        staged.commit();
    }
    CHECK(tree_building::mode(target / "locked") == 0555);
    CHECK(tree_building::read_file(target / "locked" / "file") == "in it");
}

TEST_CASE("a read-only directory of the target gets what is loaded into it, and stays read-only") {
    const temp_directory folder;
    const testing_support::ordinary_user somebody(folder.path());
    const auto target = folder.path() / "out";
    for (const std::string content : {"first", "second"}) {
        staged_directory staged{target};
        write_file(staged.path() / "locked" / "file", content);
        std::filesystem::permissions(staged.path() / "locked", std::filesystem::perms{0555});
        staged.commit();
        CHECK(tree_building::mode(target / "locked") == 0555);
        CHECK(tree_building::read_file(target / "locked" / "file") == content);
    }
    std::filesystem::permissions(target / "locked", std::filesystem::perms{0755});  // so that it can be removed
}
