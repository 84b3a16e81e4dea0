#include <holdfast/artifact/manifest.hpp>

#include <doctest/doctest.h>

#include <tests/support/tree_building.hpp>

#include <string>

using namespace holdfast;
using tree_building::failure_of;

TEST_CASE("a manifest comes back as it was") {
    const auto digest = digest_of(byte_source::from_text("abc"), digest_kind::sha256);
    manifest written{digest_kind::sha256, {{"a ü", 3, digest, 0755}, {"b/c", 0, "", 0600}}, {"b", "b/empty"}};
    const auto read = manifest::from_json(written.to_json(), "here");
    CHECK(read.digest == digest_kind::sha256);
    REQUIRE(read.files.size() == 2);
    CHECK(read.files[0].path == "a ü");
    CHECK(read.files[0].size == 3);
    CHECK(read.files[0].digest == digest);
    CHECK(read.files[0].mode == 0755);
    CHECK(read.files[1].digest.empty());
    CHECK(read.directories == written.directories);
    CHECK(read.to_json() == written.to_json());
}

TEST_CASE("a path may be longer than a key, but leads nowhere else") {
    const auto read = [](const std::string& path) {
        const manifest written{digest_kind::none, {{path, 1, "", 0644}}, {path}};
        return failure_of([&] { manifest::from_json(written.to_json(), "here"); });
    };
    std::string deep = "d";
    for (int i = 0; i < 1000; ++i) deep += "/d";
    CHECK(read(deep) == tree_building::not_thrown);
    CHECK(read("...") == tree_building::not_thrown);
    CHECK(read("back\\slash") == tree_building::not_thrown);
    for (const auto* path : {"", "/a", "a/", "a//b", "./a", "a/.", "..", "a/../b", "a/.."}) {
        CAPTURE(path);
        CHECK(read(path) == errc::corrupt);
    }
    CHECK(read(std::string("a\0b", 3)) == errc::corrupt);
    CHECK(read(std::string(5000, 'a')) == errc::corrupt);
}

TEST_CASE("a digest is the lower-case hex of its kind") {
    const auto read = [](digest_kind kind, const std::string& digest) {
        const manifest written{kind, {{"a", 1, digest, 0644}}, {}};
        return failure_of([&] { manifest::from_json(written.to_json(), "here"); });
    };
    const std::string sha256(64, 'a');
    CHECK(read(digest_kind::crc32c, "0123cdef") == tree_building::not_thrown);
    CHECK(read(digest_kind::sha256, sha256) == tree_building::not_thrown);
    for (const auto* digest : {"0123CDEF", "0123cde", "0123cdef0", "0123cdeg", "\x1b]0;own\a", " 123cdef"}) {
        CAPTURE(digest);
        CHECK(read(digest_kind::crc32c, digest) == errc::corrupt);
    }
    CHECK(read(digest_kind::crc32c, sha256) == errc::corrupt);
    CHECK(read(digest_kind::sha256, "0123cdef") == errc::corrupt);
    CHECK(read(digest_kind::none, "0123cdef") == errc::corrupt);
}

TEST_CASE("a manifest that no save writes is corrupt") {
    const auto kind_of = [](const std::string& text) { return failure_of([&] { manifest::from_json(text, "here"); }); };
    const std::string start = R"({"version": 1, "digest": "crc32c", "directories": [], "files": )";
    CHECK(kind_of(start + "[]}") == tree_building::not_thrown);
    for (const auto* files :
         {"3}", "[3]}", R"([{"path": "../up", "size": 1, "mode": 0}]})", R"([{"path": "/top", "size": 1, "mode": 0}]})",
          R"([{"path": "a", "size": -1, "mode": 0}]})", R"([{"path": "a", "size": 1.5, "mode": 0}]})",
          R"([{"size": 1, "mode": 0}]})", R"([{"path": "a", "size": 1, "mode": 0, "digest": 3}]})"}) {
        CAPTURE(files);
        CHECK(kind_of(start + files) == errc::corrupt);
    }
    CHECK(kind_of("[]") == errc::corrupt);
    CHECK(kind_of("") == errc::corrupt);
    CHECK(kind_of(R"({"version": 1, "digest": "md4", "directories": [], "files": []})") == errc::corrupt);
    CHECK(kind_of(R"({"version": 1, "digest": "none", "directories": ["../up"], "files": []})") == errc::corrupt);
    CHECK(kind_of(R"({"version": 2, "digest": "none", "directories": [], "files": []})") == errc::unsupported);
}

TEST_CASE("digests of a source") {
    const auto source = byte_source::from_text("123456789");
    CHECK(digest_of(source, digest_kind::none).empty());
    CHECK(digest_of(source, digest_kind::crc32c) ==
          "e3069283");  // the check value of CRC-32C (RFC 3720, B.4 polynomial)
    CHECK(digest_of(source, digest_kind::sha256) ==
          "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");  // sha256sum of GNU coreutils
    CHECK(digest_of({}, digest_kind::crc32c) == "00000000");
    CHECK(crc32c_hex(0x0a0b0c0d) == "0a0b0c0d");
}

TEST_CASE("a digest reads more than one block") {
    const std::string text(3'000'000, 'x');
    byte_source pieces;
    for (std::size_t at = 0; at < text.size(); at += 1'000'000) {
        pieces.append(byte_source::from_text(text.substr(at, 1'000'000)));
    }
    CHECK(digest_of(pieces, digest_kind::sha256) == digest_of(byte_source::from_text(text), digest_kind::sha256));
    CHECK(digest_of(pieces, digest_kind::crc32c) == digest_of(byte_source::from_text(text), digest_kind::crc32c));
}
