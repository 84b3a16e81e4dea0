#include <holdfast/artifact/loaded_models.hpp>

#include <doctest/doctest.h>

#include <tests/support/tree_building.hpp>

#include <string>
#include <vector>

using namespace holdfast;
using detail::temp_directory;
using tree_building::failure_of;
using tree_building::write_file;

namespace {

loaded_model named(const std::string& name, const std::filesystem::path& directory) {
    model_reference info;
    info.key = "key of " + name;
    return {name, directory, info};
}

}  // namespace

TEST_CASE("D-26 what is loaded can be looked up, counted and gone through in order") {
    loaded_models models;
    CHECK(models.empty());
    models.insert(named("b", "/b"), std::nullopt);
    models.insert(named("a", "/a"), std::nullopt);
    CHECK(models.size() == 2);
    CHECK(models.contains("a"));
    CHECK_FALSE(models.contains("c"));
    CHECK(models["a"] == "/a");
    CHECK(document_of(models.info("b")).key == "key of b");
    std::vector<std::string> names;
    for (const auto& model : models) names.push_back(model.name);
    CHECK(names == std::vector<std::string>{"b", "a"});
}

TEST_CASE("a name that is not there is told with those that are") {
    loaded_models models;
    CHECK(failure_of([&] { (void)models.at("a"); }) == errc::not_found);
    models.insert(named("b", "/b"), std::nullopt);
    models.insert(named("c", "/c"), std::nullopt);
    CHECK_THROWS_WITH(models.cleanup("a"), "look up model a: not_found: no model of this name is loaded; there are b, c");
}

TEST_CASE("D-27 cleanup removes an own temporary directory and never one that the caller gave") {
    const temp_directory folder;
    write_file(folder.path() / "given" / "weights", "mine");
    temp_directory own{folder.path(), "own"};
    const auto temporary = own.path();
    loaded_models models;
    models.insert(named("given", folder.path() / "given"), std::nullopt);
    models.insert(named("own", temporary), std::move(own));
    models.cleanup("given");
    CHECK(std::filesystem::exists(folder.path() / "given" / "weights"));
    CHECK(std::filesystem::exists(temporary));
    models.cleanup("own");
    CHECK_FALSE(std::filesystem::exists(temporary));
    CHECK(models.empty());
}

TEST_CASE("one of the same name takes the place of the other, whose temporary directory goes") {
    const temp_directory folder;
    temp_directory own{folder.path(), "own"};
    const auto temporary = own.path();
    loaded_models models;
    models.insert(named("a", temporary), std::move(own));
    models.insert(named("a", "/given"), std::nullopt);
    CHECK(models.size() == 1);
    CHECK(models["a"] == "/given");
    CHECK_FALSE(std::filesystem::exists(temporary));
}
