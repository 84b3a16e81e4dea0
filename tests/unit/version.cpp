#include <holdfast/version.hpp>

#include <string>

#include <doctest/doctest.h>

TEST_CASE("the text and the numbers of the version agree") {
    const std::string numbers = std::to_string(HOLDFAST_VERSION_MAJOR) + "." + std::to_string(HOLDFAST_VERSION_MINOR) +
                                "." + std::to_string(HOLDFAST_VERSION_PATCH);
    CHECK(holdfast::version == numbers);
}
