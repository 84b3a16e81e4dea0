#include <holdfast/detail/beneath.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/ordinary_user.hpp>

using namespace holdfast;
using detail::beneath;
using detail::entry_status;
using detail::file_kind;
using testing_support::failure_of;

namespace {

namespace fs = std::filesystem;

constexpr auto resolutions = {beneath::resolution::whole_path, beneath::resolution::name_by_name};

void write(const fs::path& path, const std::string& text = "text") {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
}

std::string content_of(const std::optional<detail::file>& opened) {
    REQUIRE(opened);
    std::string text(100, '\0');
    text.resize(opened->read_at(0, std::as_writable_bytes(std::span(text))));
    return text;
}

}  // namespace

TEST_CASE("the root is a directory, reached through links or not") {
    const detail::temp_directory scratch;
    write(scratch.path() / "real/file");
    fs::create_directory_symlink("real", scratch.path() / "link");
    for (const auto how : resolutions) {
        CHECK(content_of(beneath(scratch.path() / "link", how).open_read("file")) == "text");
        CHECK(failure_of([&] { beneath(scratch.path() / "absent", how); }) == errc::not_found);
        CHECK(failure_of([&] { beneath(scratch.path() / "real/file", how); }) == errc::invalid_argument);
    }
}

TEST_CASE("files and directories below are made, read, renamed and removed") {
    for (const auto how : resolutions) {
        const detail::temp_directory scratch;
        const beneath root(scratch.path(), how);
        root.make_directories("", 0777);
        root.make_directories("a/b/c", 0777);
        root.make_directories("a/b/c", 0777);
        root.create_new("a/b/c/file", 0666).write_at(0, std::as_bytes(std::span("text", 4)));
        CHECK(failure_of([&] { root.create_new("a/b/c/file", 0666); }) == errc::precondition_failed);
        CHECK(failure_of([&] { root.create_new("a/x/file", 0666); }) == errc::not_found);
        CHECK(content_of(root.open_read("a/b/c/file")) == "text");
        CHECK(root.status("a/b/c/file")->size == 4);
        CHECK(root.status("a")->kind == file_kind::directory);
        CHECK(root.entries("a/b").size() == 1);
        CHECK(root.entries("").front().first == "a");
        CHECK(root.rename("a/b/c/file", "top", true));
        CHECK(root.sync_directory("a/b/c"));
        CHECK_FALSE(root.sync_directory("a/x"));
        CHECK_FALSE(root.remove_directory("a/b"));
        CHECK(root.remove_directory("a/b/c"));
        CHECK_FALSE(root.remove_directory("a/b/c"));
        CHECK(root.remove_file("top"));
        CHECK_FALSE(root.remove_file("top"));
        CHECK_FALSE(root.remove_file("a/x/y"));
    }
}

TEST_CASE("a directory below is a root of its own, and files are renamed from one to another") {
    for (const auto how : resolutions) {
        const detail::temp_directory scratch;
        const beneath root(scratch.path(), how);
        const beneath from = root.make_directories("a/from", 0777);
        const beneath to = root.make_directories("to", 0777);
        write(scratch.path() / "file");
        fs::create_directory_symlink("a", scratch.path() / "link");
        from.create_new("one", 0666).write_at(0, std::as_bytes(std::span("text", 4)));
        CHECK(from.rename("one", to, "two", false));
        CHECK(content_of(root.find_directory("to")->open_read("two")) == "text");
        CHECK_FALSE(root.find_directory("absent/x"));
        CHECK_FALSE(root.find_directory("file"));
        CHECK(failure_of([&] { root.find_directory("link/from"); }) == errc::unsafe_path);
        fs::remove(scratch.path() / "a/from");
        CHECK(failure_of([&] { to.rename("two", from, "one", true); }) == errc::not_found);
    }
}

TEST_CASE("what is absent is no error") {
    for (const auto how : resolutions) {
        const detail::temp_directory scratch;
        write(scratch.path() / "file");
        const beneath root(scratch.path(), how);
        for (const std::string path : {"absent", "absent/x/y", "file/x", "file/x/y"}) {
            CAPTURE(path);
            CHECK_FALSE(root.status(path));
            CHECK_FALSE(root.open_read(path));
            CHECK(root.entries(path).empty());
            CHECK_FALSE(root.remove_file(path));
        }
        CHECK(failure_of([&] { root.make_directories("file/x", 0777); }) == errc::invalid_argument);
        CHECK(failure_of([&] { root.rename("absent", "x", true); }) == errc::not_found);
        CHECK(failure_of([&] { root.rename("file", "absent/x", true); }) == errc::not_found);
    }
}

