#include <holdfast/detail/base64.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace {

using holdfast::detail::from_base64;
using holdfast::detail::to_base64;

std::vector<std::byte> bytes_of(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

TEST_CASE("base64: follows the examples of RFC 4648, section 10") {
    const std::pair<std::string_view, std::string_view> examples[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (const auto& [plain, encoded] : examples) {
        CAPTURE(plain);
        CHECK(to_base64(bytes_of(plain)) == encoded);
        CHECK(from_base64(encoded) == bytes_of(plain));
    }
}

TEST_CASE("base64: uses the whole standard alphabet") {
    const std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto bytes = from_base64(digits);
    REQUIRE(bytes);
    CHECK(bytes->size() == 48);
    CHECK((*bytes)[0] == std::byte{0x00});
    CHECK((*bytes)[1] == std::byte{0x10});
    CHECK((*bytes)[2] == std::byte{0x83});
    CHECK((*bytes)[47] == std::byte{0xBF});
    CHECK(to_base64(*bytes) == digits);
}

TEST_CASE("base64: every byte at every place in a group survives") {
    std::vector<std::byte> bytes;
    for (unsigned round = 0; round < 3; ++round) {
        for (unsigned value = 0; value < 256; ++value) bytes.push_back(static_cast<std::byte>(value));
    }
    for (std::size_t drop = 0; drop < 4; ++drop) {
        const std::vector<std::byte> some(bytes.begin() + static_cast<std::ptrdiff_t>(drop), bytes.end());
        CHECK(from_base64(to_base64(some)) == some);
    }
}

TEST_CASE("base64: what is not padded standard base64 is nothing") {
    for (const std::string_view text :
         {"Z",    "Zg",    "Zg=",      "Zg===", "Zm8",  "=",    "==",     "====", "Z===", "Zg=a",     "Z=g=",
          "=Zg=", "Zm9v=", "Zm9v====", "Zm9-",  "Zm9_", "Zm 9", "Zm9v\n", "Zh==", "Zm9=", "Zg==Zg==", "Zm\xC3\xA4"}) {
        CAPTURE(text);
        CHECK_FALSE(from_base64(text));
    }
    CHECK_FALSE(from_base64(std::string_view("Zm\0v", 4)));
}

}  // namespace

TEST_CASE("base64: a number is its four bytes, the most significant first") {
    CHECK(to_base64(0x9A71BB4CU) == "mnG7TA==");
    CHECK(to_base64(1U) == "AAAAAQ==");
}
