#include <holdfast/detail/io_block.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

using holdfast::detail::io_block;

TEST_CASE("a block begins on its boundary, whatever its size") {
    std::vector<io_block> blocks;
    for (const std::size_t size : {1U, 63U, 4096U, 128U << 10, 256U << 10, 1U << 20}) {
        const auto& block = blocks.emplace_back(size);
        CHECK(reinterpret_cast<std::uintptr_t>(block.data()) % io_block::alignment == 0);
        CHECK(block.bytes().size() == size);
        block.bytes().back() = std::byte{1};
    }
}

TEST_CASE("a block that was moved from is empty") {
    io_block one(10);
    CHECK(one);
    const std::byte* const memory = one.data();
    io_block other(std::move(one));
    CHECK_FALSE(one);
    CHECK(one.size() == 0);
    CHECK(other.data() == memory);
    one = std::move(other);
    CHECK(one.size() == 10);
    CHECK(other.bytes().empty());
    CHECK_FALSE(io_block());
}
