#include <holdfast/detail/tar_codec.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/core/error.hpp>
#include <tests/support/tar_building.hpp>

using namespace holdfast::detail;
using holdfast::errc;
namespace build = tar_building;

namespace {

struct seen_member {
    tar_entry entry;
    std::string content;
    bool is_ended = false;
};

struct recorder final : tar_events {
    std::vector<seen_member> members;

    void begin_member(const tar_entry& entry) override { members.push_back({entry, "", false}); }
    void member_content(std::span<const std::byte> bytes) override {
        members.back().content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    void end_member(const tar_entry&) override { members.back().is_ended = true; }
};

std::vector<seen_member> decode(std::string_view archive, std::size_t piece = SIZE_MAX) {
    recorder seen;
    tar_decoder decoder(seen);
    for (std::size_t i = 0; i < archive.size();) {
        const std::string_view part = archive.substr(i, piece);
        decoder.write(std::as_bytes(std::span(part)));
        i += part.size();
    }
    decoder.finish();
    return seen.members;
}

tar_entry decode_one(const std::string& members) {
    const auto seen = decode(members + build::end());
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].is_ended);
    return seen[0].entry;
}

errc failure_of(const std::string& archive) {
    try {
        decode(archive);
    } catch (const holdfast::error& failure) {
        CHECK(failure.operation() == "unpack");
        return failure.kind();
    }
    FAIL("nothing was thrown");
    return errc::io_failure;
}

std::string text_at(const std::string& block, std::size_t offset, std::size_t size) {
    return block.substr(offset, size).c_str();
}

std::string with_pax(const std::string& records, char flag = 'x') {
    return build::typed(flag, records) + build::file("name", "");
}

bool is_same(const tar_entry& a, const tar_entry& b) {
    return a.path == b.path && a.type == b.type && a.mode == b.mode && a.modified_ns == b.modified_ns &&
           a.size == b.size && a.target == b.target;
}

}  // namespace

TEST_CASE("a short entry is one ustar block") {
    const std::string block = encode_tar_entry(
        {.path = "sub/b", .mode = 0640, .modified_ns = 1'795'553'232'000'000'000, .size = 70000, .target = {}});
    REQUIRE(block.size() == 512);
    CHECK(text_at(block, 0, 100) == "sub/b");
    CHECK(text_at(block, 100, 8) == "0000640");
    CHECK(text_at(block, 108, 8) == "0000000");
    CHECK(text_at(block, 124, 12) == "00000210560");
    CHECK(text_at(block, 136, 12) == "15301373720");
    CHECK(block.substr(154, 3) == std::string("\0 0", 3));
    CHECK(block.substr(257, 8) == std::string("ustar\00000", 8));
    CHECK(std::all_of(block.begin() + 265, block.end(), [](char c) { return c == '\0'; }));
}

