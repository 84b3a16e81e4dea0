#include <holdfast/detail/crc32c.hpp>

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace holdfast::detail;

std::vector<std::byte> random_bytes_of(std::mt19937& random, std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random() & 0xFF);
    return bytes;
}

std::vector<std::byte> counting_up() {
    std::vector<std::byte> bytes;
    for (int value = 0; value < 32; ++value) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

// The polynomial by the definition of RFC 3720, one bit at a time.
std::uint32_t crc32c_by_bits(std::span<const std::byte> bytes) {
    std::uint32_t state = 0xFFFFFFFF;
    for (const std::byte byte : bytes) {
        state ^= std::to_integer<std::uint32_t>(byte);
        for (int bit = 0; bit < 8; ++bit) state = (state >> 1) ^ ((state & 1) != 0 ? 0x82F63B78 : 0);
    }
    return ~state;
}

// RFC 3720, appendix B.4; the RFC lists the bytes as sent, lowest first. The fifth is an iSCSI read command there.
TEST_CASE("crc32c: vectors of RFC 3720") {
    const std::vector<std::byte> up = counting_up();
    const std::vector<std::byte> down(up.rbegin(), up.rend());
    std::vector<std::byte> command(48);
    const auto set = [&](std::size_t at, int value) { command[at] = static_cast<std::byte>(value); };
    set(0, 0x01), set(1, 0xC0), set(16, 0x14), set(22, 0x04), set(27, 0x14), set(31, 0x18), set(32, 0x28);
    set(40, 0x02);
    for (auto* digest : {&crc32c, &crc32c_portable}) {
        CHECK(digest(0, std::vector<std::byte>(32, std::byte{0x00})) == 0x8A9136AA);
        CHECK(digest(0, std::vector<std::byte>(32, std::byte{0xFF})) == 0x62A8AB43);
        CHECK(digest(0, up) == 0x46DD794E);
        CHECK(digest(0, down) == 0x113FDB5C);
        CHECK(digest(0, command) == 0xD9963A56);
    }
}

// The check value of "CRC-32/ISCSI" in Greg Cook's catalogue of parametrised CRC algorithms.
TEST_CASE("crc32c: the catalogue's check value, and nothing") {
    const std::string_view digits = "123456789";
    CHECK(crc32c(0, std::as_bytes(std::span(digits))) == 0xE3069283);
    CHECK(crc32c_portable(0, std::as_bytes(std::span(digits))) == 0xE3069283);
    CHECK(crc32c(0, {}) == 0);
    CHECK(crc32c(0x12345678, {}) == 0x12345678);
    CHECK(crc32c_portable(0x12345678, {}) == 0x12345678);
}

TEST_CASE("crc32c: hardware, portable and bitwise agree on every small size and alignment") {
    std::mt19937 random(1);
    const auto bytes = random_bytes_of(random, 900);
    for (std::size_t size = 0; size < 820; size += size < 70 ? 1 : 37) {
        for (std::size_t start = 0; start < 9; ++start) {
            const auto piece = std::span(bytes).subspan(start, size);
            const std::uint32_t expected = crc32c_by_bits(piece);
            REQUIRE(crc32c(0, piece) == expected);
            REQUIRE(crc32c_portable(0, piece) == expected);
        }
    }
}

TEST_CASE("crc32c: hardware and portable agree on random sizes, alignments and splits") {
    std::mt19937 random(2);
    const auto bytes = random_bytes_of(random, 100'000);
    for (int round = 0; round < 200; ++round) {
        const std::size_t start = random() % 64;
        const std::size_t size = random() % (bytes.size() - start);
        const std::size_t split = random() % (size + 1);
        const auto whole = std::span(bytes).subspan(start, size);
        const std::uint32_t expected = crc32c_portable(0, whole);
        REQUIRE(crc32c(0, whole) == expected);
        const std::uint32_t first = crc32c(0, whole.first(split));
        const std::uint32_t second = crc32c(0, whole.subspan(split));
        REQUIRE(crc32c(first, whole.subspan(split)) == expected);
        REQUIRE(crc32c_portable(first, whole.subspan(split)) == expected);
        REQUIRE(crc32c_combine(first, second, size - split) == expected);
    }
}

TEST_CASE("crc32c_combine: an empty side changes nothing") {
    CHECK(crc32c_combine(0x12345678, 0, 0) == 0x12345678);
    CHECK(crc32c_combine(0, 0x12345678, 1000) == 0x12345678);
}

TEST_CASE("crc32c_combine: sizes that no memory holds are consistent with each other") {
    const std::uint32_t a = 0xCAFEF00D;
    const std::uint32_t b = 0x01234567;
    const std::uint32_t c = 0x89ABCDEF;
    for (const std::uint64_t size : {std::uint64_t{1} << 40, (std::uint64_t{1} << 62) + 12345, UINT64_MAX / 2}) {
        const std::uint32_t left = crc32c_combine(crc32c_combine(a, b, size), c, size);
        const std::uint32_t right = crc32c_combine(a, crc32c_combine(b, c, size), 2 * size);
        CHECK(left == right);
    }
}

}  // namespace
