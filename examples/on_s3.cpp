// A checkpoint in a bucket. Usage: on_s3 s3://bucket/prefix
#include <holdfast/archive/tar.hpp>
#include <holdfast/checkpoint.hpp>
#include <holdfast/storage/s3.hpp>
#include <holdfast/unfinished_saves.hpp>

#include <chrono>
#include <fstream>
#include <iostream>

using namespace holdfast;

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cout << "usage: on_s3 s3://bucket/prefix\n";
        return 0;
    }
    // Region, endpoint and credentials are looked for where every AWS tool looks; each has an option as well.
    const s3_storage store{argv[1], {.connections = 16}};
    remove_unfinished_saves(store, std::chrono::hours{24});  // what killed saves left; looks at the whole store

    checkpoint<s3_storage, tar> state{store, {.flow = "counting", .run = "1", .step = "count", .task = "0"},
                                      {.init_dir = true}};
    int number = 0;
    if (const auto last = state.restore()) std::ifstream(last->directory() / "number") >> number;
    std::ofstream(*state.directory() / "number") << ++number;
    std::cout << "saved " << state.save({.name = "count", .metadata = {{"number", number}}}).url << '\n';
}
