// Learns the next year's sunspots from the twelve years before, and can be killed at any moment: started again with
// the same store and run it goes on where it was, and ends with the same bits as if nothing had happened.
#include "network.hpp"

#include <holdfast/checkpoint.hpp>
#include <holdfast/storage/local.hpp>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t batch = 30;
constexpr std::size_t held_back = 57;  // the last years, which the training never sees
constexpr int save_every = 2000;       // epochs

/// Sunspots of each year, in hundreds.
std::vector<float> read_years(const std::filesystem::path& csv) {
    std::ifstream in(csv);
    std::vector<float> years;
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) years.push_back(std::stof(line.substr(line.find(',') + 1)) / 100);
    if (years.size() <= network::inputs + held_back) throw std::runtime_error("too few rows in " + csv.string());
    return years;
}

/// Everything that the next epoch depends on.
struct training_state {
    random_numbers random;
    network net{random};
    adam optimizer;
    int epoch = 0;

    template <class File>
    void visit(File&& file) {
        file(net.values);
        file(optimizer.mean);
        file(optimizer.square);
        file(optimizer.steps);
        file(random.state);
        file(epoch);
    }
    void write(const std::filesystem::path& path) {
        std::ofstream out(path, std::ios::binary);
        visit([&](const auto& part) { out.write(reinterpret_cast<const char*>(&part), sizeof part); });
        if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
    }
    void read(const std::filesystem::path& path) {
        std::ifstream in(path, std::ios::binary);
        visit([&](auto& part) { in.read(reinterpret_cast<char*>(&part), sizeof part); });
        if (!in) throw std::runtime_error("cannot read " + path.string());
    }
};

network::example window(const std::vector<float>& years, std::size_t first) {
    return std::span(years).subspan(first).first<network::inputs>();
}

void train_one_epoch(training_state& state, const std::vector<float>& years) {
    std::vector<std::size_t> order(years.size() - network::inputs - held_back);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[state.random.next() % i]);

    for (std::size_t begin = 0; begin < order.size(); begin += batch) {
        network::weights gradient{};
        const auto chosen = std::span(order).subspan(begin, std::min(batch, order.size() - begin));
        for (const std::size_t at : chosen) state.net.learn(window(years, at), years[at + network::inputs], gradient);
        for (float& part : gradient) part /= static_cast<float>(chosen.size());
        state.optimizer.step(state.net, gradient, 0.00005F);
    }
    ++state.epoch;
}

/// The mean squared error over the years that were held back.
float loss(const training_state& state, const std::vector<float>& years) {
    float sum = 0;
    for (std::size_t at = years.size() - network::inputs - held_back; at < years.size() - network::inputs; ++at) {
        const float difference = state.net.predict(window(years, at)) - years[at + network::inputs];
        sum += difference * difference;
    }
    return sum / held_back;
}

void train(const std::filesystem::path& csv, const std::filesystem::path& store, const std::string& run,
           const std::filesystem::path& weights, int epochs) {
    using namespace holdfast;
    const auto years = read_years(csv);
    training_state state;
    checkpoint<local_storage> saved{
        local_storage{store}, {.flow = "sunspots", .run = run, .step = "train", .task = "0"}, {.init_dir = true}};
    const std::filesystem::path directory = saved.directory().value();

    if (const auto last = saved.restore(load_policy::fresh)) {
        state.read(last->directory() / "state.bin");
        std::cout << "resumed at epoch " << state.epoch << std::endl;
    } else {
        std::cout << "started at epoch 0" << std::endl;
    }
    while (state.epoch < epochs) {
        train_one_epoch(state, years);
        if (state.epoch % save_every != 0 && state.epoch != epochs) continue;
        state.write(directory / "state.bin");
        saved.save({.name = "epoch", .metadata = {{"epoch", state.epoch}, {"loss", loss(state, years)}}});
        std::cout << "saved epoch " << state.epoch << " of " << epochs << ", loss " << loss(state, years) << std::endl;
    }
    std::ofstream(weights, std::ios::binary)
        .write(reinterpret_cast<const char*>(state.net.values.data()), sizeof state.net.values);
    std::cout << "final loss " << loss(state, years) << std::endl;
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 6) {
        std::cerr << "usage: train DATA.csv STORE RUN WEIGHTS_OUT EPOCHS\n";
        return 2;
    }
    train(argv[1], argv[2], argv[3], argv[4], std::atoi(argv[5]));
} catch (const std::exception& problem) {
    std::cerr << "train: " << problem.what() << '\n';
    return 1;
}
