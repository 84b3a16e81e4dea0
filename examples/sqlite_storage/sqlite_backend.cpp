// Checkpoints in a SQLite database: a backend of one's own serves whatever takes a storage policy.
// Usage: sqlite_backend [DATABASE]
#include "sqlite_storage.hpp"

#include <holdfast/checkpoint.hpp>

#include <fstream>
#include <iostream>

using namespace holdfast;
using example::sqlite_storage;

int main(int argc, char** argv) try {
    const sqlite_storage store{argc > 1 ? argv[1] : std::filesystem::temp_directory_path() / "holdfast-example.db"};
    std::cout << "the store is " << store.url().str() << '\n';

    checkpoint<sqlite_storage> state{
        store, {.flow = "counting", .run = "1", .step = "count", .task = "0"}, {.init_dir = true}};
    int number = 0;
    if (const auto last = state.restore()) {
        std::ifstream(last->directory() / "number") >> number;
        std::cout << "restored " << last->info().key << ", goes on after " << number << '\n';
    }
    std::ofstream(*state.directory() / "number") << ++number;
    const auto saved = state.save({.name = "count", .metadata = {{"number", number}}});
    std::cout << "saved " << saved.key << '\n';

    const auto found = state.restore();
    int read = 0;
    std::ifstream(found->directory() / "number") >> read;
    std::cout << "it holds " << read << '\n';

    for (const auto& old : state.list()) {
        if (old.key != saved.key) state.remove(old);
    }
    return found->info().key == saved.key && read == number ? 0 : 1;
} catch (const error& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
}
