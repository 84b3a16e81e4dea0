#include <holdfast/core/byte_sink.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/failures.hpp>

using namespace holdfast;
using testing_support::error_of;
using testing_support::failure_of;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

struct failing_sink final : byte_sink {
    void write(std::uint64_t, std::span<const std::byte>) override {
        throw error(errc::no_space, "write", "disk", "full");
    }
};

}  // namespace

TEST_CASE("a memory sink takes ranges in any order") {
    memory_sink sink;
    sink.write(3, bytes_of("def"));
    CHECK(sink.text() == std::string("\0\0\0def", 6));
    sink.write(0, bytes_of("abc"));
    sink.write(6, bytes_of(""));
    CHECK(sink.text() == "abcdef");
    CHECK(sink.native().file == nullptr);
    CHECK(std::move(sink).text() == "abcdef");
}

TEST_CASE("a memory sink with an origin and a limit") {
    memory_sink sink(100, 4);
    CHECK(failure_of([&] { sink.write(99, bytes_of("x")); }) == errc::invalid_argument);
    CHECK(failure_of([&] { sink.write(100, bytes_of("abcde")); }) == errc::too_large);
    CHECK(failure_of([&] { sink.write(103, bytes_of("de")); }) == errc::too_large);
    CHECK(failure_of([&] { sink.write(UINT64_MAX, bytes_of("xyz")); }) == errc::too_large);
    CHECK(sink.text().empty());
    sink.write(102, bytes_of("cd"));
    sink.write(100, bytes_of("ab"));
    CHECK(sink.text() == "abcd");
}

TEST_CASE("an absurd offset is too large, not an allocation") {
    memory_sink sink;
    CHECK(failure_of([&] { sink.write(UINT64_MAX - 1, bytes_of("x")); }) == errc::too_large);
}

TEST_CASE("a memory sink takes ranges of several threads") {
    memory_sink sink;
    {
        std::vector<std::jthread> threads;
        for (std::uint64_t t = 0; t < 4; ++t) {
            threads.emplace_back([&sink, t] {
                const std::string piece(10, static_cast<char>('a' + t));
                for (std::uint64_t i = 0; i < 50; ++i) sink.write((i * 4 + t) * 10, bytes_of(piece));
            });
        }
    }
    REQUIRE(sink.text().size() == 2000);
    int wrong = 0;
    for (std::size_t i = 0; i < 2000; ++i) wrong += sink.text()[i] == static_cast<char>('a' + i / 10 % 4) ? 0 : 1;
    CHECK(wrong == 0);
}

TEST_CASE("a file sink writes a new file") {
    const detail::temp_directory directory;
    const auto path = directory.path() / "f";
    {
        file_sink sink(path);
        REQUIRE(sink.native().file != nullptr);
        CHECK(sink.native().file->path() == path);
        sink.write(3, bytes_of("def"));
        sink.write(0, bytes_of("abc"));
        sink.close();
        CHECK_FALSE(*sink.native().file);
        sink.close();
    }
    std::ifstream in(path, std::ios::binary);
    CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == "abcdef");
}

TEST_CASE("a shifted sink puts a part of an object where it belongs") {
    memory_sink whole;
    shifted_sink part(whole, std::uint64_t{0} - 100);
    part.write(103, bytes_of("def"));
    part.write(100, bytes_of("abc"));
    CHECK(whole.text() == "abcdef");
    CHECK(part.native().file == nullptr);
}

TEST_CASE("a shifted sink lets the kernel write at the shifted place") {
    const detail::temp_directory directory;
    file_sink file(directory.path() / "f");
    shifted_sink inner(file, 7);
    const shifted_sink outer(inner, std::uint64_t{0} - 100);
    CHECK(outer.native().file == file.native().file);
    CHECK(100 + outer.native().shift == 7);
    REQUIRE(file.native().turn != nullptr);
    CHECK(outer.native().turn == file.native().turn);
}

TEST_CASE("a file sink never touches what is there") {
    const detail::temp_directory directory;
    const auto path = directory.path() / "f";
    std::ofstream(path) << "old";
    CHECK(failure_of([&] { file_sink{path}; }) == errc::precondition_failed);
    std::filesystem::create_symlink("nowhere", directory.path() / "link");
    CHECK(failure_of([&] { file_sink{directory.path() / "link"}; }) == errc::precondition_failed);
    CHECK_FALSE(std::filesystem::exists(directory.path() / "nowhere"));
    CHECK(failure_of([&] { file_sink{directory.path() / "none/f"}; }) == errc::not_found);
    CHECK(std::filesystem::file_size(path) == 3);
}

