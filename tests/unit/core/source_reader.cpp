#include <holdfast/core/source_reader.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using tree_building::failure_of;
using tree_building::write_file;

namespace {

/// What a reader gives in buffers of `piece` bytes.
std::string read_in_pieces(const byte_source& source, std::size_t piece) {
    detail::source_reader reader(source);
    std::string text;
    std::vector<std::byte> buffer(piece);
    for (std::size_t count = piece; count == piece;) {
        count = reader.read(buffer);
        text.append(reinterpret_cast<const char*>(buffer.data()), count);
    }
    CHECK(reader.read(buffer) == 0);
    return text;
}

}  // namespace

TEST_CASE("buffers of any size give the whole source, of whatever it is made") {
    const detail::temp_directory folder;
    write_file(folder.path() / "file", std::string(1000, 'f') + "end");
    byte_source source = byte_source::from_text("memory");
    source.append(byte_source::from_file(folder.path() / "file"));
    source.append(byte_source::from_generator(500, [](std::uint64_t, std::span<std::byte> out) {
        std::ranges::fill(out, std::byte{'g'});
        return out.size();
    }));
    source.append(byte_source::from_file(folder.path() / "file").slice(990, 13));
    const std::string whole = tree_building::read_all(source);
    for (const std::size_t piece : {1U, 7U, 503U, 1522U, 5000U}) CHECK(read_in_pieces(source, piece) == whole);
    CHECK(read_in_pieces(byte_source(), 10).empty());
}

TEST_CASE("a file that changes before its last byte is read fails the reader") {
    const detail::temp_directory folder;
    const auto path = folder.path() / "file";
    write_file(path, std::string(100, 'x'));
    const auto source = byte_source::from_file(path);
    detail::source_reader reader(source);
    std::vector<std::byte> buffer(60);
    SUBCASE("longer, before") {
        std::ofstream(path, std::ios::app) << "more";
    }
    SUBCASE("longer") {
        REQUIRE(reader.read(buffer) == 60);
        std::ofstream(path, std::ios::app) << "more";
    }
    SUBCASE("shorter") {
        REQUIRE(reader.read(buffer) == 60);
        std::filesystem::resize_file(path, 70);
    }
    SUBCASE("touched") {
        REQUIRE(reader.read(buffer) == 60);
        detail::set_path_modified(path, 1'000'000'000, false);
    }
    CHECK(failure_of([&] { reader.read(buffer); }) == errc::precondition_failed);
}

TEST_CASE("a file that is another one by now fails the reader, whatever stands in its place") {
    const detail::temp_directory folder;
    const auto path = folder.path() / "file";
    write_file(path, "content");
    const auto source = byte_source::from_file(path);
    std::filesystem::remove(path);
    SUBCASE("a file") {
        write_file(path, "content");
    }
    SUBCASE("a shorter file") {
        write_file(path, "c");
    }
    SUBCASE("a directory") {
        std::filesystem::create_directory(path);
    }
    SUBCASE("a device") {
        std::filesystem::create_symlink("/dev/zero", path);
    }
    std::vector<std::byte> buffer(60);
    CHECK(failure_of([&] { detail::source_reader(source).read(buffer); }) == errc::precondition_failed);
    CHECK(failure_of([&] { detail::source_reader(source).read(std::span(buffer).first(3)); }) ==
          errc::precondition_failed);
}
