// Saves models beside their scores, finds the best one again, loads it by name, deletes the others.
#include <holdfast/load_model.hpp>
#include <holdfast/model.hpp>
#include <holdfast/storage/local.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

using namespace holdfast;

int main() {
    const auto folder = std::filesystem::temp_directory_path() / "holdfast-models";
    std::filesystem::create_directories(folder);
    const local_storage store{folder / "store"};
    const model<local_storage> models{store, {.flow = "zoo", .run = "1", .step = "train", .task = "0"}};
    for (const double loss : {0.7, 0.2, 0.4}) {
        std::ofstream(folder / "weights.bin") << "weights with loss " << loss;
        models.save(folder / "weights.bin", {.label = "cats", .metadata = {{"loss", loss}}});
    }

    auto found = models.list({.label = "cats"});  // newest first, of every run
    std::ranges::sort(found, {}, [](const auto& each) { return each.metadata().at("loss").as_double(); });
    const model<local_storage> chosen{store, {.load = {{.name = "best", .references = {found.front()}}}}};
    std::cout << std::ifstream(chosen.loaded()["best"] / "weights.bin").rdbuf() << '\n';

    load_model(store, found.front().key, folder / "kept");  // by key, JSON or value; checkpoints and hub entries too
    for (const auto& each : found) delete_model(store, each);
    const auto left = models.list().size();
    std::cout << left << " models left\n";
    std::filesystem::remove_all(folder);
    return left == 0 ? 0 : 1;
}
