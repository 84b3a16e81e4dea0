#include <holdfast/artifact/tree_check.hpp>

#include <doctest/doctest.h>

#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/tree_building.hpp>

#include <cstdint>
#include <string>
#include <vector>

using namespace holdfast;
using tree_building::failure_of;
using tree_building::not_thrown;

TEST_CASE("a size that the document does not say is not compared") {
    CHECK(failure_of([] { detail::check_size("key", std::nullopt, 3); }) == not_thrown);
    CHECK(failure_of([] { detail::check_size("key", 3, 3); }) == not_thrown);
    CHECK(failure_of([] { detail::check_size("key", 0, 3); }) == errc::corrupt);
}

TEST_CASE("limits count files and bytes") {
    const std::vector<stored_file> files{{"a", 3, "", 0}, {"b", 4, "", 0}};
    CHECK(detail::check_totals("key", files, {}) == 7);
    CHECK(failure_of([&] { detail::check_totals("key", files, {.bytes = 6}); }) == errc::too_large);
    CHECK(failure_of([&] { detail::check_totals("key", files, {.entries = 1}); }) == errc::too_large);
    CHECK(detail::check_totals("key", files, {.bytes = 7, .entries = 2}) == 7);
    const std::uint64_t half = std::uint64_t{1} << 63U;
    const std::vector<stored_file> huge{{"a", half, "", 0}, {"b", half, "", 0}};  // together 2^64, which is 0
    CHECK(failure_of([&] { detail::check_totals("key", huge, {}); }) == errc::too_large);
}

TEST_CASE("a file is compared by size, then by the digest that was computed or is computed now") {
    const detail::temp_directory folder;
    const auto path = folder.path() / "file";
    tree_building::write_file(path, "123456789");
    const stored_file saved{"file", 9, "e3069283", 0644};
    const auto check = [&](std::uint64_t size, std::optional<std::uint32_t> crc, digest_kind kind) {
        return failure_of([&] {
            detail::check_file("key", saved, size, crc, kind,
                               [&] { return digest_of(byte_source::from_file(path), kind); });
        });
    };
    CHECK(check(8, std::nullopt, digest_kind::none) == errc::corrupt);
    CHECK(check(9, std::nullopt, digest_kind::none) == not_thrown);
    CHECK(check(9, 0xe3069283, digest_kind::crc32c) == not_thrown);
    CHECK(check(9, 0xe3069284, digest_kind::crc32c) == errc::corrupt);
    CHECK(check(9, std::nullopt, digest_kind::crc32c) == not_thrown);
    CHECK(check(9, std::nullopt, digest_kind::sha256) == errc::corrupt);
}

TEST_CASE("an archive's members are those that were saved, each of them") {
    const manifest contents{digest_kind::crc32c, {{"a", 1, "00000001", 0644}, {"b", 2, "00000002", 0644}}, {}};
    detail::member_check members{"key", contents};
    CHECK(members.digest() == digest_kind::crc32c);
    members.saw({"a", 1, 1}, {});
    CHECK(failure_of([&] { members.saw({"c", 1, 1}, {}); }) == errc::corrupt);
    CHECK(failure_of([&] { members.saw({"b", 2, 3}, {}); }) == errc::corrupt);
    CHECK(failure_of([&] { members.finish(); }) == errc::corrupt);
    members.saw({"b", 2, 2}, {});
    CHECK(failure_of([&] { members.finish(); }) == not_thrown);
    detail::member_check anything{"key", std::nullopt};
    CHECK(anything.digest() == digest_kind::none);
    CHECK(failure_of([&] { anything.saw({"c", 1, 1}, {}); }) == not_thrown);
    CHECK(failure_of([&] { anything.finish(); }) == not_thrown);
}

TEST_CASE("a digest that the archive's reader does not compute is asked for") {
    const manifest contents{digest_kind::sha256, {{"a", 1, "abc", 0644}}, {}};
    const auto failure = [&](const std::string& digest) {
        detail::member_check members{"key", contents};
        return failure_of([&] { members.saw({"a", 1, 7}, [&] { return digest; }); });
    };
    CHECK(failure("abc") == not_thrown);
    CHECK(failure("abd") == errc::corrupt);
}
