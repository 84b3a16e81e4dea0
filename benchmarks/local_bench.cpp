// The works on a local store through the public API, each in a process of its own.
// Usage: local_bench WORK none|crc32c|sha256 STORE_DIRECTORY RUN PATH_OR_COUNT
#include <cstddef>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <string_view>

#include <holdfast/archive/tar.hpp>
#include <holdfast/checkpoint.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/storage/local.hpp>

namespace {

using namespace holdfast;

struct work {
    local_storage store;
    std::string run;
    std::string last;  // a path, or how many to list
    digest_kind digest;
};

const std::map<std::string_view, digest_kind> digests{
    {"none", digest_kind::none}, {"crc32c", digest_kind::crc32c}, {"sha256", digest_kind::sha256}};

task_context context_of(const work& w) {
    return {.flow = "Bench", .run = w.run, .step = "start", .task = "1"};
}

template <class Archive>
void save(const work& w) {
    checkpoint<local_storage, Archive> state(w.store, context_of(w));
    std::printf("{\"key\": \"%s\"}\n", state.save(w.last, {.digest = w.digest}).key.c_str());
}

void load(const work& w) {
    checkpoint<local_storage> state(w.store, context_of(w));
    const auto found = state.list({.limit = 1});
    if (found.empty()) throw error(errc::not_found, "load", w.run, "nothing was saved here");
    state.load(found.front(), w.last, {.verify = w.digest != digest_kind::none});
}

void list(const work& w) {
    const checkpoint<local_storage> state(w.store, context_of(w));
    std::printf("{\"listed\": %zu}\n", state.list({}).size());
}

void list_newest(const work& w) {
    const checkpoint<local_storage> state(w.store, context_of(w));
    std::printf("{\"listed\": %zu}\n", state.list({.limit = std::stoul(w.last)}).size());
}

void search(const work& w) {
    std::size_t found = 0;
    checkpoint<local_storage>(w.store).search("Bench/" + w.run,
                                              [&](const checkpoint_reference&) { return ++found > 0; });
    std::printf("{\"listed\": %zu}\n", found);
}

const std::map<std::string_view, void (*)(const work&)> works{
    {"save", save<files>}, {"save_tar", save<tar>}, {"load", load},
    {"list", list},        {"search", search},      {"list_newest", list_newest},
};

}  // namespace

int main(int count, char** values) {
    if (count != 6 || !works.contains(values[1]) || !digests.contains(values[2])) {
        std::fprintf(stderr, "usage: local_bench WORK none|crc32c|sha256 STORE_DIRECTORY RUN PATH_OR_COUNT\n");
        return 2;
    }
    try {
        works.at(values[1])(
            {.store = local_storage(values[3]), .run = values[4], .last = values[5], .digest = digests.at(values[2])});
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "local_bench: %s\n", failure.what());
        return 1;
    }
    return 0;
}
