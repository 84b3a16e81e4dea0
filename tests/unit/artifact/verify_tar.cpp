#include <holdfast/artifact/verify_tar.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <holdfast/storage/memory.hpp>
#include <holdfast/storage/operations.hpp>
#include <tests/support/tar_building.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using tree_building::failure_of;
using tree_building::not_thrown;
namespace build = tar_building;

namespace {

const object_key key{"a/b.0.c.0"};
constexpr transfer_limits limits{.connections = 4, .range_size = 256U << 10, .memory = 1U << 20};
const std::string large = std::string(3U << 20, 'x') + "end";

errc failure(const std::string& archive, digest_kind kind,
             const std::vector<std::pair<std::string, std::string>>& saved) {
    const memory_storage storage;
    put_text(storage, key, archive);
    manifest contents{kind, {}, {}};
    for (const auto& [path, content] : saved) {
        contents.files.push_back({path, content.size(), digest_of(byte_source::from_text(content), kind), 0644});
    }
    return failure_of([&] {
        detail::check_tar(storage, {key, "tar", archive.size(), contents}, std::stop_token(), limits);
    });
}

}  // namespace

TEST_CASE("the members of a tar are compared without a directory to unpack them to") {
    const auto archive = build::directory("d") + build::file("d/large", large) + build::hard_link("name", "d/large") +
                         build::symlink("link", "name") + build::file("empty", "") + build::file("twice", "first") +
                         build::file("twice", "then") + build::end();
    for (const auto kind : {digest_kind::none, digest_kind::crc32c, digest_kind::sha256}) {
        CAPTURE(to_string(kind));
        // what a tar holds twice is compared each time, as by a load, so that only the first would differ
        CHECK(failure(archive, kind, {{"d/large", large}, {"name", large}, {"empty", ""}, {"twice", "then"}}) ==
              errc::corrupt);
        const auto once = build::directory("d") + build::file("d/large", large) + build::hard_link("name", "d/large") +
                          build::symlink("link", "name") + build::file("empty", "") + build::end();
        CHECK(failure(once, kind, {{"d/large", large}, {"name", large}, {"empty", ""}}) == not_thrown);
        CHECK(failure(once, kind, {{"d/large", large}, {"name", large}}) == errc::corrupt);
        CHECK(failure(once, kind, {{"d/large", large}, {"name", large}, {"empty", ""}, {"more", ""}}) == errc::corrupt);
    }
}

TEST_CASE("a byte that differs is found by either digest, in a large member and by its other name") {
    auto other = large;
    other[large.size() / 2] = 'y';
    const auto archive = build::file("large", other) + build::hard_link("name", "large") + build::end();
    for (const auto kind : {digest_kind::crc32c, digest_kind::sha256}) {
        CAPTURE(to_string(kind));
        CHECK(failure(archive, kind, {{"large", other}, {"name", other}}) == not_thrown);
        CHECK(failure(archive, kind, {{"large", large}, {"name", other}}) == errc::corrupt);
        CHECK(failure(archive, kind, {{"large", other}, {"name", large}}) == errc::corrupt);
    }
}

TEST_CASE("what a load would refuse is refused") {
    const auto check = [](const std::string& members) {
        return failure(members + build::end(), digest_kind::none, {});
    };
    CHECK(check(build::symlink("out", "../..")) == errc::unsafe_path);
    CHECK(check(build::symlink("one", "two") + build::symlink("two", "one")) == errc::unsafe_path);
    CHECK(check(build::directory("../out")) == errc::unsafe_path);
    CHECK(check(build::symlink("in", "x") + build::directory("in")) == errc::unsafe_path);
    CHECK(check(build::directory("x") + build::symlink("in", "x")) == not_thrown);
}
