// Keeps the newest two checkpoints of a task and removes the others.
#include <holdfast/checkpoint.hpp>
#include <holdfast/storage/memory.hpp>

#include <fstream>
#include <iostream>

using namespace holdfast;

int main() {
    const task_context task{.flow = "counting", .run = "1", .step = "count", .task = "0"};
    checkpoint<memory_storage> state{memory_storage{}, task, {.init_dir = true}};
    for (int epoch = 0; epoch < 5; ++epoch) {
        std::ofstream(state.directory().value() / "weights") << std::string(1000, 'w') << epoch;
        state.save({.name = "epoch", .metadata = {{"epoch", epoch}}});
    }

    const auto newest_first = state.list({.name = "epoch"});
    for (std::size_t i = 2; i < newest_first.size(); ++i) state.remove(newest_first[i]);

    for (const auto& kept : state.list()) {
        std::cout << "kept version " << kept.version << ", " << kept.size << " bytes, saved at " << kept.created_on
                  << '\n';
    }
    return state.list().size() == 2 ? 0 : 1;
}
