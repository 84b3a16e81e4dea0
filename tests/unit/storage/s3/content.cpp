#include <holdfast/storage/s3/content.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <holdfast/auth/sigv4.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/digest.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/s3/wire.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/tree_building.hpp>

namespace {

using namespace holdfast;
using namespace holdfast::s3;
using testing_support::failure_of;
using tree_building::read_all;

constexpr std::string_view check_text = "123456789";              // of the catalogue of CRCs
constexpr std::uint32_t check_crc32c = 0xe3069283;                // its value for CRC-32C
constexpr std::string_view check_header = "4waSgw==";             // the same as S3's header has it: big endian, Base64
constexpr char empty_md5[] = "d41d8cd98f00b204e9800998ecf8427e";  // RFC 1321

std::string large_text() {
    std::string text;
    while (text.size() < block_pool::block_size + 1000) text += "every block is seen " + std::to_string(text.size());
    return text;
}

TEST_CASE("digest_content: only what was chosen is computed") {
    block_pool blocks;
    const auto source = byte_source::from_text(std::string(check_text));
    const auto all = digest_content(source, {.crc32c = true, .sha256 = true, .md5 = true}, blocks, {});
    CHECK(all.crc32c == check_crc32c);
    CHECK(all.sha256 == detail::sha256_hex(check_text));
    CHECK(all.md5 == "25f9e794323b453885f5181f1b624d0b");  // md5sum
    const auto none = digest_content(source, {}, blocks, {});
    CHECK(none.crc32c == 0);
    CHECK(none.sha256.empty());
    CHECK(none.md5.empty());
    CHECK(digest_content(byte_source::from_text(""), {.md5 = true}, blocks, {}).md5 == empty_md5);
}

TEST_CASE("digest_content: memory, files and what is generated have the same digests, however many blocks they take") {
    block_pool blocks;
    const detail::temp_directory scratch;
    const std::string text = large_text();
    std::ofstream(scratch.path() / "file") << text;
    const auto generate = [&](std::uint64_t offset, std::span<std::byte> room) {
        const auto part = std::as_bytes(std::span(text)).subspan(static_cast<std::size_t>(offset), room.size());
        std::ranges::copy(part, room.begin());
        return room.size();
    };
    const std::string expected = detail::sha256_hex(text);
    for (const auto& source : {byte_source::from_text(text), byte_source::from_file(scratch.path() / "file"),
                               byte_source::from_generator(text.size(), generate)}) {
        CHECK(digest_content(source, {.sha256 = true}, blocks, {}).sha256 == expected);
    }
}

TEST_CASE("digest_content: a wish to stop ends it") {
    block_pool blocks;
    std::stop_source stop;
    stop.request_stop();
    const auto digest = [&] {
        digest_content(byte_source::from_text("text"), {.crc32c = true}, blocks, stop.get_token());
    };
    CHECK(failure_of(digest) == errc::cancelled);
}

TEST_CASE("seal_body: the headers that prove the body, as the integrity says") {
    block_pool blocks;
    const auto source = byte_source::from_text(std::string(check_text));
    operation what{.verb = "put"};
    SUBCASE("none: nothing is digested") {
        CHECK_FALSE(seal_body(what, source, s3_integrity::none, false, blocks));
        CHECK(what.payload_hash == auth::unsigned_payload);
        CHECK(what.headers.find("x-amz-checksum-crc32c") == nullptr);
    }
    SUBCASE("none, but the caller wants the digest: no header") {
        CHECK(seal_body(what, source, s3_integrity::none, true, blocks) == check_crc32c);
        CHECK(what.headers.find("x-amz-checksum-crc32c") == nullptr);
    }
    SUBCASE("crc32c: a header, and the payload is not signed") {
        CHECK(seal_body(what, source, s3_integrity::crc32c, false, blocks) == check_crc32c);
        REQUIRE(what.headers.find("x-amz-checksum-crc32c") != nullptr);
        CHECK(*what.headers.find("x-amz-checksum-crc32c") == check_header);
        CHECK(what.payload_hash == auth::unsigned_payload);
    }
    SUBCASE("sha256: a signed payload") {
        CHECK_FALSE(seal_body(what, source, s3_integrity::sha256, false, blocks));
        CHECK(what.payload_hash == detail::sha256_hex(check_text));
    }
    CHECK(read_all(what.body) == check_text);
}

TEST_CASE("seal_body: what is generated and short is made once") {
    block_pool blocks;
    int calls = 0;
    const auto generate = [&](std::uint64_t, std::span<std::byte> room) {
        ++calls;
        std::ranges::fill(room, std::byte{'x'});
        return room.size();
    };
    operation what{.verb = "put"};
    seal_body(what, byte_source::from_generator(100, generate), s3_integrity::crc32c, false, blocks);
    CHECK(read_all(what.body) == std::string(100, 'x'));
    CHECK(calls == 1);
}

TEST_CASE("seal_text: the text is the body, and is signed") {
    operation what{.verb = "put"};
    seal_text(what, std::string(check_text));
    CHECK(what.payload_hash == detail::sha256_hex(check_text));
    CHECK(read_all(what.body) == check_text);
}

}  // namespace
