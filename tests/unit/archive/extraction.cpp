#include <holdfast/archive/extraction.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <holdfast/archive/tar_extractor.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/tar_codec.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/tar_building.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using testing_support::failure_of;
namespace build = tar_building;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

std::uint32_t crc_of(std::string_view text) {
    return detail::crc32c(0, bytes_of(text));
}

/// A place to unpack into, and what was told of the files.
struct scratch {
    detail::temp_directory folder;
    std::vector<extracted_file> files;

    tar_extractor extractor(const extract_limits& limits = {}, bool digest = true) {
        return {folder.path(), limits, [this](const extracted_file& file) { files.push_back(file); }, digest};
    }
    void unpack(const std::string& members, const extract_limits& limits = {}, bool digest = true) {
        auto unpacking = extractor(limits, digest);
        unpacking.write(bytes_of(members + build::end()));
        unpacking.finish();
    }

    /// Unpacks a file "f" of this size, whose content is brought.
    void bring(std::size_t size, const content_bringer& bringer, bool digest = true) {
        auto unpacking = extractor({}, digest);
        const std::string archive = build::file("f", std::string(size, 'x')) + build::end();
        unpacking.write(bytes_of(archive).first(detail::tar_block_size));
        unpacking.bring(size, bringer);
        unpacking.write(bytes_of(archive).subspan(detail::tar_block_size + size));
        unpacking.finish();
    }
    std::string content() const { return tree_building::read_file(folder.path() / "f"); }
};

}  // namespace

TEST_CASE("limits that are met exactly are kept, and each of them counts alone") {
    const std::string members = build::directory("d") + build::file("d/a", "12345") + build::symlink("l", "d/a") +
                                build::hard_link("h", "d/a") + build::file("b", "");
    scratch().unpack(members, {.bytes = 5, .entries = 5});
    CHECK(failure_of([&] { scratch().unpack(members, {.bytes = 4}); }) == errc::too_large);
    CHECK(failure_of([&] { scratch().unpack(members, {.entries = 4}); }) == errc::too_large);
}

TEST_CASE("limits of nothing accept what holds nothing") {
    scratch().unpack("", {.bytes = 0, .entries = 0});
    scratch().unpack(build::file("empty", ""), {.bytes = 0});
    CHECK(failure_of([] { scratch().unpack(build::file("f", "x"), {.bytes = 0}); }) == errc::too_large);
    CHECK(failure_of([] { scratch().unpack(build::file("empty", ""), {.entries = 0}); }) == errc::too_large);
}

TEST_CASE("each file is told of, and each name of it, by path, size and digest") {
    scratch made;
    made.unpack(build::directory("d") + build::file("./d/a", "content") + build::symlink("l", "d") +
                build::hard_link("h", "d/a") + build::file("empty", ""));
    REQUIRE(made.files.size() == 3);
    CHECK(made.files[0].path == "d/a");
    CHECK(made.files[0].size == 7);
    CHECK(made.files[0].crc32c == crc_of("content"));
    CHECK(made.files[1].path == "h");
    CHECK(made.files[1].size == 7);
    CHECK(made.files[1].crc32c == crc_of("content"));
    CHECK(made.files[2].path == "empty");
    CHECK(made.files[2].size == 0);
    CHECK(made.files[2].crc32c == 0);
}

TEST_CASE("a digest that was not asked for is none, not 0") {
    scratch made;
    made.unpack(build::file("a", "content") + build::hard_link("h", "a"), {}, false);
    REQUIRE(made.files.size() == 2);
    for (const auto& file : made.files) CHECK_FALSE(file.crc32c);
}

TEST_CASE("content is brought from offset 0 on, in any order and by several threads") {
    scratch made;
    const std::string content = "0123456789";
    made.bring(content.size(), [&](byte_sink& sink, crc32c_sink*) {
        std::vector<std::jthread> bringers;
        for (std::size_t i = content.size(); i-- > 0;) {
            bringers.emplace_back([&, i] { sink.write(i, bytes_of(content).subspan(i, 1)); });
        }
    });
    CHECK(made.content() == content);
    REQUIRE(made.files.size() == 1);
    CHECK(made.files.front().crc32c == crc_of(content));
}

TEST_CASE("what stands in the file already is digested where it is told, and not written again") {
    scratch made;
    made.bring(10, [&](byte_sink& sink, crc32c_sink* digest) {
        REQUIRE(digest != nullptr);
        tree_building::write_file(made.folder.path() / "f", "01234");  // by an earlier load, say
        digest->has(0, bytes_of("01234"));
        sink.write(5, bytes_of("56789"));
    });
    CHECK(made.content() == "0123456789");
    CHECK(made.files.front().crc32c == crc_of("0123456789"));
}

TEST_CASE("a bringer has a digest to tell only where one is computed") {
    scratch made;
    bool has_digest = true;
    made.bring(
        3,
        [&](byte_sink& sink, crc32c_sink* digest) {
            has_digest = digest != nullptr;
            sink.write(0, bytes_of("abc"));
        },
        false);
    CHECK_FALSE(has_digest);
    CHECK(made.content() == "abc");
    CHECK_FALSE(made.files.front().crc32c);
}

TEST_CASE("a part that is missing, or brought twice, is noticed where it is digested") {
    const auto kind_of = [](const content_bringer& bringer) {
        return failure_of([&] { scratch().bring(4, bringer); });
    };
    CHECK(kind_of([](byte_sink&, crc32c_sink*) {}) == errc::corrupt);
    CHECK(kind_of([](byte_sink& sink, crc32c_sink*) { sink.write(0, bytes_of("abc")); }) == errc::corrupt);
    CHECK(kind_of([](byte_sink& sink, crc32c_sink*) { sink.write(0, bytes_of("abcde")); }) == errc::corrupt);
    CHECK(kind_of([](byte_sink& sink, crc32c_sink*) {
              sink.write(0, bytes_of("abcd"));
              sink.write(2, bytes_of("cd"));
          }) == errc::corrupt);
    CHECK(kind_of([](byte_sink&, crc32c_sink*) { throw error(errc::unavailable, "get", "f", "the store is gone"); }) ==
          errc::unavailable);
}
