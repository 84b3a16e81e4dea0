#include <holdfast/detail/hmac.hpp>

#include <span>
#include <string>

#include <doctest/doctest.h>

#include <holdfast/detail/hex.hpp>

namespace {

using namespace holdfast::detail;

std::string code_of(const std::string& key, const std::string& message) {
    return to_hex(hmac_sha256(std::as_bytes(std::span(key)), message));
}

TEST_CASE("hmac: the test cases of RFC 4231") {
    CHECK(code_of(std::string(20, '\x0b'), "Hi There") ==
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    CHECK(code_of("Jefe", "what do ya want for nothing?") ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(code_of(std::string(20, '\xaa'), std::string(50, '\xdd')) ==
          "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    CHECK(code_of(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First") ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("hmac: no key and no message") {
    const std::string nothing = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
    CHECK(code_of("", "") == nothing);
    code_of("another key", "");
    CHECK(to_hex(hmac_sha256({}, {})) == nothing);
}

TEST_CASE("hmac: a message may hold any byte") {
    CHECK(code_of("key", std::string("a\0b", 3)) != code_of("key", "a"));
}

}  // namespace
