#include <holdfast/archive/unpacked_directory.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using namespace tree_building;

namespace {

constexpr std::int64_t then = 1'600'000'000'123'456'789;

void unpack_file(unpack_target& target, const std::string& path, std::string_view content, std::uint32_t mode = 0640) {
    target.begin_file(path).write(0, std::as_bytes(std::span(content)));
    target.end_file({mode, then});
}

}  // namespace

TEST_CASE("files, directories and links become what the archive says") {
    const detail::temp_directory folder;
    unpacked_directory target(folder.path());
    target.make_directory("d", 0700);
    unpack_file(target, "d/file", "content");
    target.make_hard_link("d/file", "name");
    target.make_symlink("d/file", "link", then);
    target.finish_directory("d", {0550, then});
    target.finish_directory("", {0700, then});
    CHECK(listing(folder.path()) ==
          std::vector<std::string>{"directory d", "file d/file: content", "file name: content", "link link -> d/file"});
    CHECK(mode(folder.path() / "d" / "file") == 0640);
    CHECK(mode(folder.path() / "d") == 0550);
    for (const auto* path : {"d/file", "d", "link", ""}) CHECK(modified_ns(folder.path() / path) == then);
    detail::set_path_mode(folder.path() / "d", 0700);
}

TEST_CASE("a file is its owner's alone until it is whole, and may be removed") {
    const detail::temp_directory folder;
    unpacked_directory target(folder.path());
    auto& content = target.begin_file("file");
    CHECK(mode(folder.path() / "file") == 0600);
    CHECK(content.native().file != nullptr);
    target.end_file({0666, then});
    CHECK(mode(folder.path() / "file") == 0666);
    CHECK(failure_of([&] { target.begin_file("file"); }) == errc::precondition_failed);
    target.remove_file("file");
    CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("what is not empty is refused, unless it is said to hold a part of the same archive") {
    const detail::temp_directory folder;
    write_file(folder.path() / "file", "x");
    CHECK(failure_of([&] { unpacked_directory refused(folder.path()); }) == errc::precondition_failed);
    CHECK(failure_of([&] { unpacked_directory refused(folder.path() / "absent"); }) == errc::not_found);
    const unpacked_directory taken(folder.path(), {"file"});
    CHECK(read_file(folder.path() / "file") == "x");
}

TEST_CASE("a name that this file system can't hold is an error of the library, also beside an earlier part") {
    const detail::temp_directory folder;
    const std::string name(300, 'n');
    unpacked_directory target(folder.path(), {name});
    CHECK(failure_of([&] { target.make_directory(name, 0700); }) == errc::invalid_argument);
    CHECK(failure_of([&] { target.begin_file(name); }) == errc::invalid_argument);
}

TEST_CASE("of an earlier part only the files that are kept stay, and are written over when they begin again") {
    const detail::temp_directory folder;
    const auto& root = folder.path();
    write_file(root / "d" / "kept", "0123456789");
    write_file(root / "d" / "other", "y");
    write_file(root / "d" / "e" / "deep", "z");
    std::filesystem::create_symlink("d", root / "link");
    std::filesystem::create_symlink("d/kept", root / "kept");  // no regular file
    for (const auto* path : {"d/kept", "d/e", "d"}) detail::set_path_mode(root / path, 0500);
    detail::set_path_mode(root, 0755);

    unpacked_directory target(root, {"d/kept", "kept", "absent"});
    CHECK(listing(root) == std::vector<std::string>{"directory d", "directory d/e", "file d/kept: 0123456789"});
    target.make_directory("d", 0777);  // as where the archive does not name it: what the umask took stays taken
    CHECK(mode(root / "d") == 0700);
    target.make_directory("new", 0755);
    target.begin_file("d/kept").write(2, std::as_bytes(std::span("ab", 2)));
    target.end_file({0444, then});
    unpack_file(target, "absent", "made");
    CHECK(read_file(root / "d" / "kept") == "01ab456789");
    CHECK(mode(root / "d" / "kept") == 0444);
    CHECK(read_file(root / "absent") == "made");
    CHECK(mode(root) == 0755);
}