// CRC-32C of "123456789": the check value of RFC 3720's polynomial in the catalogue of CRC algorithms.
TEST_CASE("the digest does not depend on the order of ranges") {
    const std::string text = "123456789";
    std::array<std::size_t, 4> order{0, 1, 2, 3};
    const std::array<std::size_t, 5> bounds{0, 2, 3, 7, 9};
    do {
        memory_sink memory;
        crc32c_sink sink(memory);
        for (const std::size_t i : order) {
            sink.write(bounds[i], bytes_of(text).subspan(bounds[i], bounds[i + 1] - bounds[i]));
        }
        CHECK(sink.value(9) == 0xE3069283);
        CHECK(memory.text() == text);
    } while (std::ranges::next_permutation(order).found);
}

TEST_CASE("the digest of nothing, and of empty ranges") {
    memory_sink memory;
    crc32c_sink sink(memory);
    CHECK(sink.value(0) == 0);
    sink.write(5, {});
    CHECK(sink.value(0) == 0);
    CHECK(failure_of([&] { sink.value(1); }) == errc::corrupt);
    CHECK(sink.native().file == nullptr);
}

TEST_CASE("ranges that are not the whole object once are corrupt") {
    const std::string text = "123456789";
    const auto digest = [&](const std::vector<std::pair<std::size_t, std::size_t>>& ranges, std::uint64_t size) {
        memory_sink memory;
        crc32c_sink sink(memory);
        for (const auto& [offset, count] : ranges) sink.write(offset, bytes_of(text).subspan(offset, count));
        return failure_of([&] { sink.value(size); });
    };
    CHECK_FALSE(digest({{0, 9}}, 9));
    CHECK(digest({{0, 9}}, 8) == errc::corrupt);           // too many
    CHECK(digest({{0, 9}}, 10) == errc::corrupt);          // too few
    CHECK(digest({{1, 8}}, 9) == errc::corrupt);           // the front is missing
    CHECK(digest({{1, 8}}, 8) == errc::corrupt);           // the right number, elsewhere
    CHECK(digest({{0, 4}, {5, 4}}, 9) == errc::corrupt);   // a gap
    CHECK(digest({{0, 5}, {4, 5}}, 9) == errc::corrupt);   // an overlap
    CHECK(digest({{0, 5}, {4, 5}}, 10) == errc::corrupt);  // whose sizes add up
    CHECK(digest({{4, 5}, {0, 5}}, 10) == errc::corrupt);
    CHECK(digest({{0, 9}, {0, 9}}, 9) == errc::corrupt);  // twice
    CHECK(digest({{0, 9}, {3, 2}}, 9) == errc::corrupt);  // a part twice
    CHECK(digest({{3, 2}, {0, 9}}, 9) == errc::corrupt);
    CHECK(digest({{0, 5}, {0, 5}, {5, 4}}, 9) == errc::corrupt);
    CHECK(digest({{0, 5}, {5, 4}, {5, 4}}, 9) == errc::corrupt);
    CHECK(digest({}, 9) == errc::corrupt);
}

TEST_CASE("many ranges in threads have one digest") {
    const std::string text(64 * 1024, 'x');
    memory_sink one_memory;
    crc32c_sink one(one_memory);
    one.write(0, bytes_of(text));
    memory_sink memory;
    crc32c_sink sink(memory);
    {
        std::vector<std::jthread> threads;
        for (std::size_t t = 0; t < 4; ++t) {
            threads.emplace_back([&, t] {
                for (std::size_t i = t; i < 64; i += 4) sink.write(i * 1024, bytes_of(text).subspan(i * 1024, 1024));
            });
        }
    }
    CHECK(sink.value(text.size()) == one.value(text.size()));
}

TEST_CASE("a range that the next sink refused is not in the digest") {
    failing_sink failing;
    crc32c_sink sink(failing);
    CHECK(failure_of([&] { sink.write(0, bytes_of("x")); }) == errc::no_space);
    CHECK(failure_of([&] { sink.value(1); }) == errc::corrupt);
}

TEST_CASE("a span sink takes exactly its range") {
    std::string room(6, '?');
    span_sink sink(10, std::as_writable_bytes(std::span(room)));
    sink.write(13, bytes_of("def"));
    CHECK(failure_of([&] { sink.check_whole("key"); }) == errc::corrupt);
    CHECK(failure_of([&] { sink.write(9, bytes_of("a")); }) == errc::corrupt);
    CHECK(failure_of([&] { sink.write(15, bytes_of("ab")); }) == errc::corrupt);
    CHECK(failure_of([&] { sink.write(UINT64_MAX, bytes_of("a")); }) == errc::corrupt);
    CHECK(room == "???def");
    sink.write(10, bytes_of("abc"));
    sink.check_whole("key");
    CHECK(room == "abcdef");
}

TEST_CASE("a span sink tells bytes that are missing from bytes that came twice") {
    std::string room(6, '?');
    span_sink sink(10, std::as_writable_bytes(std::span(room)));
    const auto message = [&] { return error_of([&] { sink.check_whole("key"); }).value().message(); };
    sink.write(10, bytes_of("abc"));
    CHECK(message().find("fewer bytes") != std::string::npos);
    sink.write(10, bytes_of("abcdef"));
    CHECK(message().find("twice") != std::string::npos);
}
