#include <holdfast/archive/tar_stream.hpp>

#include <doctest/doctest.h>

#include <map>
#include <span>
#include <string>
#include <vector>

#include <holdfast/archive/tar.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using kind = tree_entry::kind;

namespace {

tree_entry entry_of(std::string path, kind type, std::string content = {}, std::string target = {}) {
    tree_entry entry;
    entry.path = std::move(path);
    entry.type = type;
    entry.content = byte_source::from_text(std::move(content));
    entry.target = std::move(target);
    return entry;
}

file_tree make_tree() {
    file_tree tree;
    tree.entries = {entry_of("d", kind::directory),
                    entry_of("d/" + std::string(200, 'n'), kind::file, std::string(700, 'l')),
                    entry_of("e", kind::file),
                    entry_of("f", kind::file, std::string(1024, 'x')),
                    entry_of("g", kind::symlink, "", "f"),
                    entry_of("h", kind::hard_link, std::string(1024, 'x'), "f"),
                    entry_of("i", kind::file, "last")};
    tree.entries[1].modified_ns = 1'500'000'000;  // half seconds need an extended header
    return tree;
}

std::string read_in_pieces(const byte_stream& stream, std::size_t piece) {
    std::string text;
    std::vector<std::byte> buffer(piece);
    while (const std::size_t count = stream(buffer)) {
        text.append(reinterpret_cast<const char*>(buffer.data()), count);
    }
    return text;
}

}  // namespace

TEST_CASE("the stream is the archive that tar describes, in buffers of any size") {
    file_tree tree = make_tree();
    SUBCASE("a directory") {}
    SUBCASE("an empty directory") {
        tree.entries.clear();
    }
    SUBCASE("a single file") {
        tree.entries = {entry_of("weights", kind::file, "w")};
        tree.is_single_file = true;
    }
    SUBCASE("an archive that fills its last record") {
        tree.entries = {entry_of("f", kind::file, std::string(10240 - 4 * 512, 'x'))};
    }
    const std::string whole = tree_building::read_all(detail::tar_source(tree));
    for (const std::size_t piece : {1U, 511U, 512U, 513U, 20000U}) {
        CHECK((read_in_pieces(tar::stream(tree, {}), piece) == whole));
    }
}

TEST_CASE("each file is seen once, as it passes; links and empty files are not") {
    const file_tree tree = make_tree();
    std::map<std::string, std::string> seen;
    const auto see = [&](const tree_entry& entry, std::span<const std::byte> bytes) {
        CHECK(!bytes.empty());
        seen[entry.path].append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    read_in_pieces(tar::stream(tree, see), 300);
    CHECK(seen == std::map<std::string, std::string>{
                      {tree.entries[1].path, std::string(700, 'l')}, {"f", std::string(1024, 'x')}, {"i", "last"}});
}
