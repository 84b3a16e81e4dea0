// A restore checks what it loads: where the newest checkpoint is damaged it takes the one before, and says why.
#include <holdfast/checkpoint.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/storage/memory.hpp>

#include <fstream>
#include <iostream>

using namespace holdfast;

int main() {
    const memory_storage store;
    const task_context task{.flow = "counting", .run = "1", .step = "count", .task = "0"};
    checkpoint<memory_storage> state{store, task, {.init_dir = true}};
    for (const auto* weights : {"good", "better"}) {
        std::ofstream(state.directory().value() / "weights") << weights;
        state.save({.name = weights});
    }

    const auto newest = state.list().front();
    store.put(object_key{newest.key} / "weights", byte_source::from_text("better?"));
    std::cout << "damaged: " << newest.key << '\n';

    const auto found = state.restore();
    for (const auto& passed : found->skipped()) {
        std::cout << "passed over " << passed.key << ", " << to_string(passed.kind) << ": " << passed.why << '\n';
    }
    std::cout << "restored " << found->info().name << '\n';
    return found->info().name == "good" ? 0 : 1;
}
