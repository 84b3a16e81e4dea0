// A program that counts to ten and can be stopped anywhere: it goes on where its last run stopped.
#include <holdfast/checkpoint.hpp>
#include <holdfast/storage/local.hpp>

#include <fstream>
#include <iostream>

using namespace holdfast;

int main() {
    const auto store = std::filesystem::temp_directory_path() / "holdfast-save-and-restore";
    const task_context task{.flow = "counting", .run = "1", .step = "count", .task = "0"};
    checkpoint<local_storage> state{local_storage{store}, task, {.init_dir = true}};
    const auto directory = state.directory().value();

    int number = 0;
    if (const auto last = state.restore()) std::ifstream(last->directory() / "number") >> number;
    std::cout << (number == 0 ? "starts" : "goes on after " + std::to_string(number)) << '\n';

    for (int steps = 0; steps < 4 && number < 10; ++steps) {
        std::ofstream(directory / "number") << ++number;
        const auto saved = state.save({.name = "count", .metadata = {{"number", number}}});
        std::cout << "saved " << saved.key << '\n';
    }
    if (number == 10) std::filesystem::remove_all(store);  // the next run starts anew
}