TEST_CASE("a rename replaces only where it may") {
    for (const auto how : resolutions) {
        const detail::temp_directory scratch;
        write(scratch.path() / "a", "a");
        write(scratch.path() / "b", "b");
        const beneath root(scratch.path(), how);
        CHECK_FALSE(root.rename("a", "b", false));
        CHECK(content_of(root.open_read("b")) == "b");
        CHECK(root.rename("a", "c", false));
        CHECK_FALSE(root.status("a"));
        CHECK(root.rename("c", "b", true));
        CHECK(content_of(root.open_read("b")) == "a");
        fs::create_directories(scratch.path() / "dir");
        CHECK(failure_of([&] { root.rename("b", "dir", true); }) == errc::invalid_argument);
    }
}

TEST_CASE("a directory is renamed to a new name, and removed with all that is in it") {
    for (const auto how : resolutions) {
        const detail::temp_directory scratch;
        write(scratch.path() / "from/sub/a", "a");
        write(scratch.path() / "taken/b", "b");
        write(scratch.path() / "outside", "stays");
        fs::create_symlink("../outside", scratch.path() / "from/link");
        fs::create_directory_symlink("taken", scratch.path() / "link");
        const beneath root(scratch.path(), how);
        CHECK_FALSE(root.rename("from", "taken", false));
        CHECK(root.rename("from", "to", false));
        CHECK(content_of(root.open_read("to/sub/a")) == "a");
        CHECK_FALSE(root.status("from"));
        CHECK(root.remove_tree("to"));
        CHECK_FALSE(root.remove_tree("to"));
        CHECK_FALSE(root.remove_tree("absent/x"));
        CHECK(failure_of([&] { root.remove_tree("outside"); }) == errc::invalid_argument);
        CHECK(failure_of([&] { root.remove_tree("link"); }) == errc::invalid_argument);
        CHECK(failure_of([&] { root.remove_tree("link/b"); }) == errc::unsafe_path);
        CHECK(content_of(root.open_read("taken/b")) == "b");
        CHECK(content_of(root.open_read("outside")) == "stays");
    }
}

TEST_CASE("the portable rename replaces nothing either") {
    const detail::temp_directory scratch;
    write(scratch.path() / "a", "a");
    write(scratch.path() / "b", "b");
    const detail::file directory = detail::file::open_read(scratch.path());
    CHECK_FALSE(detail::portable::link_to_new(directory, "a", directory, "b"));
    CHECK(content_of(detail::file::open_read(scratch.path() / "b")) == "b");
    CHECK(detail::portable::link_to_new(directory, "a", directory, "c"));
    CHECK_FALSE(fs::exists(scratch.path() / "a"));
    CHECK(content_of(detail::file::open_read(scratch.path() / "c")) == "a");
    CHECK(failure_of([&] { detail::portable::link_to_new(directory, "a", directory, "d"); }) == errc::not_found);
}

