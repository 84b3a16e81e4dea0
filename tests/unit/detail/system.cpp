#include <holdfast/detail/system.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <latch>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/refused_calls.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using namespace holdfast::detail;
using testing_support::failure_of;
using tree_building::read_file;
namespace fs = std::filesystem;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

void write_text(const fs::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

std::string read_at(const file& from, std::uint64_t offset, std::size_t size) {
    std::string text(size, '?');
    text.resize(from.read_at(offset, std::as_writable_bytes(std::span(text))));
    return text;
}

// Sets a variable for the length of a test.
class variable {
public:
    variable(const char* name, const char* value) : name_(name) {
        if (const char* old = std::getenv(name)) old_ = old;
        value != nullptr ? ::setenv(name, value, 1) : ::unsetenv(name);
        ::tzset();
    }
    ~variable() {
        old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_);
        ::tzset();
    }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;

private:
    const char* name_;
    std::optional<std::string> old_;
};

}  // namespace

TEST_CASE("a file reads and writes at offsets") {
    const temp_directory directory;
    const auto path = directory.path() / "f";
    file out = file::create_new(path);
    REQUIRE(out);
    out.write_at(4, bytes_of("efgh"));
    out.write_at(0, bytes_of("abcd"));
    out.write_at(8, {});
    out.sync();
    CHECK(out.status().size == 8);
    out.close_checked();
    CHECK_FALSE(out);
    out.close_checked();

    const file in = file::open_read(path);
    CHECK(in.path() == path);
    CHECK(read_at(in, 0, 8) == "abcdefgh");
    CHECK(read_at(in, 6, 8) == "gh");
    CHECK(read_at(in, 8, 8).empty());
    CHECK(read_at(in, 2, 0).empty());
}

TEST_CASE("a new file never replaces what is there") {
    const temp_directory directory;
    const auto path = directory.path() / "f";
    write_text(path, "old");
    CHECK(failure_of([&] { file::create_new(path); }) == errc::precondition_failed);
    CHECK(read_file(path) == "old");
    make_symlink("target", directory.path() / "link");
    CHECK(failure_of([&] { file::create_new(directory.path() / "link"); }) == errc::precondition_failed);
    CHECK_FALSE(fs::exists(directory.path() / "target"));
    CHECK(failure_of([&] { file::create_new(directory.path() / "none/f"); }) == errc::not_found);
    CHECK(failure_of([&] { file::create_new(path / "f"); }) == errc::invalid_argument);
}

TEST_CASE("errors of files name the path") {
    const temp_directory directory;
    const auto path = directory.path() / "none";
    try {
        file::open_read(path);
        FAIL("opened");
    } catch (const error& failure) {
        CHECK(failure.kind() == errc::not_found);
        CHECK(failure.operation() == "open");
        CHECK(failure.key() == path.string());
    }
    CHECK(failure_of([&] { read_at(file::open_read(directory.path()), 0, 1); }) == errc::invalid_argument);
    write_text(directory.path() / "f", "text");
    const file in = file::open_read(directory.path() / "f");
    CHECK(failure_of([&] { in.write_at(0, bytes_of("x")); }) == errc::io_failure);
    CHECK(failure_of([&] { read_at(in, UINT64_MAX, 1); }) == errc::invalid_argument);
    CHECK(failure_of([] { file().status(); }) == errc::io_failure);
    CHECK(failure_of([] { file().sync(); }) == errc::io_failure);
    CHECK(failure_of([&] { file::open_read(std::string(5000, 'a')); }) == errc::invalid_argument);
}

TEST_CASE("a file that is there is opened to read and write, but through no link") {
    const temp_directory directory;
    const auto path = directory.path() / "f";
    write_text(path, "text");
    const file opened = file::open_update(path);
    opened.write_at(1, bytes_of("o"));
    CHECK(read_at(opened, 0, 4) == "toxt");
    make_symlink("f", directory.path() / "link");
    CHECK(failure_of([&] { file::open_update(directory.path() / "link"); }) == errc::unsafe_path);
    CHECK(failure_of([&] { file::open_update(directory.path() / "none"); }) == errc::not_found);
    CHECK(failure_of([&] { file::open_update(directory.path()); }) == errc::invalid_argument);
}

