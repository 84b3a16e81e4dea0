#include <holdfast/artifact/file_reader.hpp>

#include <doctest/doctest.h>

#include <holdfast/core/error.hpp>
#include <tests/support/tree_building.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace holdfast;
using tree_building::failure_of;

namespace {

/// A file in memory, and what was asked of it.
struct stored {
    std::string text = [] {
        std::string all(300'000, '\0');
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i * 31 >> 5U);
        return all;
    }();
    std::vector<std::pair<std::uint64_t, std::size_t>> asked = {};
    bool is_down = false;

    file_reader open(digest_kind kind = digest_kind::none, std::string digest = {}) {
        return file_reader({.key = "the/key",
                            .file = {"weights", text.size(), std::move(digest), 0644},
                            .digest = kind,
                            .largest_block = 128 * 1024,
                            .fill = [this](std::uint64_t offset, std::span<std::byte> buffer) {
                                if (is_down) throw error(errc::unavailable, "get", "", "down");
                                asked.emplace_back(offset, buffer.size());
                                std::ranges::copy(std::as_bytes(std::span(text)).subspan(offset, buffer.size()),
                                                  buffer.begin());
                            }});
    }
    std::string digest(digest_kind kind) const {
        return digest_of(byte_source::from_view(std::as_bytes(std::span(text))), kind);
    }
};

std::string read_some(file_reader& reader, std::size_t size) {
    std::string buffer(size, '?');
    buffer.resize(reader.read(std::as_writable_bytes(std::span(buffer))));
    return buffer;
}

std::string read_rest(file_reader& reader, std::size_t step) {
    std::string all;
    for (std::string part; !(part = read_some(reader, step)).empty();) all += part;
    return all;
}

}  // namespace

TEST_CASE("a file is read in order, whatever the size of the steps, in few requests") {
    for (const std::size_t step : {1UL, 1000UL, 65'536UL, 100'000UL, 131'072UL, 200'000UL, 400'000UL}) {
        stored file;
        auto reader = file.open();
        CHECK(reader.size() == 300'000);
        CHECK(reader.path() == "weights");
        CHECK((read_rest(reader, step) == file.text));
        CHECK(reader.tell() == 300'000);
        CHECK(file.asked.size() <= 5);
    }
}

TEST_CASE("seek and tell; beyond the end there is nothing") {
    stored file;
    auto reader = file.open();
    reader.seek(250'000);
    CHECK((read_some(reader, 100) == file.text.substr(250'000, 100)));
    CHECK(reader.tell() == 250'100);
    reader.seek(10);
    CHECK((read_some(reader, 5) == file.text.substr(10, 5)));
    reader.seek(299'999);
    CHECK(read_some(reader, 5).size() == 1);
    for (const std::uint64_t offset : {300'000UL, 300'001UL, UINT64_MAX}) {
        reader.seek(offset);
        CHECK(read_some(reader, 5).empty());
        CHECK(reader.tell() == offset);
    }
}

TEST_CASE("a read at an offset asks for these bytes alone and moves nothing") {
    stored file;
    auto reader = file.open();
    std::string buffer(8, '?');
    const auto room = std::as_writable_bytes(std::span(buffer));
    CHECK(reader.read_at(100'000, room) == 8);
    CHECK((buffer == file.text.substr(100'000, 8)));
    CHECK(reader.read_at(299'998, room) == 2);
    CHECK(reader.read_at(300'000, room) == 0);
    CHECK(reader.read_at(UINT64_MAX, room) == 0);
    CHECK(reader.tell() == 0);
    CHECK(file.asked == std::vector<std::pair<std::uint64_t, std::size_t>>{{100'000, 8}, {299'998, 2}});
}

TEST_CASE("an empty file asks for nothing") {
    stored file{.text = ""};
    file.is_down = true;
    auto reader = file.open(digest_kind::crc32c, "00000000");
    CHECK(read_some(reader, 5).empty());
}

TEST_CASE("what is read in order is compared with its digest at the end") {
    for (const auto kind : {digest_kind::crc32c, digest_kind::sha256}) {
        stored file;
        const auto digest = file.digest(kind);
        auto good = file.open(kind, digest);
        CHECK((read_rest(good, 999) == file.text));

        auto going_back = file.open(kind, digest);
        read_some(going_back, 100'000);
        going_back.seek(50'000);
        CHECK((read_rest(going_back, 70'000) == file.text.substr(50'000)));

        file.text[123'456] = static_cast<char>(file.text[123'456] ^ 1);
        auto bad = file.open(kind, digest);
        CHECK(failure_of([&] { read_rest(bad, 1000); }) == errc::corrupt);
        CHECK(bad.tell() == 299'000);
        CHECK(failure_of([&] { read_rest(bad, 1000); }) == errc::corrupt);
        bad.seek(200'000);
        CHECK(failure_of([&] { read_rest(bad, 1000); }) == errc::corrupt);

        auto with_a_gap = file.open(kind, digest);
        with_a_gap.seek(1);
        CHECK(read_rest(with_a_gap, 1000).size() == 299'999);
    }
}

TEST_CASE("a read that fails leaves the position, and goes on when the store is back") {
    stored file;
    auto reader = file.open(digest_kind::crc32c, file.digest(digest_kind::crc32c));
    const auto begin = read_some(reader, 70'000);
    file.is_down = true;
    CHECK(failure_of([&] { read_some(reader, 200'000); }) == errc::unavailable);
    CHECK(reader.tell() == 70'000);
    file.is_down = false;
    CHECK((begin + read_rest(reader, 1000) == file.text));
}
