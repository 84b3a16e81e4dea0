#include <holdfast/artifact/archive_access.hpp>

#include <doctest/doctest.h>

#include <holdfast/detail/gzip.hpp>
#include <tests/support/tar_building.hpp>
#include <tests/support/tree_building.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace holdfast;
namespace build = tar_building;

namespace {

std::string gzipped(std::string text) {
    std::string packed(text.size() + 1000, '\0');
    const auto stream = detail::gzip([&, at = std::size_t{0}](std::span<std::byte> out) mutable {
        const std::size_t count = std::min(out.size(), text.size() - at);
        std::ranges::copy(std::as_bytes(std::span(text)).subspan(at, count), out.begin());
        at += count;
        return count;
    });
    std::size_t size = 0;
    while (const auto count = stream(std::as_writable_bytes(std::span(packed)).subspan(size))) size += count;
    packed.resize(size);
    return packed;
}

detail::tree_access access_text(const std::string& archive, std::atomic<int>& from_start) {
    const auto fill = [&](std::uint64_t offset, std::span<std::byte> buffer) {
        if (offset == 0) ++from_start;
        std::ranges::copy(std::as_bytes(std::span(archive)).subspan(offset, buffer.size()), buffer.begin());
    };
    return detail::access_archive({object_key{"k"}, "tar", {}, {}}, {archive.size(), fill}, {}, {});
}

std::string read(const detail::tree_access& access, std::size_t i) {
    std::string text(access.files[i].size, '?');
    std::string etag;
    access.read(i, 0, std::as_writable_bytes(std::span(text)), etag);
    return text;
}

std::string members() {
    return build::file("b", "first") + build::file("c", std::string(100'000, 'c')) + build::file("a", "last") +
           build::end();
}

}  // namespace

TEST_CASE("a compressed archive says in which order one pass reaches its files") {
    std::atomic<int> passes = 0;
    const std::string archive = gzipped(members());
    const auto access = access_text(archive, passes);
    CHECK(access.order == std::vector<std::size_t>{1, 2, 0});
    passes = 0;
    for (const std::size_t i : access.order) CHECK(read(access, i).size() == access.files[i].size);
    CHECK(passes == 1);
    CHECK(read(access, 1) == "first");
    CHECK(passes == 2);
    CHECK(read(access, 0) == "last");
    CHECK(passes == 2);
}

TEST_CASE("a plain one has none") {
    std::atomic<int> passes = 0;
    const std::string archive = members();
    const auto access = access_text(archive, passes);
    CHECK(access.order.empty());
    CHECK(read(access, 0) == "last");
}

TEST_CASE("several threads read a compressed archive") {
    std::atomic<int> passes = 0;
    const std::string archive = gzipped(members());
    const auto access = access_text(archive, passes);
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&] {
                for (int i = 0; i < 5; ++i) right += read(access, 0) == "last" && read(access, 1) == "first" ? 1 : 0;
            });
        }
    }
    CHECK(right == 20);
}