TEST_CASE("a lock goes with the open file") {
    const temp_directory directory;
    {
        const file first = file::open_read(directory.path());
        CHECK(first.try_lock());
        CHECK(first.try_lock());
        CHECK_FALSE(file::open_read(directory.path()).try_lock());
    }
    CHECK(file::open_read(directory.path()).try_lock());
    CHECK_FALSE(file().try_lock());
}

TEST_CASE("what is made here is this user's, and this start of the system has a name") {
    const temp_directory directory;
    CHECK(status_of(directory.path(), false).owner == user_id());
    CHECK(boot_id() == boot_id());
    CHECK(boot_id().empty() == !fs::exists("/proc/sys/kernel/random/boot_id"));
}

TEST_CASE("opening a pipe that nobody writes to does not wait") {
    const temp_directory directory;
    const auto path = directory.path() / "pipe";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    CHECK(file::open_read(path).status().kind == file_kind::other);
}

TEST_CASE("files move, and close what they held") {
    const temp_directory directory;
    write_text(directory.path() / "a", "a");
    write_text(directory.path() / "b", "b");
    file first = file::open_read(directory.path() / "a");
    file second = std::move(first);
    CHECK(read_at(second, 0, 1) == "a");
    const int descriptor = second.descriptor();
    second = file::open_read(directory.path() / "b");
    CHECK(read_at(second, 0, 1) == "b");
    CHECK(std::filesystem::path(second.path()).filename() == "b");
    CHECK(::dup2(descriptor, descriptor) == -1);
}

TEST_CASE("the status of files, directories and links") {
    const temp_directory directory;
    const auto path = directory.path() / "f";
    write_text(path, "12345");
    set_path_mode(path, 0640);
    make_symlink("f", directory.path() / "link");
    fs::create_hard_link(path, directory.path() / "g");

    const file_status status = status_of(path, false);
    CHECK(status.kind == file_kind::regular);
    CHECK(status.size == 5);
    CHECK(status.mode == 0640);
    CHECK(status.links == 2);
    CHECK(status == status_of(directory.path() / "link", true));
    CHECK(status == status_of(directory.path() / "g", false));
    CHECK(status == file::open_read(path).status());
    CHECK(status_of(directory.path() / "link", false).kind == file_kind::symlink);
    CHECK(status_of(directory.path(), true).kind == file_kind::directory);

    make_symlink("nowhere", directory.path() / "broken");
    CHECK(is_there(path));
    CHECK(is_there(directory.path()));
    CHECK(is_there(directory.path() / "link"));
    CHECK_FALSE(is_there(directory.path() / "broken"));
    CHECK_FALSE(is_there(directory.path() / "absent"));
    CHECK_FALSE(is_there(path / "below a file"));
    CHECK(status_of("/dev/null", true).kind == file_kind::other);
    CHECK(failure_of([&] { status_of(directory.path() / "none", true); }) == errc::not_found);
    CHECK(failure_of([&] { status_of(path / "f", true); }) == errc::invalid_argument);
}

