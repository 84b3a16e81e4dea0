#include <holdfast/core/environment.hpp>

#include <doctest/doctest.h>

#include <cstdlib>

#include <holdfast/detail/system.hpp>

using namespace holdfast;

TEST_CASE("a fixed environment is what it was given") {
    const environment surroundings({{"A", "1"}, {"EMPTY", ""}}, "/a dir", "/home/ada");
    CHECK(surroundings.get("A") == "1");
    CHECK(surroundings.get("EMPTY") == "");
    CHECK_FALSE(surroundings.get("PATH").has_value());
    CHECK(surroundings.working_directory() == "/a dir");
    CHECK(surroundings.home() == "/home/ada");
}

TEST_CASE("the process's environment is read at each call") {
    const environment surroundings = environment::of_process();
    const char* name = "HOLDFAST_TEST_ENVIRONMENT";
    ::unsetenv(name);
    CHECK_FALSE(surroundings.get(name).has_value());
    ::setenv(name, "later", 1);
    const environment copy = surroundings;
    CHECK(copy.get(name) == "later");
    ::setenv(name, "", 1);
    CHECK(surroundings.get(name) == "");
    ::unsetenv(name);
    CHECK_FALSE(surroundings.get(name).has_value());
    CHECK(surroundings.working_directory() == std::filesystem::current_path());
    CHECK(surroundings.home() == detail::home_directory());
}
