#include <holdfast/artifact/open_tree.hpp>

#include <doctest/doctest.h>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/named_file.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/artifact/store_tree.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>
#include <tests/support/archetype_storage.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/python_tars.hpp>
#include <tests/support/tar_building.hpp>
#include <tests/support/tree_building.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

using namespace holdfast;
using tree_building::failure_of;
namespace build = tar_building;

namespace {

const object_key key{"a/b.0.c.0"};
using contents = std::map<std::string, std::string, std::less<>>;

std::string noise(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 1;
    for (char& c : text) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24U);
    return text;
}

const contents& files_to_save() {
    static const contents some{{"deep/er/large", noise(300'000)}, {"deep/small", "small"}, {"empty", ""}, {"top", "T"}};
    return some;
}

/// Stores the files under `key`, as a save does.
template <class Archive, class Storage>
saved_tree store(const Storage& storage, digest_kind digest = digest_kind::crc32c) {
    std::vector<named_file> named;
    for (const auto& [path, text] : files_to_save()) named.emplace_back(path, byte_source::from_text(text));
    auto stored = store_tree<Archive>(storage, key, tree_of(std::move(named)), digest, {}, {});
    return {key, std::string(Archive::storage_format), stored.size, std::move(stored.contents)};
}

saved_tree pythons(const memory_storage& storage, const std::string& archive) {
    put_text(storage, key, archive);
    return {key, "tar", archive.size(), std::nullopt};
}

void replace(const memory_storage& storage, const object_key& where, std::size_t at, char with) {
    auto text = get_text(storage, where);
    text.at(at) = with;
    put_text(storage, where, text);
}

errc kind_of_open(const memory_storage& storage, const saved_tree& tree, const load_options& options = {}) {
    return failure_of([&] { open_tree(storage, tree, options); });
}

}  // namespace

TEST_CASE_TEMPLATE("whatever the layout and the store, all files and every part of them", Archive, files, tar, tar_gz) {
    const detail::temp_directory folder;
    const auto check = [](const auto& storage, const transfer_limits& limits, bool with_manifest) {
        auto tree = store<Archive>(storage);
        if (!with_manifest) tree.contents.reset();
        const auto opened = open_tree(storage, tree, {}, limits);
        CHECK((opened.read_all() == files_to_save()));
        CHECK(opened.list().size() == 4);
        for (const auto& file : opened.list()) {
            CHECK(file.size == files_to_save().find(file.path)->second.size());
            CHECK(file.digest.empty() != with_manifest);
        }
        for (const auto& [path, text] : files_to_save()) {
            CHECK((opened.read(path) == text));
            CHECK((opened.read(path, {3, 100'000}) == (text.size() < 3 ? "" : text.substr(3, 100'000))));
        }
        CHECK(opened.read("deep/small", {1, UINT64_MAX}) == "mall");
        CHECK(opened.read("deep/small", {5, 1}).empty());
        CHECK(opened.read("deep/small", {UINT64_MAX, UINT64_MAX}).empty());
    };
    for (const bool with_manifest : {true, false}) {
        check(memory_storage{}, {}, with_manifest);
        check(memory_storage{}, {.connections = 3, .range_size = 10'000, .memory = 20'000}, with_manifest);
        check(archetype_storage{}, {.connections = 1}, with_manifest);
        check(local_storage{folder.path() / (with_manifest ? "with" : "without")}, {}, with_manifest);
    }
}

TEST_CASE("archives that Python made: GNU and PAX, long names, links, plain and compressed") {
    const memory_storage storage;
    for (const auto archive : {python_tars::gnu, python_tars::pax}) {
        for (const auto& bytes : {python_tars::plain(archive), python_tars::gzipped(archive)}) {
            const auto opened = open_tree(storage, pythons(storage, bytes));
            CHECK((opened.read_all() == python_tars::contents()));
            CHECK(opened.read("latest/weights", {998, 10}) == "ww");
            CHECK(opened.contains("latest/weights"));
            CHECK_FALSE(opened.contains("latest"));
        }
    }
}

TEST_CASE("of a tar only headers and what is asked for are read") {
    const memory_storage storage;
    std::uint64_t bytes = 0;
    struct counting_storage : memory_storage {
        std::uint64_t& bytes;
        object_info get(const object_key& which, byte_sink& sink, const get_options& options) const {
            bytes += options.range.size;
            return memory_storage::get(which, sink, options);
        }
    };
    std::string archive;
    for (int i = 0; i < 5; ++i) archive += build::file("large" + std::to_string(i), std::string(1'000'000, 'x'));
    const auto tree = pythons(storage, archive + build::end());
    const counting_storage counted{storage, bytes};
    const auto opened = open_tree(counted, tree);
    CHECK(bytes <= 6 * detail::read_ahead::smallest_block);
    bytes = 0;
    CHECK(opened.read("large3", {999'990, 5}) == "xxxxx");
    CHECK(bytes == 5);
}

TEST_CASE("the headers of many small members come in few requests") {
    const memory_storage storage;
    std::string archive;
    for (int i = 0; i < 5000; ++i) archive += build::file("small" + std::to_string(i), "content");
    const auto tree = pythons(storage, archive + build::end());
    const failing_storage<memory_storage> counted{storage, [](const storage_step&) {}};
    CHECK(open_tree(counted, tree).list().size() == 5000);
    CHECK(counted.steps() < 12);
}

TEST_CASE("the files of a compressed tar are read in one pass") {
    const memory_storage storage;
    const auto tree = store<tar_gz>(storage);
    const failing_storage<memory_storage> counted{storage, [](const storage_step&) {}};
    const auto opened = open_tree(counted, tree);
    const auto for_opening = counted.steps();
    CHECK((opened.read_all() == files_to_save()));
    CHECK(counted.steps() - for_opening < for_opening);
}

TEST_CASE_TEMPLATE("a byte that differs is found when the file is read whole", Archive, files, tar) {
    for (const auto digest : {digest_kind::crc32c, digest_kind::sha256}) {
        const memory_storage storage;
        const auto tree = store<Archive>(storage, digest);
        const bool is_tar = tree.storage_format == "tar";
        const auto where = is_tar ? key : key / "deep/small";
        replace(storage, where, is_tar ? get_text(storage, key).find("\0small", 0, 6) + 1 : 0, 'S');
        const auto opened = open_tree(storage, tree);
        CHECK(opened.read("top") == "T");
        CHECK(failure_of([&] { opened.read("deep/small"); }) == errc::corrupt);
        CHECK(failure_of([&] { opened.read_all(); }) == errc::corrupt);
        CHECK(opened.read("deep/small", {1, 4}) == "mall");
        CHECK(open_tree(storage, tree, {.verify = false}).read("deep/small") == "Small");
    }
}

TEST_CASE("a digest of the manifest is the right one, whatever the order of its files") {
    const memory_storage storage;
    auto tree = store<tar>(storage);
    std::ranges::reverse(tree.contents->files);
    CHECK((open_tree(storage, tree).read_all() == files_to_save()));
}

TEST_CASE("files that are missing, longer or shorter") {
    const memory_storage storage;
    const auto tree = store<files>(storage);
    const auto opened = open_tree(storage, tree);
    put_text(storage, key / "deep/small", "smaller");
    CHECK(failure_of([&] { opened.read("deep/small"); }) == errc::corrupt);
    put_text(storage, key / "deep/small", "sma");
    CHECK(failure_of([&] { opened.read("deep/small"); }) == errc::corrupt);
    storage.remove(key / "deep/small");
    CHECK(failure_of([&] { opened.read("deep/small"); }) == errc::corrupt);
    storage.remove(key / "empty");
    CHECK(failure_of([&] { opened.read("empty"); }) == errc::corrupt);
    remove_prefix(storage, key);
    CHECK(failure_of([&] { opened.read("top"); }) == errc::not_found);
    CHECK(kind_of_open(storage, {key, "files", 9, std::nullopt}) == errc::not_found);
    CHECK(open_tree(storage, {key, "files", 0, std::nullopt}).list().empty());
}

TEST_CASE("an archive that is missing, cut, damaged or another's") {
    const memory_storage storage;
    const auto tree = store<tar>(storage);
    const auto whole = get_text(storage, key);
    put_text(storage, key, whole.substr(0, whole.size() - 512));
    CHECK(kind_of_open(storage, tree) == errc::corrupt);
    auto unsized = tree;
    unsized.size.reset();
    for (const std::size_t size : {0UL, 100UL, 512UL, 100'000UL, 300'000UL}) {
        put_text(storage, key, whole.substr(0, size));
        CHECK(kind_of_open(storage, unsized) == errc::corrupt);
    }
    put_text(storage, key, whole);
    replace(storage, key, 3, 'x');
    CHECK(kind_of_open(storage, tree) == errc::corrupt);
    storage.remove(key);
    CHECK(kind_of_open(storage, tree) == errc::not_found);
    CHECK(kind_of_open(storage, {key, "zip", {}, {}}) == errc::unsupported);
}

TEST_CASE("an archive that holds other files than were saved") {
    const memory_storage storage;
    const auto with = [&](const std::string& members) {
        auto tree = pythons(storage, members + build::end());
        tree.contents = manifest{digest_kind::none, {{"a", 1, {}, 0644}, {"b", 1, {}, 0644}}, {}};
        return tree;
    };
    const std::string a = build::file("a", "1");
    CHECK(open_tree(storage, with(a + build::file("b", "2"))).read("b") == "2");
    CHECK(kind_of_open(storage, with(a)) == errc::corrupt);
    CHECK(kind_of_open(storage, with(a + build::file("b", "22"))) == errc::corrupt);
    CHECK(kind_of_open(storage, with(a + build::file("b", "2") + build::file("c", "3"))) == errc::corrupt);
    CHECK(kind_of_open(storage, with(a), {.verify = false}) == tree_building::not_thrown);
}

TEST_CASE("a damaged compressed archive is corrupt, and the error names the key") {
    const memory_storage storage;
    auto tree = store<tar_gz>(storage);
    const auto whole = get_text(storage, key);
    for (const std::size_t at : {9UL, whole.size() / 2, whole.size() - 3}) {
        put_text(storage, key, whole);
        replace(storage, key, at, static_cast<char>(whole[at] ^ 0x55));
        try {
            open_tree(storage, tree).read_all();
            CHECK(at == 9);  // the system in the header says nothing
        } catch (const error& failed) {
            CHECK(failed.kind() == errc::corrupt);
            CHECK(failed.key() == key.str());
        }
    }
}

TEST_CASE("an archive that is replaced after it was opened is noticed") {
    const memory_storage storage;
    for (const bool is_compressed : {false, true}) {
        const auto tree = is_compressed ? store<tar_gz>(storage) : store<tar>(storage);
        const auto opened = open_tree(storage, tree);
        put_text(storage, key, get_text(storage, key));
        CHECK(failure_of([&] { opened.read("top"); }) == errc::precondition_failed);
    }
}

TEST_CASE("a store that fails once fails one read, and the next one succeeds") {
    const memory_storage storage;
    const auto tree = store<tar_gz>(storage);
    bool is_down = false;
    const failing_storage<memory_storage> shaky{storage, [&](const storage_step& step) {
                                                    if (is_down)
                                                        throw error(errc::unavailable, "get", step.key, "down");
                                                }};
    const auto opened = open_tree(shaky, tree, {}, {.range_size = 1000, .memory = 1000});
    CHECK((opened.read("deep/er/large", {0, 10}) == files_to_save().at("deep/er/large").substr(0, 10)));
    is_down = true;
    CHECK(failure_of([&] { opened.read("top"); }) == errc::unavailable);
    is_down = false;
    CHECK(opened.read("top") == "T");
}

TEST_CASE("a request that is not made to open fails nothing") {
    const memory_storage storage;
    const auto tree = store<files>(storage);
    const failing_storage<memory_storage> down{storage, fail_from(0)};
    CHECK(open_tree(down, tree).list().size() == 4);
    CHECK(failure_of([&] { open_tree(down, tree).read("top"); }) == errc::unavailable);
}

TEST_CASE("limits, and a caller who asks to stop") {
    const memory_storage storage;
    std::stop_source stop;
    stop.request_stop();
    const auto as_files = store<files>(storage);
    CHECK(failure_of([&] { open_tree(storage, as_files, {.stop = stop.get_token()}).read("top"); }) == errc::cancelled);
    CHECK(failure_of([&] { open_tree(storage, as_files, {.limits = {.entries = 3}}).read_all(); }) == errc::too_large);
    const auto as_tar = store<tar>(storage);
    CHECK(kind_of_open(storage, as_tar, {.stop = stop.get_token()}) == errc::cancelled);
    CHECK(kind_of_open(storage, as_tar, {.limits = {.entries = 3}}) == errc::too_large);
    const auto limited = open_tree(storage, as_tar, {.limits = {.bytes = 5}});
    CHECK(limited.read("deep/small") == "small");
    CHECK(limited.read("deep/er/large", {0, 5}).size() == 5);
    CHECK(failure_of([&] { limited.read("deep/er/large", {0, 6}); }) == errc::too_large);
    CHECK(failure_of([&] { limited.read("deep/er/large"); }) == errc::too_large);
    CHECK(failure_of([&] { limited.read_all(); }) == errc::too_large);
}
