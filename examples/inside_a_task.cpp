// The child of a Metaflow step with @checkpoint needs to be told nothing: the environment says which task it is, and
// Metaflow's configuration where the store is. Anywhere else the names are written down.
#include <holdfast/checkpoint.hpp>
#include <holdfast/default_storage.hpp>
#include <holdfast/storage/memory.hpp>

#include <fstream>
#include <iostream>

using namespace holdfast;

int main() {
    const bool in_task = environment::of_process().get("METAFLOW_CHECKPOINT_UID").has_value();
    const auto task = in_task ? task_context::from_environment()
                              : task_context{.flow = "counting", .run = "1", .step = "count", .task = "0"};
    checkpoint<any_storage> state{in_task ? default_storage() : memory_storage{}, task, {.init_dir = true}};

    std::ofstream(state.directory().value() / "note") << "saved by C++\n";
    state.save({.name = "note"});
    std::cout << "this is " << state.context().uid() << "\nits checkpoints:\n";
    for (const auto& found : state.list()) std::cout << "  " << found.url << '\n';
}
