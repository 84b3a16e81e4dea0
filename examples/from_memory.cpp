// Saves what is in memory, and reads a part of it back: no file of it is ever written here.
#include <holdfast/archive/tar.hpp>
#include <holdfast/checkpoint.hpp>
#include <holdfast/storage/memory.hpp>

#include <algorithm>
#include <iostream>
#include <span>
#include <vector>

using namespace holdfast;

int main() {
    const task_context task{.flow = "counting", .run = "1", .step = "count", .task = "0"};
    checkpoint<memory_storage, tar> state{memory_storage{}, task};

    const std::vector<float> weights(250'000, 0.5F);
    const auto zeros = [](std::uint64_t, std::span<std::byte> part) {  // makes the bytes at an offset
        std::ranges::fill(part, std::byte{0});
        return part.size();
    };
    const auto saved = state.save(tree_of({{"model/weights", std::as_bytes(std::span(weights))},
                                           {"model/card.md", byte_source::from_text("# A model")},
                                           {"moments", 1'000'000, zeros}}));

    const auto stored = state.open(saved.key);
    for (const auto& file : stored.list()) std::cout << file.path << ": " << file.size << " bytes\n";
    std::cout << stored.read("model/card.md") << '\n';

    auto reader = stored.open("model/weights");
    std::vector<float> part(1000);
    reader.seek(100'000 * sizeof(float));
    reader.read(std::as_writable_bytes(std::span(part)));
    std::cout << "weight 100,000 is " << part.front() << '\n';
    return part == std::vector<float>(1000, 0.5F) ? 0 : 1;
}
