#include <holdfast/archive/tar_gz.hpp>

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <variant>

#include <holdfast/archive/tar.hpp>
#include <holdfast/detail/gzip.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using namespace tree_building;

namespace {

std::string unzipped(byte_stream stream) {
    std::string plain;
    detail::gunzip unzip([&](std::span<const std::byte> bytes) {
        plain.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    });
    std::array<std::byte, 1000> buffer;
    while (const std::size_t size = stream(buffer)) unzip.write(std::span(buffer).first(size));
    unzip.finish();
    return plain;
}

}  // namespace

TEST_CASE("the stream is the compressed tar, and can be made again") {
    file_tree tree;
    std::string content(600'000, 'c');
    for (std::size_t i = 0; i < content.size(); i += 7) content[i] = static_cast<char>(i % 251);
    for (const auto* path : {"a", "b"}) {
        tree.entries.push_back({.path = path, .content = byte_source::from_text(content), .target = {}});
    }
    const auto make_stream = std::get<1>(tar_gz::pack(tree));
    const std::string plain = read_all(std::get<0>(tar::pack(tree)).at(0).content);
    byte_stream unfinished = make_stream();
    std::array<std::byte, 10> buffer;
    CHECK(unfinished(buffer) > 0);
    CHECK(unzipped(make_stream()) == plain);
    CHECK(unzipped(make_stream()) == plain);
}
