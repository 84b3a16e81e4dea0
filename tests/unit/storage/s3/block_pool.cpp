#include <holdfast/storage/s3/block_pool.hpp>

#include <cstddef>
#include <list>
#include <set>
#include <thread>

#include <doctest/doctest.h>

namespace {

using holdfast::s3::block_pool;

// A block can't be moved, so it is made where it stands.
struct held_block {
    explicit held_block(block_pool& pool) : block(pool.take()) {}

    block_pool::block block;
};

TEST_CASE("block_pool: what is given back is taken again, and nothing else is made") {
    block_pool pool;
    const std::byte* first = nullptr;
    {
        const auto block = pool.take();
        CHECK(block.bytes().size() == block_pool::block_size);
        first = block.bytes().data();
    }
    CHECK(pool.take().bytes().data() == first);
}

TEST_CASE("block_pool: blocks that are held at once are different") {
    block_pool pool;
    std::list<held_block> held;
    std::set<const std::byte*> memory;
    while (held.size() < block_pool::most_blocks) memory.insert(held.emplace_back(pool).block.bytes().data());
    CHECK(memory.size() == block_pool::most_blocks);
}

TEST_CASE("block_pool: who finds all taken gets the next one that is given back") {
    block_pool pool;
    std::list<held_block> held;
    while (held.size() < block_pool::most_blocks) held.emplace_back(pool);
    const std::byte* const expected = held.front().block.bytes().data();
    const std::byte* got = nullptr;
    std::jthread late([&] { got = pool.take().bytes().data(); });
    held.pop_front();
    late.join();
    CHECK(got == expected);
}

}  // namespace
