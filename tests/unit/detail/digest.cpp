#include <holdfast/detail/digest.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <doctest/doctest.h>

#include <holdfast/detail/hex.hpp>

namespace {

using namespace holdfast::detail;

static_assert(!std::is_copy_constructible_v<digest> && std::is_nothrow_move_constructible_v<digest>);

std::string hex_of(digest_algorithm algorithm, std::string_view text) {
    digest sum(algorithm);
    sum.update(std::as_bytes(std::span(text)));
    return to_hex(sum.finish());
}

// FIPS 180-4 example values (NIST, "SHA256.pdf" and "SHA1.pdf"), and the SHA-256 of nothing.
TEST_CASE("digest: SHA-256 and SHA-1 of NIST's examples") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(hex_of(digest_algorithm::sha1, "abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
}

// RFC 1321, section A.5.
TEST_CASE("digest: MD5 of the RFC's test suite") {
    CHECK(hex_of(digest_algorithm::md5, "") == "d41d8cd98f00b204e9800998ecf8427e");
    CHECK(hex_of(digest_algorithm::md5, "message digest") == "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST_CASE("digest: pieces give what the whole gives") {
    const std::string text(100'000, 'x');
    digest sum(digest_algorithm::sha256);
    for (std::size_t at = 0; at < text.size(); at += 777)
        sum.update(std::as_bytes(std::span(text).subspan(at, std::min<std::size_t>(777, text.size() - at))));
    CHECK(to_hex(sum.finish()) == sha256_hex(text));
}

TEST_CASE("digest: after finish a new message starts") {
    digest sum(digest_algorithm::sha256);
    sum.update(std::as_bytes(std::span("first", 5)));
    sum.finish();
    sum.update(std::as_bytes(std::span("abc", 3)));
    CHECK(to_hex(sum.finish()) == sha256_hex("abc"));
}

TEST_CASE("digest: a moved digest goes on") {
    digest first(digest_algorithm::md5);
    first.update(std::as_bytes(std::span("message ", 8)));
    digest second = std::move(first);
    second.update(std::as_bytes(std::span("digest", 6)));
    CHECK(to_hex(second.finish()) == "f96b697d7cb7938d525a2f31aaf161d0");
}

}  // namespace
