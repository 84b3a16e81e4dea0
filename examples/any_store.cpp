// One type for every backend, chosen at run time: by a URL, or by what Metaflow's configuration says here.
#include <holdfast/checkpoint.hpp>
#include <holdfast/default_storage.hpp>

#include <exception>
#include <iostream>

using namespace holdfast;

int main(int argc, char** argv) try {
    const any_storage store = argc > 1 ? storage_at(argv[1]) : default_storage();
    std::cout << "the store is " << store.url().str() << '\n';

    const checkpoint<any_storage> state{store};
    std::size_t count = 0;
    state.search("", [&](const checkpoint_reference& found) {
        std::cout << found.pathspec << ": " << found.name << ", version " << found.version << '\n';
        return ++count < 10;
    });
    std::cout << count << " checkpoints shown\n";
} catch (const error& problem) {
    std::cerr << problem.what() << '\n';
    return problem.is_retryable() ? 75 : 1;  // EX_TEMPFAIL: the same may succeed later
} catch (const std::exception& problem) {    // no memory, and what the program itself throws
    std::cerr << problem.what() << '\n';
    return 1;
}
