#include <holdfast/auth/aws/text_file.hpp>

#include <doctest/doctest.h>

#include <string>

#include <tests/support/aws_surroundings.hpp>

using namespace holdfast;
using auth::read_text_file;
using testing_support::aws_surroundings;
using testing_support::error_of;

TEST_CASE("the bytes of a file, or nothing") {
    const aws_surroundings place;
    CHECK(read_text_file(place.write("a", "one\ntwo\r\n")) == "one\ntwo\r\n");
    CHECK(read_text_file(place.write("b", "")) == "");
    CHECK_FALSE(read_text_file((place.home() / "missing").string()));
    CHECK_FALSE(read_text_file(place.home().string()));
    CHECK_FALSE(read_text_file((place.home() / "a" / "below a file").string()));
}

TEST_CASE("a file that is too large is refused") {
    const aws_surroundings place;
    CHECK(read_text_file(place.write("a", std::string(4U << 20, 'x')))->size() == 4U << 20);
    const error failure = error_of([&] { read_text_file(place.write("a", std::string((4U << 20) + 1, 'x'))); });
    CHECK(failure.kind() == errc::too_large);
}
