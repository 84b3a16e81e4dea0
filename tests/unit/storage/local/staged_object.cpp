#include <holdfast/storage/local/staged_object.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using detail::staged_object;
using tree_building::read_file;

namespace {

const object_key key("dir/object");

}  // namespace

TEST_CASE("a staged object is a file of its own that goes unless it is taken over") {
    const detail::temp_directory scratch;
    const detail::beneath root(scratch.path());
    const auto path = scratch.path() / "staged";
    SUBCASE("it goes") {
        const staged_object staged(root, "staged", key, {});
        CHECK(std::filesystem::exists(path));
        CHECK(path == staged.path());
    }
    SUBCASE("it is taken over") {
        staged_object staged(root, "staged", key, {});
        root.rename(staged.name(), "taken", true);
        staged.taken_over();
        CHECK(staged.name().empty());
        CHECK(std::filesystem::exists(scratch.path() / "taken"));
    }
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK(detail::new_staging_name() != detail::new_staging_name());
}

TEST_CASE("an error of a staged object's file names the object") {
    const detail::temp_directory scratch;
    const detail::beneath root(scratch.path());
    staged_object staged(root, "staged", key, {});
    const auto fail_with = [&](std::string origin) {
        try {
            detail::write_whole(staged, false,
                                [&](staged_object&) { throw error(errc::no_space, "write", origin, "no"); });
        } catch (const error& failure) {
            return failure.key();
        }
        return std::string();
    };
    CHECK(fail_with(staged.path()) == key.str());
    CHECK(fail_with("another") == "another");
}

TEST_CASE("pieces of every kind follow each other, and the digest is of them all") {
    const detail::temp_directory scratch;
    const detail::beneath root(scratch.path());
    std::ofstream(scratch.path() / "file") << "0123456789";
    byte_source source = byte_source::from_text("<");
    source.append(byte_source::from_file(scratch.path() / "file").slice(2, 5));
    source.append(byte_source::from_text(">"));
    for (const bool digest : {false, true}) {
        staged_object staged(root, detail::new_staging_name(), key, {.digest = digest});
        staged.write(source);
        bool sent = false;
        staged.write(byte_stream([&](std::span<std::byte> buffer) {
            buffer[0] = std::byte{'!'};
            return std::exchange(sent, true) ? 0U : 1U;
        }));
        const object_info info = staged.finish(false);
        const std::string expected = "<23456>!";
        CHECK(read_file(staged.path()) == expected);
        CHECK(info.size == expected.size());
        CHECK(info.key == key);
        CHECK(info.crc32c.has_value() == digest);
        if (digest) CHECK(*info.crc32c == detail::crc32c(0, std::as_bytes(std::span(expected))));
        CHECK(info.etag == detail::local_object_info(key, *root.status(staged.name())).etag);
    }
}

TEST_CASE("the etag tells inode, time and size apart") {
    const detail::file_status status{.size = 1, .modified_ns = 2, .inode = 3};
    detail::file_status other = status;
    SUBCASE("size") {
        other.size = 2;
    }
    SUBCASE("time") {
        other.modified_ns = 1;
    }
    SUBCASE("inode") {
        other.inode = 4;
    }
    CHECK(detail::local_object_info(key, status).etag != detail::local_object_info(key, other).etag);
    CHECK(detail::local_object_info(key, status).etag == "000000000000000300000000000000020000000000000001");
}

TEST_CASE("what is generated is written in blocks") {
    const detail::temp_directory scratch;
    const detail::beneath root(scratch.path());
    const std::size_t size = 2 * detail::local_block + 100;
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 >> 3U);
    std::size_t largest = 0;
    byte_source source = byte_source::from_text("begin");
    source.append(byte_source::from_generator(size, [&](std::uint64_t offset, std::span<std::byte> buffer) {
        largest = std::max(largest, buffer.size());
        std::ranges::copy(std::as_bytes(std::span(text)).subspan(offset, buffer.size()), buffer.begin());
        return buffer.size();
    }));
    staged_object staged(root, "staged", key, {.digest = true});
    staged.write(source);
    const auto info = staged.finish(false);
    const std::string expected = "begin" + text;
    CHECK((read_file(staged.path()) == expected));
    CHECK(info.crc32c == detail::crc32c(0, std::as_bytes(std::span(expected))));
    CHECK(largest == detail::local_block);
}