// From Python 3.11: tarfile.TarInfo("d") with type DIRTYPE, mode 0o755 and mtime 1, tobuf()[148:156].
TEST_CASE("checksums are Python's") {
    const std::string block = encode_tar_entry(
        {.path = "d", .type = tar_type::directory, .mode = 0755, .modified_ns = 1'000'000'000, .target = {}});
    CHECK(text_at(block, 0, 100) == "d/");
    CHECK(block.substr(148, 8) == std::string("006171\0 ", 8));
}

TEST_CASE("what does not fit stands in a PAX header") {
    const std::string path = std::string(99, 'p') + "/q";
    const std::string blocks = encode_tar_entry(
        {.path = path, .type = tar_type::symlink, .mode = 0777, .modified_ns = -1'500'000'000, .target = "\xC3\xBC"});
    REQUIRE(blocks.size() == 3 * 512);
    CHECK(text_at(blocks, 0, 100) == "././@PaxHeader");
    CHECK(blocks[156] == 'x');
    CHECK(text_at(blocks, 512, 512) == "111 path=" + path + "\n15 linkpath=\xC3\xBC\n14 mtime=-1.5\n");
    CHECK(blocks[1024 + 156] == '2');
}

TEST_CASE("times keep nine digits and lose zeros at their end") {
    const auto time_text = [](std::int64_t ns) {
        const std::string blocks = encode_tar_entry({.path = "f", .modified_ns = ns, .target = {}});
        return blocks.size() == 512 ? std::string() : text_at(blocks, 512, 512);
    };
    CHECK(time_text(1'795'553'232'286'700'634) == "30 mtime=1795553232.286700634\n");
    CHECK(time_text(1'000'000'001) == "21 mtime=1.000000001\n");
    CHECK(time_text(1'500'000'000) == "13 mtime=1.5\n");
    CHECK(time_text(-1'000'000'000) == "14 mtime=-1.0\n");
    CHECK(time_text(INT64_MIN) == "31 mtime=-9223372036.854775808\n");
    CHECK(time_text(8'589'934'591'000'000'000) == "");
    CHECK(time_text(8'589'934'592'000'000'000) == "22 mtime=8589934592.0\n");
}

TEST_CASE("sizes from 8 GiB stand in a PAX header") {
    const std::uint64_t limit = std::uint64_t{1} << 33;
    CHECK(encode_tar_entry({.path = "f", .size = limit - 1, .target = {}}).size() == 512);
    const std::string blocks = encode_tar_entry({.path = "f", .size = limit, .target = {}});
    CHECK(text_at(blocks, 512, 512) == "19 size=8589934592\n");
    CHECK(text_at(blocks, 1024 + 124, 12) == "00000000000");
}

TEST_CASE("an end is two blocks and fills a record") {
    CHECK(encode_tar_end(0).size() == 10240);
    CHECK(encode_tar_end(9216).size() == 1024);
    CHECK(encode_tar_end(9728).size() == 10240 + 512);
    CHECK(encode_tar_end(512).find_first_not_of('\0') == std::string::npos);
}

TEST_CASE("what is encoded is decoded, wherever the bytes are cut") {
    const std::vector<tar_entry> entries{
        {.path = "d", .type = tar_type::directory, .mode = 0700, .modified_ns = 5'000'000'000, .target = {}},
        {.path = "d/empty", .mode = 0600, .modified_ns = 0, .size = 0, .target = {}},
        {.path = "d/" + std::string(300, 'n'), .mode = 0755, .modified_ns = 1'000'000'007, .size = 3, .target = {}},
        {.path = "\xE6\x97\xA5", .mode = 0644, .modified_ns = -7, .size = 512, .target = {}},
        {.path = "l", .type = tar_type::symlink, .mode = 0777, .modified_ns = 9, .target = std::string(101, 't')},
        {.path = "h", .type = tar_type::hard_link, .mode = 0644, .target = "d/empty"},
        {.path = "big", .mode = 0644, .size = 1300, .target = {}},
    };
    std::string archive;
    for (const auto& entry : entries) archive += build::member(entry, std::string(entry.size, 'c'));
    archive += encode_tar_end(archive.size());
    for (const std::size_t piece : {1U, 7U, 511U, 512U, 513U, 4096U, 1U << 20}) {
        CAPTURE(piece);
        const auto seen = decode(archive, piece);
        REQUIRE(seen.size() == entries.size());
        for (std::size_t i = 0; i < seen.size(); ++i) {
            CAPTURE(entries[i].path);
            CHECK(is_same(seen[i].entry, entries[i]));
            CHECK(seen[i].content == std::string(entries[i].size, 'c'));
            CHECK(seen[i].is_ended);
        }
    }
}

TEST_CASE("older headers are read") {
    const std::string ustar = build::file("name", "");
    SUBCASE("v7 has no magic and no prefix") {
        const std::string block = build::patched(build::patched(ustar, 257, std::string(8, '\0')), 345, "prefix");
        CHECK(decode_one(build::patched(block, 156, std::string_view("\0", 1))).path == "name");
    }
    SUBCASE("ustar has a prefix") {
        CHECK(decode_one(build::patched(ustar, 345, "a/b")).path == "a/b/name");
    }
    SUBCASE("GNU has none, times stand there") {
        CHECK(decode_one(build::patched(build::patched(ustar, 257, "ustar  "), 345, "12345")).path == "name");
    }
    SUBCASE("a name may fill its field") {
        CHECK(decode_one(build::patched(ustar, 0, std::string(100, 'n'))).path == std::string(100, 'n'));
    }
    SUBCASE("a contiguous file is a file") {
        CHECK(decode_one(build::patched(ustar, 156, "7")).type == tar_type::regular);
    }
    SUBCASE("a file whose name ends with a slash is a directory") {
        const tar_entry seen = decode_one(build::patched(ustar, 0, "name/"));
        CHECK(seen.type == tar_type::directory);
        CHECK(seen.path == "name");
    }
    SUBCASE("such a file with content is none") {
        CHECK(failure_of(build::file("name/", "x") + build::end()) == errc::corrupt);
    }
    SUBCASE("numbers with spaces, and none") {
        const std::string block = build::patched(build::patched(ustar, 100, "   755  "), 136, std::string(12, '\0'));
        CHECK(decode_one(block).mode == 0755);
        CHECK(decode_one(block).modified_ns == 0);
    }
    SUBCASE("the sum of signed characters") {
        std::string block = build::patched(ustar, 265, "\xFC");
        const unsigned sum = static_cast<unsigned>(std::stoul(block.substr(148, 6), nullptr, 8)) - 256;
        char digits[8];
        std::snprintf(digits, sizeof digits, "%06o", sum & 0777777U);
        block.replace(148, 6, digits, 6);
        CHECK(decode_one(block).path == "name");
    }
    SUBCASE("a link has no content whatever its size says") {
        const std::string block = build::patched(build::hard_link("h", "name"), 124, "00000000700");
        CHECK(decode_one(block).size == 0);
    }
}

TEST_CASE("numbers to the base 256 are read") {
    const std::string ustar = build::file("name", "");
    const auto time_of = [&](const std::string& field) { return build::patched(ustar, 136, field); };
    CHECK(decode_one(time_of(std::string("\x80\0\0\0\0\0\0\0\0\0\1\2", 12))).modified_ns == 258'000'000'000);
    CHECK(decode_one(time_of(std::string(11, '\xFF') + '\xFE')).modified_ns == -2'000'000'000);
    CHECK(failure_of(time_of(std::string("\x80\0\0\1\0\0\0\0\0\0\0\0", 12)) + build::end()) == errc::corrupt);
    CHECK(failure_of(time_of(std::string("\x80\0\0\0\x80\0\0\0\0\0\0\0", 12)) + build::end()) == errc::corrupt);
    SUBCASE("as a size") {
        const std::string content(600, 's');
        std::string archive = build::file("name", content) + build::end();
        archive.replace(0, 512,
                        build::patched(archive.substr(0, 512), 124, std::string("\x80\0\0\0\0\0\0\0\0\0\2\x58", 12)));
        CHECK(decode(archive)[0].content == content);
    }
    SUBCASE("as a negative or absurd size") {
        for (const auto& field :
             {std::string(12, '\xFF'), std::string("\x80\0\0\0\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12)}) {
            CHECK(failure_of(build::patched(ustar, 124, field) + build::end()) == errc::corrupt);
        }
    }
}

TEST_CASE("GNU long names are read") {
    const std::string path(200, 'p');
    const std::string target(300, 't');
    const tar_entry seen = decode_one(build::typed('K', target + '\0') + build::typed('L', path + '\0') +
                                      build::symlink("short", "short"));
    CHECK(seen.path == path);
    CHECK(seen.target == target);
    SUBCASE("and hold for one member") {
        const auto both = decode(build::typed('L', path) + build::file("a", "") + build::file("b", "") + build::end());
        CHECK(both.at(1).entry.path == "b");
    }
}

TEST_CASE("PAX headers are read") {
    using build::record;
    CHECK(decode_one(with_pax(record("path", "p\xC3\xBC") + record("comment", "="))).path == "p\xC3\xBC");
    CHECK(decode_one(with_pax(record("hdrcharset", "BINARY") + record("path", "\xFF"))).path == "\xFF");
    CHECK(decode_one(with_pax(record("linkpath", "t"))).target == "t");
    CHECK(decode_one(with_pax(record("path", "a") + record("path", "b"))).path == "b");
    CHECK(decode_one(with_pax(record("path", "a") + record("path", ""))).path == "name");
    CHECK(decode_one(with_pax(record("path", "a"), 'X')).path == "a");
    CHECK(decode_one(with_pax("")).path == "name");
    CHECK(decode_one(build::typed('L', "long") + with_pax(record("path", "a"))).path == "a");
    CHECK(decode_one(with_pax(record("path", "d/"))).type == tar_type::directory);
    const auto sized =
        decode(build::typed('x', record("size", "5")) + build::file("f", "") + build::padded("12345") + build::end());
    CHECK(sized.at(0).content == "12345");
}

TEST_CASE("global PAX headers hold until they are taken back") {
    using build::record;
    const auto seen = decode(build::typed('g', record("mtime", "1") + record("path", "all")) + build::file("a", "") +
                             with_pax(record("path", "own")) + with_pax(record("mtime", "")) +
                             build::typed('g', record("path", "")) + build::file("d", "") + build::end());
    REQUIRE(seen.size() == 4);
    CHECK(seen[0].entry.path == "all");
    CHECK(seen[1].entry.path == "own");
    CHECK(seen[1].entry.modified_ns == 1'000'000'000);
    CHECK(seen[2].entry.path == "all");
    CHECK(seen[2].entry.modified_ns == 0);
    CHECK(seen[3].entry.path == "d");
    CHECK(seen[3].entry.modified_ns == 1'000'000'000);
}

TEST_CASE("PAX times are read to the nanosecond") {
    const auto time_of = [](std::string_view text) {
        return decode_one(with_pax(build::record("mtime", text))).modified_ns;
    };
    CHECK(time_of("1795553232.2867007") == 1'795'553'232'286'700'700);
    CHECK(time_of("1795553232.286700634") == 1'795'553'232'286'700'634);
    CHECK(time_of("1795553232.2867006349999999999999") == 1'795'553'232'286'700'634);
    CHECK(time_of("-0.5") == -500'000'000);
    CHECK(time_of("0") == 0);
    CHECK(time_of("1e-05") == 10'000);
    CHECK(time_of("2.5e+2") == 250'000'000'000);
    CHECK(time_of("1e-400") == 0);
    CHECK(time_of("1e400") == INT64_MAX);
    CHECK(time_of("99999999999999999999999") == INT64_MAX);
    CHECK(time_of("-99999999999999999999999") == -INT64_MAX);
    for (const auto* text : {"nan", "inf", "1.2.3", ".", "-", "1e", "e5", "1 ", "0x1"}) {
        CAPTURE(text);
        CHECK(failure_of(with_pax(build::record("mtime", text)) + build::end()) == errc::corrupt);
    }
}

TEST_CASE("malformed PAX headers are corrupt") {
    for (const auto* records : {"5", "x a=b\n", "6 a=b\n7", "99 a=b\n", "5 a=b\n", "7 a=b\n.", "6 abc\n", "5 =b\n",
                                "0 a=b\n", "-6 a=b\n", "4 a=\n", "99999999999999999999999 a=b\n", "1 \n", "2 \n",
                                "12 size=-1x\n", "10 size=x\n", "11 size=-1\n", "28 size=9223372036854775807\n"}) {
        CAPTURE(records);
        CHECK(failure_of(with_pax(records) + build::end()) == errc::corrupt);
    }
}

TEST_CASE("long extensions are refused before they are read") {
    for (const char flag : {'x', 'g', 'L', 'K'}) {
        const std::string header = build::typed(flag, "");
        CHECK(failure_of(build::patched(header, 124, "00004000001")) == errc::too_large);
        CHECK(failure_of(build::patched(header, 124, "00004000000")) == errc::corrupt);  // allowed, but cut
    }
}

TEST_CASE("what a plain tar has not is unsupported") {
    using build::record;
    for (const char flag : {'S', 'D', 'M', 'V', 'N', 'A', '8', '\x80'}) {
        CHECK(failure_of(build::typed(flag, "", "name") + build::end()) == errc::unsupported);
    }
    for (const auto* keyword : {"GNU.sparse.major", "GNU.sparse.map", "GNU.sparse.size", "GNU.sparse.name"}) {
        CHECK(failure_of(with_pax(record(keyword, "1")) + build::end()) == errc::unsupported);
    }
}

TEST_CASE("damaged headers are corrupt") {
    const std::string archive = build::file("name", "content") + build::end();
    for (std::size_t i = 0; i < 512; ++i) {
        CAPTURE(i);
        if (i == 154 || i == 155) continue;  // the end of the checksum field: any end of a number will do
        std::string damaged = archive;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x04);
        CHECK(failure_of(damaged) == errc::corrupt);
    }
    CHECK(failure_of(build::patched(archive.substr(0, 512), 124, "0000000000x")) == errc::corrupt);
    CHECK(failure_of(std::string(512, ' ') + build::end()) == errc::corrupt);
}

TEST_CASE("an archive ends at its first zero block and nowhere else") {
    const std::string members = build::file("a", "content") + build::typed('x', build::record("path", "b")) +
                                build::file("name", std::string(600, 'x'));
    for (std::size_t size = 0; size <= members.size(); ++size) {
        CAPTURE(size);
        REQUIRE(failure_of(members.substr(0, size)) == errc::corrupt);
    }
    CHECK(failure_of(members + std::string(511, '\0')) == errc::corrupt);
    CHECK(decode(members + std::string(512, '\0')).size() == 2);
    CHECK(decode(members + build::end() + "whatever follows").size() == 2);
    CHECK(failure_of(members + build::typed('x', build::record("path", "b")) + build::end()) == errc::corrupt);
    CHECK(failure_of(members + build::typed('L', "name") + build::end()) == errc::corrupt);
}

TEST_CASE("content and padding may be skipped instead of written") {
    const std::string archive = build::file("a", std::string(700, 'a')) + build::typed('x', build::record("path", "b")) +
                                build::file("old", "bb") + build::directory("c") + build::end();
    recorder seen;
    tar_decoder decoder(seen);
    std::size_t at = 0;
    std::size_t written = 0;
    while (!decoder.is_at_end()) {
        const std::uint64_t skipped = decoder.skippable() > 600 ? 600 : decoder.skippable();  // in two steps
        decoder.skip(skipped);
        at += skipped;
        if (skipped > 0) continue;
        decoder.write(std::as_bytes(std::span(archive).subspan(at, 256)));
        at += 256;
        written += 256;
    }
    decoder.finish();
    REQUIRE(seen.members.size() == 3);
    CHECK(seen.members[0].entry.size == 700);
    CHECK(seen.members[0].content.empty());
    CHECK(seen.members[1].entry.path == "b");
    CHECK(seen.members[2].entry.path == "c");
    CHECK(std::ranges::all_of(seen.members, &seen_member::is_ended));
    CHECK(written <= 5 * 512 + 256);
    CHECK_THROWS_AS(decoder.skip(1), holdfast::error);
}
