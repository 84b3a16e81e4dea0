#include <holdfast/detail/hex.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace {

using namespace holdfast::detail;

TEST_CASE("hex: every byte goes there and back") {
    std::vector<std::byte> bytes;
    for (int value = 0; value < 256; ++value) bytes.push_back(static_cast<std::byte>(value));
    const std::string text = to_hex(bytes);
    CHECK(text.size() == 512);
    CHECK(text.substr(0, 6) == "000102");
    CHECK(text.substr(506) == "fdfeff");
    CHECK(from_hex(text) == bytes);
}

TEST_CASE("hex: both cases are read") {
    const std::vector<std::byte> expected{std::byte{0xAB}, std::byte{0xCD}};
    CHECK(from_hex("abCD") == expected);
    CHECK(from_hex("ABcd") == expected);
}

TEST_CASE("hex: the empty text is no bytes") {
    CHECK(to_hex({}).empty());
    CHECK(from_hex("") == std::vector<std::byte>{});
}

TEST_CASE("hex: anything else is refused") {
    for (const char* text : {"a", "abc", "0g", "g0", "0x", " 0", "/0", ":0", "@0", "G0", "`0", "\xC3\xA9"}) {
        CAPTURE(text);
        CHECK_FALSE(from_hex(text).has_value());
    }
}

}  // namespace
