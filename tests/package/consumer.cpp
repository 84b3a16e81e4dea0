// what every consumer project here builds and runs: saves a byte, restores it as a restarted program, checks it
#include <filesystem>
#include <fstream>

#include <holdfast/checkpoint.hpp>
#include <holdfast/storage/local.hpp>

int main(int, char** arguments) {
    const std::filesystem::path folder = arguments[1];
    const holdfast::task_context task{.flow = "consumer", .run = "1", .step = "train", .task = "0"};
    std::filesystem::create_directories(folder / "state");
    std::ofstream(folder / "state" / "weights") << '*';

    const holdfast::local_storage store{folder / "store"};

    holdfast::checkpoint<holdfast::local_storage>{store, task}.save(folder / "state");

    holdfast::checkpoint<holdfast::local_storage> restarted{store, task};
    const auto last = restarted.restore();
    return last && std::ifstream(last->directory() / "weights").get() == '*' ? 0 : 1;
}
