#include <holdfast/detail/kept_directory.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/refused_calls.hpp>
#include <tests/support/tree_building.hpp>

using holdfast::detail::kept_directory;
using holdfast::detail::temp_directory;
using tree_building::read_file;
using tree_building::write_file;
namespace fs = std::filesystem;

namespace {

struct world {
    temp_directory folder;
    fs::path root = folder.path() / "root";
    fs::path place = root / ".label-name";

    kept_directory take(std::string_view content = "this") const { return {root, ".label", "name", content}; }

    /// What a process leaves that is interrupted.
    void leave_behind() const {
        auto directory = take();
        write_file(directory.path() / "deep" / "file", "text");
        directory.keep();
    }
};

}  // namespace

TEST_CASE("a directory that is not kept is removed") {
    const world here;
    {
        const auto directory = here.take();
        CHECK(directory.path() == here.place);
        CHECK_FALSE(directory.is_resumed());
        CHECK(tree_building::mode(here.place) == 0700);
        write_file(here.place / "deep" / "file", "text");
    }
    CHECK(fs::is_empty(here.root));
}

TEST_CASE("a kept directory is taken up by the next who has the same content") {
    const world here;
    here.leave_behind();
    {
        const auto directory = here.take();
        CHECK(directory.is_resumed());
        CHECK(directory.path() == here.place);
        CHECK(read_file(here.place / "deep" / "file") == "text");
    }
    CHECK(fs::is_empty(here.root));
}

TEST_CASE("what was kept of another content, or before the system was started, is removed") {
    const world here;
    here.leave_behind();
    std::string wanted = "another";
    SUBCASE("another content") {}
    SUBCASE("another start of the system") {
        write_file(here.place / "content", "an-id-of-long-ago\nthis");
        wanted = "this";
    }
    SUBCASE("no word of what it is") {
        fs::remove(here.place / "content");
        wanted = "this";
    }
    fs::create_symlink(here.folder.path(), here.place / "link");
    const auto directory = here.take(wanted);
    CHECK_FALSE(directory.is_resumed());
    CHECK(directory.path() == here.place);
    CHECK_FALSE(fs::exists(here.place / "deep"));
    CHECK_FALSE(fs::exists(fs::symlink_status(here.place / "link")));
    CHECK(fs::exists(here.folder.path()));
}

#if defined(SYS_unlink)
TEST_CASE("a process that ends before it has removed all of another content leaves nothing to resume") {
    const world here;
    here.leave_behind();
    fs::rename(here.place / "content", here.folder.path() / "content");
    fs::rename(here.folder.path() / "content", here.place / "content");
    // some directory is listed before the file now, whatever the order
    for (int i = 0; i < 10; ++i) write_file(here.place / std::to_string(i) / "file", "text");
    testing_support::run_refused(SYS_unlinkat, EIO, [&] {  // which removes trees
        CHECK(tree_building::failure_of([&] { here.take("another").keep(); }) == holdfast::errc::io_failure);
    });
    CHECK_FALSE(here.take().is_resumed());
}

TEST_CASE("what can't be removed is an error, and not taken for the new content") {
    const world here;
    here.leave_behind();
    fs::remove_all(here.place / "deep");
    fs::remove(here.place / "content");
    write_file(here.place / "file", "text");
    testing_support::run_refused(SYS_unlink, EPERM, [&] {
        CHECK(tree_building::failure_of([&] { here.take(); }) == holdfast::errc::access_denied);
    });
}
#endif

TEST_CASE("a directory that another has is not waited for") {
    const world here;
    std::optional<kept_directory> first = here.take();
    {
        auto second = here.take();
        CHECK(second.path() != first->path());
        CHECK(second.path().parent_path() == here.root);
        CHECK_FALSE(second.is_resumed());
        second.keep();
    }
    CHECK(tree_building::listing(here.root).size() == 2);  // the first and its word: the second can't be kept
    first.reset();
    CHECK(fs::is_empty(here.root));
    CHECK(here.take().path() == here.place);
}

TEST_CASE("a directory that another user can write to, and a link, are left alone") {
    const world here;
    SUBCASE("open to others") {
        fs::create_directories(here.place);
        fs::permissions(here.place, fs::perms{0777});
    }
    SUBCASE("a link") {
        fs::create_directories(here.root / "elsewhere");
        fs::permissions(here.root / "elsewhere", fs::perms{0700});
        fs::create_directory_symlink("elsewhere", here.place);
    }
    SUBCASE("a file") {
        write_file(here.place, "mine");
    }
    const auto before = tree_building::listing(here.root);
    {
        auto directory = here.take();
        CHECK(directory.path() != here.place);
        write_file(directory.path() / "file", "text");
        directory.keep();
    }
    CHECK(tree_building::listing(here.root) == before);
}

TEST_CASE("what has no content, or too long a name, has a random name and is not kept") {
    const world here;
    for (const auto& [name, content] : {std::pair{std::string("name"), ""}, {std::string(250, 'n'), "this"}}) {
        {
            kept_directory directory{here.root, ".label", name, content};
            CHECK(directory.path().filename().string().size() == std::string(".label-0123456789abcdef").size());
            directory.keep();
        }
        CHECK(fs::is_empty(here.root));
    }
}

TEST_CASE("a directory that can't be made is an error") {
    const world here;
    write_file(here.root, "a file");
    CHECK(tree_building::failure_of([&] { here.take(); }) == holdfast::errc::invalid_argument);
}
