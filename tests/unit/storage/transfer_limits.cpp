#include <holdfast/storage/transfer_limits.hpp>

#include <doctest/doctest.h>

TEST_CASE("by default the memory leaves each connection a range that is worth a request") {
    const holdfast::transfer_limits limits;
    CHECK(limits.connections > 0);
    CHECK(limits.memory / limits.connections >= 1U << 20);
    CHECK(limits.range_size <= limits.memory);
}
