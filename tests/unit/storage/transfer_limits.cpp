#include <holdfast/storage/transfer_limits.hpp>

#include <doctest/doctest.h>

TEST_CASE("by default the memory holds one range for every connection") {
    const holdfast::transfer_limits limits;
    CHECK(limits.connections > 0);
    CHECK(limits.connections * limits.range_size == limits.memory);
}
