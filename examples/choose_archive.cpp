// How a save is laid out is a policy of the type: one object a file, one tar, or one compressed tar. A load follows
// what was stored, whatever the policy.
#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/checkpoint.hpp>
#include <holdfast/storage/memory.hpp>

#include <fstream>
#include <iostream>

using namespace holdfast;

template <class Archive>
checkpoint_reference save_as(const memory_storage& store) {
    const task_context task{.flow = "counting", .run = "1", .step = "count", .task = "0"};
    checkpoint<memory_storage, Archive> state{store, task, {.init_dir = true}};
    for (const auto* name : {"weights", "optimizer"}) {
        std::ofstream(state.directory().value() / name) << std::string(50'000, name[0]);
    }
    const auto saved = state.save();
    std::cout << Archive::name << ": " << saved.size << " bytes, stored as " << saved.storage_format << '\n';
    return saved;
}

int main() {
    const memory_storage store;
    const auto one_object_a_file = save_as<files>(store);
    const auto one_archive = save_as<tar>(store);
    const auto one_compressed_archive = save_as<tar_gz>(store);

    checkpoint<memory_storage> reader{store};
    for (const auto& saved : {one_object_a_file, one_archive, one_compressed_archive}) {
        const auto loaded = reader.load(saved);
        std::cout << loaded.files << " files of version " << saved.version << " loaded into " << loaded.directory
                  << '\n';
    }
}
