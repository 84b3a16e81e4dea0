#include <holdfast/storage/transfer_limits.hpp>

#include <doctest/doctest.h>

#include <cstdint>

TEST_CASE("by default the memory leaves each connection a range that is worth a request") {
    const holdfast::transfer_limits limits;
    CHECK(limits.connections > 0);
    CHECK(limits.memory / limits.connections >= 1U << 20);
    CHECK(limits.range_size <= limits.memory);
}

TEST_CASE("no range size is one range, and no memory is little") {
    using namespace holdfast;
    CHECK(detail::longest_range({.range_size = 0}) == UINT64_MAX);
    CHECK(detail::longest_range({.range_size = 1}) == 1);
    CHECK(detail::memory_of({.memory = 0}) == 1U << 20);
    CHECK(detail::memory_of({.memory = 1}) == 1);
}
