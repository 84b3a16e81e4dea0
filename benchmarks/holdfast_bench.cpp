// The works through the public API, each in a process of its own; endpoint, credentials and CA bundle come from the
// environment, as for any program.
// Usage: holdfast_bench WORK INTEGRITY STORE_URL KEY PATH_OR_COUNT
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/archive/tar.hpp>
#include <holdfast/checkpoint.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/metaflow/document.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/storage/operations.hpp>
#include <holdfast/storage/s3.hpp>

namespace {

using namespace holdfast;

struct work {
    s3_storage store;
    std::string key;
    std::string path;
    bool digest;
};

const std::map<std::string_view, s3_integrity> integrities{
    {"none", s3_integrity::none}, {"crc32c", s3_integrity::crc32c}, {"sha256", s3_integrity::sha256}};

task_context context_of(const work& w) {
    return {.flow = "Bench", .run = w.key, .step = "start", .task = "1"};
}

template <class Archive>
void save(const work& w) {
    checkpoint<s3_storage, Archive> state(w.store, context_of(w));
    const auto digest = w.digest ? digest_kind::crc32c : digest_kind::none;
    std::printf("{\"key\": \"%s\"}\n", state.save(w.path, {.digest = digest}).key.c_str());
}

void load(const work& w) {
    checkpoint<s3_storage> state(w.store, context_of(w));
    const auto found = state.list({.limit = 1});
    if (found.empty()) throw error(errc::not_found, "load", w.key, "nothing was saved here");
    state.load(found.front(), w.path, {.verify = w.digest});
}

void list(const work& w) {
    std::size_t count = 0;
    w.store.list(w.key, [&](const object_info&) { return ++count > 0; });
    std::printf("{\"keys\": %zu}\n", count);
}

/// Makes of the one checkpoint that was saved many versions, as far as lists look.
void multiply(const work& w) {
    const checkpoint<s3_storage> state(w.store, context_of(w));
    auto document = state.list({}).at(0);
    auto where = metaflow::parse_checkpoint_key(document.key);
    const auto url = document.url.substr(0, document.url.size() - document.key.size());
    const auto metadata = document.metadata();
    const auto manifest = document.manifest_sha256().value_or("");
    const auto prefix = metaflow::task_documents_prefix(metaflow::checkpoints_prefix, document.pathspec);
    const std::uint64_t count = std::stoul(w.path);
    std::vector<pending_object> made;
    for (where.id.version = 1; where.id.version < count; ++where.id.version) {
        document.version = where.id.version;
        document.key = metaflow::data_key(where).str();
        document.url = url + document.key;
        metaflow::write_document(document, metadata, false, manifest);
        const auto key = metaflow::task_document_key(metaflow::checkpoints_prefix, document.pathspec, where.id);
        made.push_back({std::string(key.name()), byte_source::from_text(document.to_json())});
    }
    put_all(w.store, object_key(prefix), made);
}

void list_checkpoints(const work& w) {
    const checkpoint<s3_storage> state(w.store, context_of(w));
    std::printf("{\"listed\": %zu}\n", state.list({}).size());
}

void list_newest(const work& w) {
    const checkpoint<s3_storage> state(w.store, context_of(w));
    std::printf("{\"listed\": %zu}\n", state.list({.limit = std::stoul(w.path)}).size());
}

/// The median time of one small get in a warm process.
void round_trips(const work& w) {
    const object_key key(w.key);
    std::vector<double> times;
    for (int i = 0; i < std::stoi(w.path); ++i) {
        const auto start = std::chrono::steady_clock::now();
        get_text(w.store, key);
        times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
    std::printf("{\"wall\": %.9f}\n", times[times.size() / 2]);
}

const std::map<std::string_view, void (*)(const work&)> works{
    {"put", [](const work& w) { put_file(w.store, object_key(w.key), w.path); }},
    {"get", [](const work& w) { get_file(w.store, object_key(w.key), w.path); }},
    {"get_digested", [](const work& w) { get_file(w.store, object_key(w.key), w.path, {}, {}, true); }},
    {"put_tree", [](const work& w) { put_tree(w.store, object_key(w.key), w.path); }},
    {"get_tree", [](const work& w) { get_tree(w.store, object_key(w.key), w.path); }},
    {"save", save<files>},
    {"save_tar", save<tar>},
    {"load", load},
    {"list", list},
    {"multiply", multiply},
    {"list_checkpoints", list_checkpoints},
    {"list_newest", list_newest},
    {"round_trips", round_trips},
};

}  // namespace

int main(int count, char** values) {
    if (count != 6 || !works.contains(values[1]) || !integrities.contains(values[2])) {
        std::fprintf(stderr, "usage: holdfast_bench WORK none|crc32c|sha256 STORE_URL KEY PATH_OR_COUNT\n");
        return 2;
    }
    try {
        const auto integrity = integrities.at(values[2]);
        works.at(values[1])({.store = s3_storage(values[3], {.integrity = integrity}),
                             .key = values[4],
                             .path = values[5],
                             .digest = integrity != s3_integrity::none});
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "holdfast_bench: %s\n", failure.what());
        return 1;
    }
    return 0;
}
