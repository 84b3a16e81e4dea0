#ifndef HOLDFAST_EXAMPLES_TRAIN_NETWORK_HPP
#define HOLDFAST_EXAMPLES_TRAIN_NETWORK_HPP

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

/// xorshift64*: its whole state is one number, so that it can be saved.
struct random_numbers {
    std::uint64_t state = 0x9e3779b97f4a7c15;

    std::uint64_t next() {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return state * 0x2545f4914f6cdd1d;
    }
    float uniform() { return static_cast<float>(next() >> 40) / 16777216.0F; }  // [0, 1)
};

/// A network with one hidden layer of tanh, one linear output, and all its weights in one array.
struct network {
    static constexpr std::size_t inputs = 12;
    static constexpr std::size_t hidden = 24;
    static constexpr std::size_t weight_count = hidden * (inputs + 1) + hidden + 1;
    using weights = std::array<float, weight_count>;
    using example = std::span<const float, inputs>;

    weights values{};

    explicit network(random_numbers& random) {
        for (float& value : values) value = (random.uniform() - 0.5F) * 0.6F;
    }

    float predict(example input) const {
        std::array<float, hidden> ignored{};
        return forward(input, ignored);
    }

    /// Adds the gradient of the squared error to `gradient` and returns that error.
    float learn(example input, float wanted, weights& gradient) const {
        std::array<float, hidden> active{};
        const float difference = forward(input, active) - wanted;
        for (std::size_t unit = 0; unit < hidden; ++unit) {
            gradient[output_at + unit] += 2 * difference * active[unit];
            const float slope = 2 * difference * values[output_at + unit] * (1 - active[unit] * active[unit]);
            for (std::size_t i = 0; i < inputs; ++i) gradient[unit * (inputs + 1) + i] += slope * input[i];
            gradient[unit * (inputs + 1) + inputs] += slope;
        }
        gradient[weight_count - 1] += 2 * difference;
        return difference * difference;
    }

private:
    static constexpr std::size_t output_at = hidden * (inputs + 1);

    float forward(example input, std::array<float, hidden>& active) const {
        float output = values[weight_count - 1];
        for (std::size_t unit = 0; unit < hidden; ++unit) {
            const float* row = values.data() + unit * (inputs + 1);
            float sum = row[inputs];
            for (std::size_t i = 0; i < inputs; ++i) sum += row[i] * input[i];
            active[unit] = std::tanh(sum);
            output += values[output_at + unit] * active[unit];
        }
        return output;
    }
};

/// The optimizer Adam; its two moments belong to the training state as much as the weights do.
struct adam {
    network::weights mean{};
    network::weights square{};
    std::uint64_t steps = 0;

    void step(network& net, const network::weights& gradient, float rate) {
        ++steps;
        const float mean_scale = 1 - std::pow(0.9F, static_cast<float>(steps));
        const float square_scale = 1 - std::pow(0.999F, static_cast<float>(steps));
        for (std::size_t i = 0; i < gradient.size(); ++i) {
            mean[i] = 0.9F * mean[i] + 0.1F * gradient[i];
            square[i] = 0.999F * square[i] + 0.001F * gradient[i] * gradient[i];
            net.values[i] -= rate * (mean[i] / mean_scale) / (std::sqrt(square[i] / square_scale) + 1e-8F);
        }
    }
};

#endif
