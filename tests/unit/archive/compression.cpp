#include <holdfast/archive/compression.hpp>

#include <doctest/doctest.h>

#include <tests/support/tree_building.hpp>

#include <string_view>

using namespace holdfast;
using namespace std::string_view_literals;
using detail::is_gzip_compressed;
using tree_building::failure_of;

TEST_CASE("the first bytes tell the compression") {
    CHECK(is_gzip_compressed("\x1F\x8B\x08\0\0\0\0\0\x02\x03"sv));
    CHECK_FALSE(is_gzip_compressed("weights\0\0\0"sv));
    CHECK_FALSE(is_gzip_compressed("BZh9weights"sv));
    CHECK_FALSE(is_gzip_compressed(""sv));
    CHECK_FALSE(is_gzip_compressed("\x1F"sv));
}

TEST_CASE("another compression is unsupported, however much of it is shown") {
    for (const auto start : {"BZh91AY&SY"sv, "BZh9\x17rE8P\x90"sv,
                             "\xFD"
                             "7zXZ\0\0\x04\xE6\xD6"sv,
                             "\x28\xB5\x2F\xFD\x04\0\0\0\0\0"sv, "BZh91AY&SY and more"sv}) {
        CHECK(failure_of([&] { is_gzip_compressed(start); }) == errc::unsupported);
    }
}
