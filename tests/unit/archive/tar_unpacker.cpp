#include <holdfast/archive/tar_unpacker.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/archive/unpacked_directory.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using detail::tar_entry;
using detail::tar_type;
using testing_support::error_of;
using testing_support::failure_of;

namespace {

using lines = std::vector<std::string>;

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

/// An unpacker, the directory that it fills, and what it told of files.
struct fixture {
    explicit fixture(extract_limits limits = {}, bool digest = true)
        : unpacker(target, limits, digest, [this](const extracted_file& file) { files.push_back(file); }) {}

    void add(const tar_entry& entry, std::string_view content = {}) {
        unpacker.begin_member(entry);
        if (!content.empty()) unpacker.member_content(bytes_of(content));
        unpacker.end_member(entry);
    }
    void file(std::string path, std::string_view content) {
        add({.path = std::move(path), .size = content.size(), .target = {}}, content);
    }
    void directory(std::string path, std::uint32_t mode = 0755) {
        add({.path = std::move(path), .type = tar_type::directory, .mode = mode, .target = {}});
    }
    void link(tar_type type, std::string path, std::string to) {
        add({.path = std::move(path), .type = type, .target = std::move(to)});
    }
    std::optional<errc> failure_to_begin(const tar_entry& entry) {
        return failure_of([&] { unpacker.begin_member(entry); });
    }
    lines made() const { return tree_building::listing(folder.path()); }

    detail::temp_directory folder;
    unpacked_directory target{folder.path()};
    std::vector<extracted_file> files;
    detail::tar_unpacker unpacker;
};

}  // namespace

TEST_CASE_FIXTURE(fixture, "members become what they say, and symbolic links only at the end") {
    directory("d/empty");
    link(tar_type::symlink, "l", "d/f");
    file("d/f", "content");
    link(tar_type::hard_link, "h", "d/f");
    const lines before{"directory d", "directory d/empty", "file d/f: content", "file h: content"};
    CHECK(made() == before);
    unpacker.finish();
    lines after = before;
    after.push_back("link l -> d/f");
    CHECK(made() == after);
}

TEST_CASE_FIXTURE(fixture, "it tells which member is being read, and how much of it has come") {
    const tar_entry entry{.path = "./d//f", .size = 10, .target = {}};
    unpacker.begin_member(entry);
    CHECK(unpacker.member() == "d/f");
    CHECK(unpacker.offset() == 0);
    unpacker.member_content(bytes_of("01234"));
    CHECK(unpacker.offset() == 5);
    unpacker.bring_content(3, [](byte_sink& sink, crc32c_sink*) { sink.write(0, bytes_of("567")); });
    CHECK(unpacker.offset() == 8);
    unpacker.member_content(bytes_of("89"));
    unpacker.end_member(entry);
    CHECK(made() == lines{"directory d", "file d/f: 0123456789"});
    REQUIRE(files.size() == 1);
    CHECK(files[0].size == 10);
    CHECK(files[0].crc32c == detail::crc32c(0, bytes_of("0123456789")));
    unpacker.begin_member({.path = "g", .target = {}});
    CHECK(unpacker.member() == "g");
    CHECK(unpacker.offset() == 0);
}

TEST_CASE_FIXTURE(fixture, "no content is brought by nobody, also where there is no member yet") {
    const auto never = [](byte_sink&, crc32c_sink*) { FAIL("there is nothing to bring"); };
    unpacker.bring_content(0, never);
    directory("d");
    unpacker.bring_content(0, never);
    CHECK(unpacker.offset() == 0);
}

TEST_CASE_FIXTURE(fixture, "the digest of a file is its own, whatever came before") {
    file("a", "first");
    file("b", "second");
    file("a", "third");
    link(tar_type::hard_link, "c", "b");
    REQUIRE(files.size() == 4);
    CHECK(files[1].crc32c == detail::crc32c(0, bytes_of("second")));
    CHECK(files[2].crc32c == detail::crc32c(0, bytes_of("third")));
    CHECK(files[3].path == "c");
    CHECK(files[3].crc32c == files[1].crc32c);
}

TEST_CASE("without a digest none is told, and nobody needs to be told of files") {
    fixture plain({}, false);
    plain.file("a", "content");
    REQUIRE(plain.files.size() == 1);
    CHECK_FALSE(plain.files[0].crc32c);

    const detail::temp_directory folder;
    unpacked_directory target(folder.path());
    detail::tar_unpacker silent(target, {}, true, {});
    const tar_entry empty{.path = "empty", .target = {}};
    silent.begin_member(empty);
    silent.end_member(empty);
    CHECK(tree_building::listing(folder.path()) == lines{"file empty: "});
}

