#include <holdfast/core/byte_source.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/failures.hpp>

using namespace holdfast;
using testing_support::failure_of;

namespace {

std::string read_text(const byte_source& source, std::uint64_t offset, std::size_t size) {
    std::string text(size, '?');
    text.resize(source.read(offset, std::as_writable_bytes(std::span(text))));
    return text;
}

std::string whole(const byte_source& source) {
    return read_text(source, 0, static_cast<std::size_t>(source.size()));
}

void write_text(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

// Text, file and view extents in one source of 26 letters.
byte_source alphabet(const std::filesystem::path& directory, const std::string& view) {
    write_text(directory / "letters", "--fghijklmnop--");
    byte_source source = byte_source::from_text("abcde");
    const auto file = std::make_shared<const source_file>(directory / "letters");
    source.append(byte_source::file_extent{file, 2, 11});
    source.append(byte_source::from_view(std::as_bytes(std::span(view))));
    return source;
}

}  // namespace

TEST_CASE("an empty source") {
    const byte_source source;
    CHECK(source.size() == 0);
    CHECK(whole(source).empty());
    CHECK(read_text(source, 5, 3).empty());
    CHECK(source.slice(0, 0).size() == 0);
    CHECK(byte_source::from_text("").extents().empty());
    CHECK(byte_source::from_view({}).size() == 0);
}

TEST_CASE("every slice and every read of a source of several extents") {
    const detail::temp_directory directory;
    const std::string letters = "abcdefghijklmnopqrstuvwxyz";
    const std::string view = letters.substr(16);
    const byte_source source = alphabet(directory.path(), view);
    REQUIRE(source.size() == 26);
    CHECK(source.extents().size() == 3);
    CHECK(whole(source) == letters);
    int wrong = 0;
    for (std::size_t offset = 0; offset <= 26; ++offset) {
        for (std::size_t size = 0; size <= 26 - offset; ++size) {
            const byte_source part = source.slice(offset, size);
            wrong += part.size() == size && whole(part) == letters.substr(offset, size) ? 0 : 1;
            wrong += read_text(source, offset, size) == letters.substr(offset, size) ? 0 : 1;
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("slices hold only the extents they need, and slice again") {
    const detail::temp_directory directory;
    const std::string view = "qrstuvwxyz";
    const byte_source source = alphabet(directory.path(), view);
    CHECK(source.slice(0, 5).extents().size() == 1);
    CHECK(source.slice(5, 11).extents().size() == 1);
    CHECK(source.slice(4, 2).extents().size() == 2);
    CHECK(source.slice(4, 13).extents().size() == 3);
    CHECK(source.slice(26, 0).extents().empty());
    CHECK(whole(source.slice(3, 20).slice(1, 18).slice(2, 3)) == "ghi");
    const auto piece = std::get<byte_source::file_extent>(source.slice(6, 3).extents().front());
    CHECK(piece.offset == 3);
    CHECK(piece.size == 3);
    CHECK(size_of(source.extents()[1]) == 11);
    CHECK(size_of(source.extents()[2]) == 10);
}

TEST_CASE("reads are short only at the end") {
    const detail::temp_directory directory;
    const std::string view = "qrstuvwxyz";
    const byte_source source = alphabet(directory.path(), view);
    CHECK(read_text(source, 24, 10) == "yz");
    CHECK(read_text(source, 26, 10).empty());
    CHECK(read_text(source, UINT64_MAX, 10).empty());
}

TEST_CASE("a slice beyond the end is refused, sums that overflow included") {
    const byte_source source = byte_source::from_text("abc");
    CHECK(failure_of([&] { source.slice(0, 4); }) == errc::invalid_argument);
    CHECK(failure_of([&] { source.slice(4, 0); }) == errc::invalid_argument);
    CHECK(failure_of([&] { source.slice(2, UINT64_MAX); }) == errc::invalid_argument);
    CHECK(failure_of([&] { source.slice(UINT64_MAX, 2); }) == errc::invalid_argument);
    CHECK_FALSE(failure_of([&] { source.slice(3, 0); }));
}

TEST_CASE("a text is kept alive by the slices of it") {
    byte_source part;
    {
        byte_source source = byte_source::from_text(std::string(1000, 'a') + "tail");
        part = source.slice(998, 6);
    }
    CHECK(whole(part) == "aatail");
}

TEST_CASE("a source may be appended to itself") {
    byte_source source = byte_source::from_text("ab");
    source.append(byte_source::from_text("cd"));
    source.append(source);
    CHECK(whole(source) == "abcdabcd");
}

TEST_CASE("an extent must lie in a file") {
    const detail::temp_directory directory;
    write_text(directory.path() / "f", "0123456789");
    const auto file = std::make_shared<const source_file>(directory.path() / "f");
    byte_source source;
    CHECK(failure_of([&] { source.append(byte_source::file_extent{file, 5, 6}); }) == errc::invalid_argument);
    CHECK(failure_of([&] { source.append(byte_source::file_extent{file, 11, 0}); }) == errc::invalid_argument);
    CHECK(failure_of([&] { source.append(byte_source::file_extent{file, 2, UINT64_MAX}); }) == errc::invalid_argument);
    CHECK(failure_of([&] { source.append(byte_source::file_extent{nullptr, 0, 1}); }) == errc::invalid_argument);
    CHECK(source.size() == 0);
    source.append(byte_source::file_extent{file, 5, 5});
    CHECK(whole(source) == "56789");
}

TEST_CASE("a whole file, an empty one, and one behind a link") {
    const detail::temp_directory directory;
    write_text(directory.path() / "f", "content");
    write_text(directory.path() / "empty", "");
    std::filesystem::create_symlink("f", directory.path() / "link");
    CHECK(whole(byte_source::from_file(directory.path() / "f")) == "content");
    CHECK(whole(byte_source::from_file(directory.path() / "link")) == "content");
    CHECK(byte_source::from_file(directory.path() / "empty").size() == 0);
    CHECK(source_file(directory.path() / "f").size() == 7);
}

TEST_CASE("only a regular file is a source file") {
    const detail::temp_directory directory;
    CHECK(failure_of([&] { source_file(directory.path() / "none"); }) == errc::not_found);
    CHECK(failure_of([&] { source_file{directory.path()}; }) == errc::invalid_argument);
    CHECK(failure_of([&] { source_file("/dev/null"); }) == errc::invalid_argument);
    std::filesystem::create_symlink("loop", directory.path() / "loop");
    CHECK(failure_of([&] { source_file(directory.path() / "loop"); }) == errc::unsafe_path);
}

TEST_CASE("a file that changed after it was looked at is refused") {
    const detail::temp_directory directory;
    const auto path = directory.path() / "f";
    write_text(path, "content");
    const byte_source source = byte_source::from_file(path);
    const auto read = [&] { whole(source); };
    REQUIRE_FALSE(failure_of(read));

    SUBCASE("grown") {
        write_text(path, "content, and more");
    }
    SUBCASE("shrunk") {
        write_text(path, "con");
    }
    SUBCASE("rewritten later with the same size") {
        write_text(path, "CONTENT");
        std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
    }
    SUBCASE("replaced by a file that looks the same") {
        const auto time = std::filesystem::last_write_time(path);
        write_text(directory.path() / "g", "CONTENT");
        std::filesystem::last_write_time(directory.path() / "g", time);
        std::filesystem::rename(directory.path() / "g", path);
    }
    SUBCASE("replaced by a directory") {
        std::filesystem::remove(path);
        std::filesystem::create_directory(path);
    }
    CHECK(failure_of(read) == errc::precondition_failed);
    CHECK(failure_of([&] { read_text(source.slice(1, 2), 0, 2); }) == errc::precondition_failed);
}

TEST_CASE("a file that is gone, and one whose permissions or links alone changed") {
    const detail::temp_directory directory;
    const auto path = directory.path() / "f";
    write_text(path, "content");
    const byte_source source = byte_source::from_file(path);
    std::filesystem::create_hard_link(path, directory.path() / "other");
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    CHECK(whole(source) == "content");
    std::filesystem::remove(path);
    CHECK(failure_of([&] { whole(source); }) == errc::not_found);
}

TEST_CASE("a change while the file is open is noticed after the last byte") {
    const detail::temp_directory directory;
    const auto path = directory.path() / "f";
    write_text(path, "content");
    const source_file file(path);
    const detail::file opened = file.open();
    CHECK_FALSE(failure_of([&] { file.check_unchanged(opened); }));
    std::ofstream(path, std::ios::app) << "!";
    CHECK(failure_of([&] { file.check_unchanged(opened); }) == errc::precondition_failed);
}

TEST_CASE("a source of many files holds no descriptor") {
    const detail::temp_directory directory;
    write_text(directory.path() / "f", "0123456789");
    const auto file = std::make_shared<const source_file>(directory.path() / "f");
    byte_source source;
    for (std::uint64_t i = 0; i < 20'000; ++i) source.append(byte_source::file_extent{file, i % 10, 1});
    CHECK(source.size() == 20'000);
    CHECK(read_text(source, 19'995, 9) == "56789");
}

TEST_CASE("what is generated is read from any offset, in as many calls as the generator likes") {
    std::size_t calls = 0;
    const auto letters = [&](std::uint64_t offset, std::span<std::byte> buffer) {
        ++calls;
        const std::size_t count = std::min<std::size_t>(buffer.size(), 4);
        for (std::size_t i = 0; i < count; ++i) buffer[i] = static_cast<std::byte>('a' + offset + i);
        return count;
    };
    byte_source source = byte_source::from_text("<");
    source.append(byte_source::from_generator(10, letters));
    source.append(byte_source::from_text(">"));
    CHECK(calls == 0);
    CHECK(source.size() == 12);
    CHECK(whole(source) == "<abcdefghij>");
    CHECK(calls == 3);
    CHECK(read_text(source, 5, 4) == "efgh");
    CHECK(whole(source.slice(3, 6)) == "cdefgh");
    CHECK(whole(source.slice(3, 6).slice(2, 3)) == "efg");
    CHECK(byte_source::from_generator(0, letters).size() == 0);
}

TEST_CASE("a generator that does not make its bytes, or is none") {
    const auto returning = [](std::size_t count) {
        return byte_source::from_generator(10, [=](std::uint64_t, std::span<std::byte>) { return count; });
    };
    CHECK(failure_of([&] { whole(returning(0)); }) == errc::invalid_argument);
    CHECK(failure_of([&] { whole(returning(11)); }) == errc::invalid_argument);
    CHECK(failure_of([] { byte_source::from_generator(1, nullptr); }) == errc::invalid_argument);
    const auto failing = byte_source::from_generator(
        1, [](std::uint64_t, std::span<std::byte>) -> std::size_t { throw std::runtime_error("device lost"); });
    CHECK_THROWS_AS(whole(failing), std::runtime_error);
    byte_source source;
    CHECK(failure_of([&] { source.append(byte_source::generated_extent{nullptr, 0, 1}); }) == errc::invalid_argument);
    const auto any = std::make_shared<const byte_generator>([](auto, auto buffer) { return buffer.size(); });
    CHECK(failure_of([&] {
              source.append(byte_source::generated_extent{any, 2, UINT64_MAX});
          }) == errc::invalid_argument);
    CHECK(source.size() == 0);
}
