#include <holdfast/detail/ip_address.hpp>

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

using namespace holdfast::detail;

namespace {

using bytes = std::array<std::uint8_t, 16>;

ip_address address(const char* text) {
    const auto parsed = ip_address::parse(text);
    REQUIRE(parsed.has_value());
    return *parsed;
}

bool contains(const char* network, const char* text) {
    const auto parsed = ip_network::parse(network);
    REQUIRE(parsed.has_value());
    return parsed->contains(address(text));
}

}  // namespace

TEST_CASE("addresses and their bytes") {
    CHECK(address("1.2.3.255").bytes == bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 255});
    CHECK(address("::").bytes == bytes{});
    CHECK(address("::1").bytes == bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
    CHECK(address("1::").bytes == bytes{0, 1});
    CHECK(address("2001:DB8::a:0bCd").bytes == bytes{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xa, 0xb, 0xcd});
    CHECK(address("1:2:3:4:5:6:7:8").bytes == bytes{0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8});
    CHECK(address("1:2:3:4:5:6:7::").bytes == bytes{0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7});
    CHECK(address("::2:3:4:5:6:7:8").bytes == bytes{0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8});
    CHECK(address("64:ff9b::1.2.3.4").bytes == bytes{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4});
    CHECK(address("1:2:3:4:5:6:1.2.3.4").bytes == bytes{0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4});
    CHECK(address("::FFFF:1.2.3.4") == address("1.2.3.4"));
    CHECK(address("1.2.3.4").is_v4());
    CHECK_FALSE(address("::1.2.3.4").is_v4());
}

TEST_CASE("other texts are no address") {
    for (const char* text : {"",
                             "1",
                             "1.2.3",
                             "1.2.3.4.5",
                             "1.2.3.",
                             ".1.2.3",
                             "1..2.3",
                             "1.2.3.256",
                             "1.2.3.04",
                             "1.2.3.-4",
                             "1.2.3.4 ",
                             "0x1.2.3.4",
                             "a.b.c.d",
                             ":",
                             ":::",
                             ":1",
                             "1:",
                             "::1::",
                             "1::2::3",
                             "1:2:3:4:5:6:7",
                             "1:2:3:4:5:6:7:8:9",
                             "1:2:3:4::5:6:7:8",
                             "12345::",
                             "::g",
                             "::-1",
                             "::1.2.3",
                             "1.2.3.4::",
                             "1.2.3.4:1::",
                             "::1.2.3.4:5",
                             "1:2:3:4:5:6:7:1.2.3.4",
                             "::1:2:3:4:5:6:1.2.3.4",
                             "fe80::1%eth0",
                             "[::1]",
                             "::1/128"}) {
        CAPTURE(text);
        CHECK_FALSE(ip_address::parse(text).has_value());
    }
}

TEST_CASE("networks contain the addresses that share their bits") {
    CHECK(contains("10.0.0.0/8", "10.255.0.1"));
    CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
    CHECK(contains("192.168.7.9/22", "192.168.4.0"));
    CHECK_FALSE(contains("192.168.7.9/22", "192.168.8.0"));
    CHECK(contains("1.2.3.4/32", "::ffff:1.2.3.4"));
    CHECK_FALSE(contains("1.2.3.4/32", "1.2.3.5"));
    CHECK(contains("0.0.0.0/0", "255.255.255.255"));
    CHECK_FALSE(contains("0.0.0.0/0", "::1"));
    CHECK(contains("fd00::/8", "fdff::1"));
    CHECK_FALSE(contains("fd00::/8", "fc00::1"));
    CHECK(contains("fc00::/7", "fdff::1"));
    CHECK(contains("::1/128", "::1"));
    CHECK_FALSE(contains("::1/128", "::"));
    CHECK(contains("::/0", "2001::"));
    CHECK_FALSE(contains("::/0", "10.0.0.1"));
}

TEST_CASE("other texts are no network") {
    for (const char* text : {"", "/", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::/129",
                             "::/8/8", "a/8", "10.0.0.0/255.0.0.0"}) {
        CAPTURE(text);
        CHECK_FALSE(ip_network::parse(text).has_value());
    }
}
