#include <holdfast/archive/tar_index.hpp>

#include <doctest/doctest.h>

#include <tests/support/tar_building.hpp>
#include <tests/support/tree_building.hpp>

#include <map>
#include <string>
#include <string_view>

using namespace holdfast;
using detail::tar_index;
using tree_building::failure_of;
namespace build = tar_building;

namespace {

using contents = std::map<std::string, std::string>;

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

contents contents_of(const tar_index& index, const std::string& archive) {
    contents found;
    for (const auto& [path, where] : index.files()) found[path] = archive.substr(where.offset, where.size);
    return found;
}

/// Reads all of an archive in pieces.
contents read_whole(const std::string& archive, std::size_t piece = SIZE_MAX) {
    tar_index index;
    for (std::size_t i = 0; i < archive.size(); i += std::min(piece, archive.size() - i)) {
        index.write(bytes_of(std::string_view(archive).substr(i, piece)));
    }
    index.finish();
    return contents_of(index, archive);
}

errc failure(const std::string& members) {
    return failure_of([&] { read_whole(members + build::end()); });
}

}  // namespace

TEST_CASE("files are found where they are, wherever the bytes are cut") {
    const std::string archive = build::directory(".") + build::file("a", "A") + build::file("./d//empty", "") +
                                build::file("d/b", std::string(1000, 'b')) + build::hard_link("c", "d/b") +
                                build::symlink("s", "d/b") + build::end();
    const contents expected{
        {"a", "A"}, {"c", std::string(1000, 'b')}, {"d/b", std::string(1000, 'b')}, {"d/empty", ""}};
    for (const std::size_t piece : {1UL, 100UL, 511UL, 512UL, 513UL, 2000UL, 100'000UL}) {
        CHECK(read_whole(archive, piece) == expected);
    }
}

TEST_CASE("content that is skipped need not be there") {
    const std::string archive =
        build::file("a", std::string(100'000, 'a'), 0640) + build::file("b", "B") + build::end();
    tar_index index;
    std::size_t written = 0;
    while (!index.is_at_end()) {
        index.write(bytes_of(archive).subspan(index.position(), 700));
        written += 700;
        index.skip_content();
    }
    index.finish();
    CHECK(written <= 3 * 700);
    CHECK(contents_of(index, archive) == contents{{"a", std::string(100'000, 'a')}, {"b", "B"}});
    CHECK(index.files().at("a").mode == 0640);
    CHECK(index.files().at("b").mode == 0644);
}

TEST_CASE("the last member of a name counts, and a link to an earlier one keeps its bytes") {
    CHECK(read_whole(build::file("a", "1") + build::hard_link("b", "a") + build::file("a", "2") + build::end()) ==
          contents{{"a", "2"}, {"b", "1"}});
    tar_index index;
    const std::string archive = build::file("a", "1") + build::symlink("a", "b") + build::symlink("c", "d") +
                                build::file("c", "3") + build::end();
    index.write(bytes_of(archive));
    CHECK(contents_of(index, archive) == contents{{"c", "3"}});
    CHECK(index.links() == detail::tree_links{{"a", "b"}});
}

TEST_CASE("long names of PAX and GNU, and numbers to the base 256") {
    const std::string name(300, 'n');
    std::string size_256(12, '\0');
    size_256.front() = '\x80';
    size_256.back() = 3;
    CHECK(read_whole(build::typed('L', name + '\0') + build::file("short", "gnu") +
                     build::typed('x', build::record("path", name + "/p")) + build::file("short", "pax") +
                     build::patched(build::file("size", "").substr(0, 512), 124, size_256) + build::padded("256") +
                     build::end()) == contents{{name, "gnu"}, {name + "/p", "pax"}, {"size", "256"}});
}

TEST_CASE("what no load takes is refused") {
    CHECK(failure(build::file("../a", "")) == errc::unsafe_path);
    CHECK(failure(build::file("/a", "")) == errc::unsafe_path);
    CHECK(failure(build::link(build::tar_type::fifo, "a", "")) == errc::unsafe_path);
    CHECK(failure(build::link(build::tar_type::block_device, "a", "")) == errc::unsafe_path);
    CHECK(failure(build::hard_link("a", "b")) == errc::corrupt);
    CHECK(failure(build::file("./", "x")) == errc::corrupt);
    CHECK(failure(build::typed('S', "", "sparse")) == errc::unsupported);
    CHECK(failure_of([] { read_whole(build::file("a", "1")); }) == errc::corrupt);
    CHECK(failure_of([] { read_whole(""); }) == errc::corrupt);
}

TEST_CASE("sizes that no archive has do not pass for positions") {
    std::string size_256(12, '\xFF');
    size_256.replace(0, 4, std::string("\x80\0\0\0", 4));
    size_256[4] = '\x7F';
    const std::string huge = build::patched(build::file("a", "").substr(0, 512), 124, size_256);
    tar_index index;
    const auto read = [&] {
        index.write(bytes_of(huge));
        index.skip_content();
        index.write(bytes_of(huge));
        index.skip_content();
        index.write(bytes_of(huge));
        index.skip_content();
    };
    CHECK(failure_of(read) == errc::corrupt);
}

TEST_CASE("entries are limited") {
    tar_index index(2);
    index.write(bytes_of(build::directory(".") + build::file("a", "1") + build::symlink("b", "a")));
    CHECK(failure_of([&] { index.write(bytes_of(build::directory("c"))); }) == errc::too_large);
}
