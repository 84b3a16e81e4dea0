#include <holdfast/detail/gzip.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/hex.hpp>

namespace {

using namespace holdfast;
using namespace holdfast::detail;

byte_stream stream_of(std::string text, std::size_t step) {
    return [text = std::move(text), step, at = std::size_t{0}](std::span<std::byte> out) mutable {
        const std::size_t size = std::min({step, out.size(), text.size() - at});
        std::memcpy(out.data(), text.data() + at, size);
        at += size;
        return size;
    };
}

std::string all_of(const byte_stream& stream, std::size_t step) {
    std::string text;
    std::vector<std::byte> buffer(step);
    while (const std::size_t size = stream(buffer)) text.append(reinterpret_cast<const char*>(buffer.data()), size);
    return text;
}

std::string packed(const std::string& text, int level = 6) {
    return all_of(gzip(stream_of(text, 1000), level), 1000);
}

std::string unpacked(std::string_view text, std::size_t step = 1000) {
    std::string result;
    gunzip decoder([&](std::span<const std::byte> piece) {
        REQUIRE(piece.size() <= gunzip::piece_size);
        result.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    });
    const auto bytes = std::as_bytes(std::span(text));
    for (std::size_t at = 0; at < bytes.size(); at += step)
        decoder.write(bytes.subspan(at, std::min(step, bytes.size() - at)));
    decoder.finish();
    return result;
}

errc kind_of_failure(std::string_view text) {
    try {
        unpacked(text);
    } catch (const error& failure) {
        return failure.kind();
    }
    return errc{};
}

std::string from_hex_text(std::string_view digits) {
    const auto bytes = from_hex(digits).value();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string mixed_text() {
    std::mt19937 random(3);
    std::string text(150'000, 'a');
    for (int count = 0; count < 150'000; ++count) text += static_cast<char>(random() & 0xFF);
    return text + std::string(200'000, '\0');
}

TEST_CASE("gzip: what was packed comes back, whatever the steps") {
    for (const std::string& text : {std::string(), std::string("x"), mixed_text()}) {
        for (const std::size_t step : {std::size_t{1}, std::size_t{999}, std::size_t{1} << 20}) {
            if (step == 1 && text.size() > 1000) continue;
            for (const int level : {0, 1, 6, 9}) {
                const std::string archive = all_of(gzip(stream_of(text, step), level), step);
                CHECK(unpacked(archive, step) == text);
            }
        }
    }
}

TEST_CASE("gzip: one byte at a time comes back") {
    const std::string text = "to be or not to be, that is the question; to be or not to be";
    const std::string archive = all_of(gzip(stream_of(text, 1)), 1);
    CHECK(archive == packed(text));
    CHECK(unpacked(archive, 1) == text);
}

TEST_CASE("gzip: the header holds no time, no name, and no system") {
    CHECK(packed("x").substr(0, 10) == std::string("\x1F\x8B\x08\0\0\0\0\0\0\xFF", 10));
}

TEST_CASE("gzip: the same bytes give the same archive, however they arrive") {
    const std::string text = mixed_text();
    CHECK(all_of(gzip(stream_of(text, 7777)), 333) == packed(text));
}

TEST_CASE("gzip: a level that zlib does not have is refused") {
    for (const int level : {-1, 10}) {
        CAPTURE(level);
        CHECK_THROWS_AS(gzip(stream_of("x", 1), level), const error&);
    }
}

// Made by Python 3.11: gzip.compress(b"hello, hello, hello", mtime=1700000000).hex()
TEST_CASE("gunzip: Python's archive is read") {
    const std::string archive = from_hex_text("1f8b080000f1536502ffcb48cdc9c9d751c840a2009fa1ca0913000000");
    CHECK(unpacked(archive) == "hello, hello, hello");
    CHECK(unpacked(archive, 1) == "hello, hello, hello");
}

// Made by Python 3.11: gzip.GzipFile("weights.bin", "wb", fileobj=f, mtime=1).write(b"abc"), so with a name.
TEST_CASE("gunzip: a header with a name is read") {
    CHECK(unpacked(from_hex_text("1f8b08080100000002ff776569676874732e62696e004b4c4a0600c241243503000000")) == "abc");
}

TEST_CASE("gunzip: several members are one stream, and zeros may follow each") {
    const std::string two = packed("one ") + packed("two");
    CHECK(unpacked(two) == "one two");
    CHECK(unpacked(two, 1) == "one two");
    CHECK(unpacked(packed("one ") + std::string(700, '\0') + packed("two") + std::string(512, '\0')) == "one two");
    CHECK(unpacked(packed("") + packed("x")) == "x");
}

TEST_CASE("gunzip: a stream that is cut anywhere is corrupt") {
    const std::string archive = packed("some text that is not very long");
    for (std::size_t size = 0; size < archive.size(); ++size) {
        CAPTURE(size);
        CHECK(kind_of_failure(std::string_view(archive).substr(0, size)) == errc::corrupt);
    }
    CHECK(kind_of_failure(archive + packed("more").substr(0, 12)) == errc::corrupt);
}

TEST_CASE("gunzip: a damaged stream is corrupt") {
    const std::string archive = packed("some text that is not very long");
    // The first three bytes are magic and method; the last eight are the CRC-32 and the size.
    for (const std::size_t at :
         {std::size_t{0}, std::size_t{1}, std::size_t{2}, archive.size() - 8, archive.size() - 1}) {
        std::string damaged = archive;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
        CAPTURE(at);
        CHECK(kind_of_failure(damaged) == errc::corrupt);
    }
}

TEST_CASE("gunzip: bytes that are no member are corrupt") {
    CHECK(kind_of_failure("plain text") == errc::corrupt);
    CHECK(kind_of_failure(std::string(64, '\0') + packed("x")) == errc::corrupt);
    CHECK(kind_of_failure(packed("x") + "garbage") == errc::corrupt);
}

TEST_CASE("gunzip: a consumer that throws stops a bomb early") {
    const std::string bomb = packed(std::string(20'000'000, '\0'));
    REQUIRE(bomb.size() < 100'000);
    std::size_t seen = 0;
    gunzip decoder([&](std::span<const std::byte> piece) {
        seen += piece.size();
        if (seen > 1'000'000) throw std::length_error("enough");
    });
    CHECK_THROWS_AS(decoder.write(std::as_bytes(std::span(bomb))), std::length_error);
    CHECK(seen <= 1'000'000 + gunzip::piece_size);
}

TEST_CASE("gzip: what the input throws passes through") {
    const byte_stream packing = gzip([](std::span<std::byte>) -> std::size_t { throw std::runtime_error("disk"); });
    CHECK_THROWS_AS(all_of(packing, 100), std::runtime_error);
}

TEST_CASE("gunzip_stream: a stream comes back, whatever the sizes of the reads") {
    const std::string text = std::string(200'000, 'x') + "end";
    for (const std::size_t step : {1UL, 7UL, 70'000UL}) {
        CHECK((all_of(gunzip_stream(stream_of(packed(text), step)), step) == text));
    }
    CHECK(all_of(gunzip_stream(stream_of(packed("a") + packed("b"), 100)), 100) == "ab");
}

TEST_CASE("gunzip_stream: what is cut is corrupt, and what the input throws passes through") {
    const std::string bytes = packed("some text");
    const auto failure_of = [](const byte_stream& plain) {
        try {
            all_of(plain, 100);
        } catch (const error& failure) {
            return failure.kind();
        }
        return errc{};
    };
    CHECK(failure_of(gunzip_stream(stream_of(bytes.substr(0, bytes.size() - 1), 100))) == errc::corrupt);
    CHECK(failure_of(gunzip_stream(stream_of("", 100))) == errc::corrupt);
    const auto broken = gunzip_stream([](std::span<std::byte>) -> std::size_t { throw std::runtime_error("disk"); });
    CHECK_THROWS_AS(all_of(broken, 100), std::runtime_error);
}

}  // namespace