TEST_CASE("modes and modification times to the nanosecond, before the epoch too") {
    const temp_directory directory;
    const auto path = directory.path() / "f";
    const file out = file::create_new(path, 0600);
    CHECK(out.status().mode == 0600);
    out.set_mode(0755);
    CHECK(out.status().mode == 0755);
    for (const std::int64_t ns : {std::int64_t{0}, std::int64_t{1'700'000'000'123'456'789}, std::int64_t{-1},
                                  std::int64_t{-1'000'000'000}, std::int64_t{-1'500'000'000}}) {
        CAPTURE(ns);
        out.set_modified(ns);
        CHECK(out.status().modified_ns == ns);
    }
    make_symlink("f", directory.path() / "link");
    set_path_modified(directory.path() / "link", 5'000'000'000, false);
    CHECK(status_of(directory.path() / "link", false).modified_ns == 5'000'000'000);
    CHECK(out.status().modified_ns == -1'500'000'000);
    set_path_modified(directory.path() / "link", 6'000'000'000, true);
    CHECK(out.status().modified_ns == 6'000'000'000);
    CHECK(failure_of([&] { set_path_mode(directory.path() / "none", 0600); }) == errc::not_found);
    CHECK(failure_of([&] { set_path_modified(directory.path() / "none", 0, true); }) == errc::not_found);
}

TEST_CASE("a time that the type can't hold is as early or as late as can be") {
    const temp_directory directory;
    const auto path = directory.path() / "f";
    write_text(path, "");
    for (const std::time_t years_2286_and_1653 : {10'000'000'000, -10'000'000'000}) {
        const std::array<struct ::timespec, 2> times{{{0, UTIME_OMIT}, {years_2286_and_1653, 999'999'999}}};
        REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
        const auto modified = status_of(path, false).modified_ns;  // the file system may keep a time that is nearer
        CHECK((years_2286_and_1653 < 0 ? modified <= 0 : modified > 0));
    }
}

TEST_CASE("what is mounted apart is told apart, where the system tells") {
    const temp_directory directory;
    write_text(directory.path() / "f", "");
    const auto here = mount_of(directory.path());
    CHECK(mount_of(directory.path() / "f") == here);
    CHECK(mount_of(directory.path() / "none") == 0);
    CHECK((mount_of("/proc") != here || here == 0));
#if defined(__linux__)
    testing_support::run_refused(SYS_statx, ENOSYS, [&] { CHECK(mount_of(directory.path()) == 0); });
#endif
}

TEST_CASE("a range is copied, by the kernel and by its twin") {
    const temp_directory directory;
    std::string text(3 * (1 << 20) + 17, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7 % 251);
    write_text(directory.path() / "from", text);
    const file from = file::open_read(directory.path() / "from");

    int form = 0;
    for (const auto copy : {&detail::copy_range, &portable::copy_range}) {
        CAPTURE(form);
        const file to = file::create_new(directory.path() / ("to" + std::to_string(form++)));
        copy(from, 5, to, 3, text.size() - 5);
        copy(from, 0, to, 0, 3);
        copy(from, 7, to, 0, 0);
        CHECK(read_file(to.path()) == text.substr(0, 3) + text.substr(5));
        CHECK(failure_of([&] { copy(from, text.size() - 2, to, 0, 3); }) == errc::precondition_failed);
        CHECK(failure_of([&] { copy(from, text.size(), to, 0, 1); }) == errc::precondition_failed);
        CHECK(failure_of([&] { copy(from, 0, from, 10, 4); }) == errc::io_failure);  // not open for writing
    }
}

TEST_CASE("a copy between file systems, and from a file that the kernel makes up") {
    const temp_directory directory;
    const file to = file::create_new(directory.path() / "to");
    const file from = file::open_read("/proc/self/status");
    copy_range(from, 0, to, 0, 5);
    CHECK(read_file(to.path()) == "Name:");
}

TEST_CASE("a rename replaces, or does not") {
    const temp_directory directory;
    const auto a = directory.path() / "a";
    const auto b = directory.path() / "b";
    const auto c = directory.path() / "c";
    const auto rename_new = [](const fs::path& from, const fs::path& to) { rename_path(from, to, false); };
    for (const std::function<void(const fs::path&, const fs::path&)>& rename_to_new :
         {std::function<void(const fs::path&, const fs::path&)>(rename_new),
          std::function<void(const fs::path&, const fs::path&)>(portable::rename_to_new)}) {
        write_text(a, "a");
        write_text(b, "b");
        CHECK(failure_of([&] { rename_to_new(a, b); }) == errc::precondition_failed);
        CHECK(read_file(a) == "a");
        CHECK(read_file(b) == "b");
        rename_to_new(a, c);
        CHECK(read_file(c) == "a");
        CHECK_FALSE(fs::exists(a));
        CHECK(status_of(c, false).links == 1);
        CHECK(failure_of([&] { rename_to_new(a, directory.path() / "d"); }) == errc::not_found);
        rename_path(c, b, true);
        CHECK(read_file(b) == "a");
        fs::remove(b);
    }
    CHECK(failure_of([&] { rename_path(a, b, true); }) == errc::not_found);
}

TEST_CASE("a link is renamed itself, and directories only to new names") {
    const temp_directory directory;
    const auto rename_new = [](const fs::path& from, const fs::path& to) { rename_path(from, to, false); };
    for (const std::function<void(const fs::path&, const fs::path&)>& rename_to_new :
         {std::function<void(const fs::path&, const fs::path&)>(rename_new),
          std::function<void(const fs::path&, const fs::path&)>(portable::rename_to_new)}) {
        const temp_directory inner(directory.path());
        const auto at = [&](const char* name) { return inner.path() / name; };
        make_symlink("nowhere", at("link"));
        rename_to_new(at("link"), at("moved"));
        CHECK(detail::read_symlink(at("moved")) == "nowhere");
        make_directory(at("tree"), 0700);
        write_text(at("tree") / "f", "f");
        make_directory(at("taken"), 0700);
        CHECK(failure_of([&] { rename_to_new(at("tree"), at("taken")); }) == errc::precondition_failed);
        CHECK(failure_of([&] { rename_to_new(at("tree"), at("moved")); }) == errc::precondition_failed);
        rename_to_new(at("tree"), at("new"));
        CHECK(read_file(at("new") / "f") == "f");
        CHECK_FALSE(fs::exists(at("tree")));
    }
}

TEST_CASE("directories are made once, synced and removed") {
    const temp_directory directory;
    const auto path = directory.path() / "d";
    make_directory(path, 0700);
    CHECK(status_of(path, false).mode == 0700);
    CHECK(failure_of([&] { make_directory(path, 0700); }) == errc::precondition_failed);
    CHECK(failure_of([&] { make_directory(path / "e/f", 0700); }) == errc::not_found);
    CHECK_FALSE(failure_of([&] { sync_directory(path); }));
    CHECK(failure_of([&] { sync_directory(path / "none"); }) == errc::not_found);
    write_text(path / "f", "f");
    CHECK(failure_of([&] { sync_directory(path / "f"); }) == errc::invalid_argument);
    CHECK(failure_of([&] { remove_tree(path / "f"); }) == errc::invalid_argument);
    remove_tree(path);
    CHECK_FALSE(fs::exists(path));
    CHECK_FALSE(failure_of([&] { remove_tree(path); }));
}

TEST_CASE("several may remove one tree at once") {
    const temp_directory directory;
    const auto path = directory.path() / "d";
    constexpr int removers = 4;
    constexpr int rounds = 100;
    std::atomic<int> failures = 0;
    for (int round = 0; round < rounds; ++round) {
        for (const auto* deep : {"a/b/c", "a/d/e", "f/g/h"}) fs::create_directories(path / deep);
        for (const auto* name : {"a/1", "a/b/2", "a/b/c/3", "f/g/4"}) write_text(path / name, "x");
        std::latch ready(removers);
        std::vector<std::jthread> threads;
        for (int i = 0; i < removers; ++i) {
            threads.emplace_back([&] {
                ready.arrive_and_wait();
                if (failure_of([&] { remove_tree(path); })) ++failures;
            });
        }
        threads.clear();
        REQUIRE_FALSE(fs::exists(path));
    }
    CHECK(failures == 0);
}

TEST_CASE("removing a tree through a link is refused") {
    const temp_directory directory;
    make_directory(directory.path() / "d", 0700);
    write_text(directory.path() / "d/f", "f");
    make_symlink("d", directory.path() / "link");
    CHECK(failure_of([&] { remove_tree(directory.path() / "link"); }) == errc::invalid_argument);
    CHECK(failure_of([&] { remove_tree(directory.path() / "link/"); }) == errc::invalid_argument);
    CHECK(read_file(directory.path() / "d/f") == "f");
}

TEST_CASE("links say what they name") {
    const temp_directory directory;
    const auto path = directory.path() / "link";
    for (const std::string& target : {std::string("a"), std::string(255, 'b'), std::string(256, 'c'),
                                      std::string(1000, 'd'), std::string("../x/\xC3\xA9")}) {
        make_symlink(target, path);
        CHECK(detail::read_symlink(path) == target);
        CHECK(failure_of([&] { make_symlink("z", path); }) == errc::precondition_failed);
        fs::remove(path);
    }
    CHECK(failure_of([&] { detail::read_symlink(path); }) == errc::not_found);
    CHECK(failure_of([&] { detail::read_symlink(directory.path()); }) == errc::invalid_argument);
}

TEST_CASE("random bytes differ, whoever makes them") {
    for (const auto fill : {&detail::random_bytes, &portable::random_bytes}) {
        std::array<std::byte, 1000> first{};
        std::array<std::byte, 1000> second{};
        fill(first);
        fill(second);
        CHECK(first != second);
        CHECK(std::ranges::count(first, std::byte{0}) < 100);
        CHECK_FALSE(failure_of([&] { fill({}); }));
    }
}

TEST_CASE("the process has a number") {
    CHECK(process_id() == static_cast<std::uint64_t>(::getpid()));
}

// Printed by Python 3.11: datetime.fromtimestamp(t).isoformat() under TZ=UTC and TZ=Europe/Berlin as its POSIX rule.
TEST_CASE("local time as Python prints it") {
    {
        const variable zone("TZ", "UTC0");
        CHECK(local_iso_time(0) == "1970-01-01T00:00:00");
        CHECK(local_iso_time(1) == "1970-01-01T00:00:00.000001");
        CHECK(local_iso_time(-1) == "1969-12-31T23:59:59.999999");
        CHECK(local_iso_time(-1'000'000) == "1969-12-31T23:59:59");
        CHECK(local_iso_time(1'700'000'000'123'450) == "2023-11-14T22:13:20.123450");
        CHECK(local_iso_time(253'402'300'799'999'999) == "9999-12-31T23:59:59.999999");
    }
    const variable zone("TZ", "CET-1CEST,M3.5.0,M10.5.0/3");
    CHECK(local_iso_time(1'700'000'000'000'000) == "2023-11-14T23:13:20");
    CHECK(local_iso_time(1'690'000'000'500'000) == "2023-07-22T06:26:40.500000");
}

TEST_CASE("home is what HOME says, else what the user database says") {
    {
        const variable home("HOME", "/some/where");
        CHECK(home_directory() == "/some/where");
    }
    const variable none("HOME", nullptr);
    const auto by_database = home_directory();
    CHECK((by_database.empty() || by_database.is_absolute()));
    const variable empty("HOME", "");
    CHECK(home_directory() == by_database);
}

TEST_CASE("the entries of a directory come with their own status, also through a link to it") {
    const temp_directory scratch;
    const fs::path directory = scratch.path() / "directory";
    fs::create_directories(directory / "below");
    write_text(directory / "file", "text");
    fs::create_symlink("file", directory / "link");
    fs::create_directory_symlink("directory", scratch.path() / "way");
    for (const auto& path : {directory, scratch.path() / "way"}) {
        auto found = entries_of(path.string());
        std::ranges::sort(found, {}, [](const auto& entry) { return entry.first; });
        REQUIRE(found.size() == 3);
        CHECK(found[0].first == "below");
        CHECK(found[0].second.kind == file_kind::directory);
        CHECK(found[1].second == status_of(directory / "file", false));
        CHECK(found[2].second.kind == file_kind::symlink);
    }
    CHECK(failure_of([&] { entries_of((directory / "nothing").string()); }) == errc::not_found);
    CHECK(failure_of([&] { entries_of((directory / "file").string()); }) == errc::invalid_argument);
}
