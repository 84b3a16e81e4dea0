#include <holdfast/detail/copy_bytes.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace holdfast::detail;

TEST_CASE("bytes are copied to the front of a buffer, and none are none") {
    const std::string from = "abc";
    std::string to = "12345";
    copy_bytes(std::as_bytes(std::span(from)), std::as_writable_bytes(std::span(to)));
    CHECK(to == "abc45");
    copy_bytes({}, std::as_writable_bytes(std::span(to)));
    copy_bytes({}, {});
    CHECK(to == "abc45");
}
