#include <holdfast/detail/read_ahead.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using holdfast::detail::read_ahead;

namespace {

constexpr std::uint64_t kib = 1024;

/// A source of 1 MiB that remembers what was asked of it: offset and size in KiB.
struct source {
    std::string text = [] {
        std::string all(kib * kib, '\0');
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i * 31 >> 7U);
        return all;
    }();
    std::vector<std::pair<std::uint64_t, std::uint64_t>> asked = {};
    bool is_broken = false;
    read_ahead ahead{text.size(), 256 * kib, [this](std::uint64_t offset, std::span<std::byte> buffer) {
                         if (is_broken) throw std::runtime_error("broken");
                         asked.emplace_back(offset / kib, buffer.size() / kib);
                         std::ranges::copy(std::as_bytes(std::span(text)).subspan(offset, buffer.size()),
                                           buffer.begin());
                     }};

    bool is_right(std::uint64_t offset, std::uint64_t wanted = 0) {
        const auto got = ahead.at(offset, wanted);
        return !got.empty() && std::ranges::equal(got, std::as_bytes(std::span(text)).subspan(offset, got.size()));
    }
};

using requests = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

}  // namespace

TEST_CASE("reads that go on double the block, up to a limit and to the end") {
    source from;
    for (std::uint64_t at = 0; at < kib * kib; at += 8 * kib) REQUIRE(from.is_right(at));
    CHECK(from.asked == requests{{0, 64}, {64, 128}, {192, 256}, {448, 256}, {704, 256}, {960, 64}});
    CHECK(from.ahead.at(kib * kib).empty());
    CHECK(from.ahead.at(UINT64_MAX).empty());
}

TEST_CASE("a short way ahead goes on, a jump starts anew, either way") {
    source from;
    for (const std::uint64_t at : {0UL, 100 * kib, 800 * kib, 10 * kib, 20 * kib}) CHECK(from.is_right(at));
    CHECK(from.asked == requests{{0, 64}, {100, 128}, {800, 64}, {10, 64}});
}

TEST_CASE("a large wish is granted at once, up to the limit") {
    source from;
    CHECK(from.is_right(0, 200 * kib));
    CHECK(from.is_right(500 * kib, 900 * kib));
    CHECK(from.asked == requests{{0, 200}, {500, 256}});
}

TEST_CASE("after a failure nothing of the block is believed") {
    source from;
    CHECK(from.is_right(0));
    from.is_broken = true;
    CHECK_THROWS_AS(from.ahead.at(64 * kib), std::runtime_error);
    CHECK_THROWS_AS(from.ahead.at(64 * kib), std::runtime_error);
    from.is_broken = false;
    CHECK(from.is_right(64 * kib));
    CHECK(from.is_right(0));
}