TEST_CASE("bytes are limited by what headers say, before a file is made, and their sum can't overflow") {
    fixture world({.bytes = 10});
    world.file("a", "0123456");
    CHECK(world.failure_to_begin({.path = "b", .size = 4, .target = {}}) == errc::too_large);
    CHECK(world.failure_to_begin({.path = "b", .size = UINT64_MAX, .target = {}}) == errc::too_large);
    CHECK(world.made() == lines{"file a: 0123456"});

    fixture unlimited;
    CHECK_FALSE(unlimited.failure_to_begin({.path = "huge", .size = UINT64_MAX, .target = {}}));
    CHECK(unlimited.failure_to_begin({.path = "more", .size = 1, .target = {}}) == errc::too_large);
}

TEST_CASE("entries are limited, directories that the archive does not name included") {
    fixture world({.entries = 3});
    world.file("d/f", "x");
    world.file("d/g", "y");
    CHECK(world.failure_to_begin({.path = "d/h", .target = {}}) == errc::too_large);
    CHECK(world.failure_to_begin({.path = "d/l", .type = tar_type::symlink, .target = "f"}) == errc::too_large);
    CHECK(world.made() == lines{"directory d", "file d/f: x", "file d/g: y"});
    fixture deep({.entries = 3});
    CHECK(deep.failure_to_begin({.path = "a/b/c/d", .target = {}}) == errc::too_large);
}

TEST_CASE_FIXTURE(fixture, "an error names the member as it will lie there, and says that it was unpacked") {
    file("f", "x");
    const auto failure = error_of([&] { unpacker.begin_member({.path = "./f/./g", .target = {}}); });
    REQUIRE(failure);
    CHECK(failure->kind() == errc::unsafe_path);
    CHECK(failure->operation() == "unpack");
    CHECK(failure->key() == "f/g");
}

TEST_CASE("a link is in the way of what would go through it, although it does not exist yet") {
    for (const auto type : {tar_type::regular, tar_type::directory, tar_type::symlink}) {
        fixture world;
        world.directory("real");
        world.link(tar_type::symlink, "l", "real");
        CHECK(world.failure_to_begin({.path = "l/inside", .type = type, .target = "x"}) == errc::unsafe_path);
        CHECK(world.made() == lines{"directory real"});
    }
}

TEST_CASE("a directory that was made stays one, also right after a file was put into it") {
    for (const auto type : {tar_type::regular, tar_type::symlink}) {
        fixture world;
        world.file("d/f", "x");
        CHECK(world.failure_to_begin({.path = "d", .type = type, .target = "f"}) == errc::unsafe_path);
        world.file("d/g", "y");
        CHECK(world.made() == lines{"directory d", "file d/f: x", "file d/g: y"});
    }
}

TEST_CASE_FIXTURE(fixture, "links that lead out together are refused when all of them are known, and none is made") {
    directory("d/e");
    link(tar_type::symlink, "good", "d");
    link(tar_type::symlink, "d/e/up", "..");
    link(tar_type::symlink, "out", "d/e/up/../../beside");
    CHECK(failure_of([&] { unpacker.finish(); }) == errc::unsafe_path);
    CHECK(made() == lines{"directory d", "directory d/e"});
}

TEST_CASE_FIXTURE(fixture, "hard links name a regular file that came before, by whatever spelling") {
    directory("d");
    file("f", "x");
    link(tar_type::symlink, "l", "f");
    const auto failure = [&](const std::string& to) {
        return failure_to_begin({.path = "h", .type = tar_type::hard_link, .target = to});
    };
    CHECK(failure("later") == errc::corrupt);
    CHECK(failure("h") == errc::corrupt);
    CHECK(failure("d") == errc::unsafe_path);
    CHECK(failure("l") == errc::unsafe_path);
    CHECK(failure("/f") == errc::unsafe_path);
    CHECK(failure("../f") == errc::unsafe_path);
    CHECK_FALSE(failure("./f"));
    CHECK(std::filesystem::equivalent(folder.path() / "f", folder.path() / "h"));
}

TEST_CASE_FIXTURE(fixture, "a file that is replaced leaves its other names alone") {
    file("f", "old");
    link(tar_type::hard_link, "h", "f");
    file("f", "new");
    link(tar_type::hard_link, "f", "f");
    CHECK(made() == lines{"file f: new", "file h: old"});
}

TEST_CASE_FIXTURE(fixture, "directories can be filled whatever their mode, which they get at the end") {
    directory(".", 0);
    directory("d", 0);
    file("d/f", "x");
    unpacker.finish();
    CHECK(tree_building::mode(folder.path() / "d") == 0);
    CHECK(tree_building::mode(folder.path()) == 0700);
    detail::set_path_mode(folder.path() / "d", 0700);
    CHECK(made() == lines{"directory d", "file d/f: x"});
}

TEST_CASE_FIXTURE(fixture, "what has no name, and what is neither file, directory nor link, is refused") {
    CHECK(failure_to_begin({.path = "./", .target = {}}) == errc::corrupt);
    CHECK(failure_to_begin({.path = "l", .type = tar_type::symlink, .target = {}}) == errc::corrupt);
    for (const auto type : {tar_type::character_device, tar_type::block_device, tar_type::fifo}) {
        CHECK(failure_to_begin({.path = "device", .type = type, .target = {}}) == errc::unsafe_path);
    }
    CHECK(made().empty());
}