TEST_CASE("a link below the root is never followed") {
    for (const auto how : resolutions) {
        const detail::temp_directory scratch;
        write(scratch.path() / "outside/file");
        write(scratch.path() / "root/in/file");
        fs::create_directory_symlink("../outside", scratch.path() / "root/up");
        fs::create_directory_symlink(scratch.path() / "outside", scratch.path() / "root/absolute");
        fs::create_directory_symlink("in", scratch.path() / "root/inside");
        fs::create_directory_symlink("../../outside", scratch.path() / "root/in/deep");
        fs::create_symlink("in/file", scratch.path() / "root/to_file");
        fs::create_symlink("nowhere", scratch.path() / "root/dangling");
        const beneath root(scratch.path() / "root", how);
        for (const std::string link : {"up", "absolute", "inside", "in/deep", "to_file", "dangling"}) {
            CAPTURE(link);
            const std::string below = link + "/file";
            CHECK(failure_of([&] { root.status(link); }) == errc::unsafe_path);
            CHECK(failure_of([&] { root.open_read(link); }) == errc::unsafe_path);
            CHECK(failure_of([&] { root.entries(link); }) == errc::unsafe_path);
            CHECK(failure_of([&] { root.make_directories(link, 0777); }) == errc::unsafe_path);
            CHECK(failure_of([&] { root.create_new(link, 0666); }) == errc::precondition_failed);
            CHECK(failure_of([&] { root.lock(link, true); }) == errc::unsafe_path);
            CHECK(failure_of([&] { root.status(below); }) == errc::unsafe_path);
            CHECK(failure_of([&] { root.open_read(below); }) == errc::unsafe_path);
            CHECK(failure_of([&] { root.create_new(below, 0666); }) == errc::unsafe_path);
            CHECK(failure_of([&] { root.make_directories(below, 0777); }) == errc::unsafe_path);
            CHECK(failure_of([&] { root.rename("in/file", below, true); }) == errc::unsafe_path);
            CHECK(failure_of([&] { root.rename("in/file", below, false); }) == errc::unsafe_path);
            CHECK(failure_of([&] { root.remove_file(below); }) == errc::unsafe_path);
            CHECK(failure_of([&] { root.remove_directory(below); }) == errc::unsafe_path);
        }
        const auto listed = root.entries("");
        CHECK(std::ranges::count_if(listed, [](const auto& e) { return e.second.kind == file_kind::symlink; }) == 5);
        const auto kinds = root.entries("", entry_status::kind);
        CHECK(std::ranges::equal(kinds, listed, [](const auto& a, const auto& b) {
            return a.first == b.first && a.second.kind == b.second.kind;
        }));
        CHECK(std::distance(fs::directory_iterator(scratch.path() / "outside"), {}) == 1);
        CHECK(fs::file_size(scratch.path() / "outside/file") == 4);
    }
}

TEST_CASE("a directory that turns into a link while it is used leads nowhere") {
    for (const auto how : resolutions) {
        const detail::temp_directory scratch;
        fs::create_directories(scratch.path() / "outside/deep");
        fs::create_directories(scratch.path() / "root/dir/deep");
        fs::create_directory_symlink("../outside", scratch.path() / "root/link");
        const fs::path directory = scratch.path() / "root/dir";
        std::atomic<bool> done = false;
        std::jthread attacker([&] {
            while (!done) {
                fs::rename(directory, scratch.path() / "root/aside");
                fs::rename(scratch.path() / "root/link", directory);
                fs::rename(directory, scratch.path() / "root/link");
                fs::rename(scratch.path() / "root/aside", directory);
            }
        });
        const beneath root(scratch.path() / "root", how);
        for (int i = 0; i < 500; ++i) {
            const std::string name = "dir/deep/" + std::to_string(i);
            const auto made = failure_of([&] { root.create_new(name, 0666); });
            CHECK((!made || made == errc::unsafe_path || made == errc::not_found));
        }
        done = true;
        attacker.join();
        CHECK(fs::is_empty(scratch.path() / "outside/deep"));
    }
}

TEST_CASE("a lock excludes, a shared lock shares") {
    const detail::temp_directory scratch;
    const beneath root(scratch.path());
    const detail::file first = root.lock("lock", true);
    const detail::file second = root.lock("lock", true);
    CHECK(second);
    int counter = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int round = 0; round < 200; ++round) {
                    const detail::file held = root.lock("other", false);
                    const int seen = std::atomic_ref(counter).load();
                    std::this_thread::yield();
                    std::atomic_ref(counter).store(seen + 1);
                }
            });
        }
    }
    CHECK(counter == 800);
}

TEST_CASE("a lock that excludes is on a file that is open for writing, as NFS wants it, where this user may write") {
    const auto access_of = [](const detail::file& held) { return ::fcntl(held.descriptor(), F_GETFL) & O_ACCMODE; };
    const detail::temp_directory scratch;
    const beneath root(scratch.path());
    CHECK(access_of(root.lock("lock", false)) == O_RDWR);
    CHECK(access_of(root.lock("lock", true)) == O_RDONLY);
    fs::permissions(scratch.path() / "lock", fs::perms{0444});
    const testing_support::ordinary_user somebody(scratch.path());
    CHECK(access_of(root.lock("lock", false)) == O_RDONLY);
}
