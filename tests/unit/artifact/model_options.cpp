#include <holdfast/artifact/model_options.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <holdfast/archive/named_file.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/model.hpp>
#include <holdfast/storage/memory.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using testing_support::failure_of;

namespace {

const task_context task{.flow = "Unit", .run = "3", .step = "train", .task = "1", .metaflow_namespace = "user:alice"};

file_tree one_file(const std::string& content) {
    return tree_of({{"weights", byte_source::from_text(content)}});
}

}  // namespace

TEST_CASE("a save that is told nothing digests, and labels by flow and step") {
    const memory_storage store;
    const model<memory_storage> models{store, task};
    const auto saved = models.save(one_file("w"), model_save_options{});
    CHECK(saved.label == "Unit_train");
    CHECK(saved.metadata().empty());
    CHECK(models.files_of(saved).front().digest == digest_of(byte_source::from_text("w"), digest_kind::crc32c));
}

TEST_CASE("links are kept or followed as the archive does, unless a policy is given") {
    const detail::temp_directory folder;
    tree_building::write_file(folder.path() / "weights", "w");
    std::filesystem::create_symlink("weights", folder.path() / "link");
    const memory_storage store;
    const model<memory_storage> models{store, task};
    const auto names = [&](const model_save_options& options) {
        std::vector<std::string> found;
        for (const auto& file : models.files_of(models.save(folder.path(), options))) found.push_back(file.path);
        return found;
    };
    CHECK(names({}) == std::vector<std::string>{"weights"});  // a tar keeps links, and they are no files
    CHECK(names({.symlinks = symlink_policy::follow}) == std::vector<std::string>{"link", "weights"});
    CHECK(failure_of([&] { names({.symlinks = symlink_policy::refuse}); }) == errc::unsafe_path);
}

TEST_CASE("of several references each is loaded under the name and its index, an only one under the name alone") {
    const memory_storage store;
    const model<memory_storage> writer{store, task};
    const auto one = writer.save(one_file("1"));
    const auto two = writer.save(one_file("2"));
    const model<memory_storage> reader{store,
                                       {.load = {{.references = {two}},
                                                 {.name = "only", .references = {one}},
                                                 {.name = "both", .references = {one, two}}}}};
    CHECK(reader.loaded().size() == 4);
    CHECK(reader.loaded().contains(two.key));
    CHECK(reader.loaded().contains("only"));
    CHECK(tree_building::read_file(reader.loaded()["both/1"] / "weights") == "2");
}

TEST_CASE("the time of a save is that of the clock, and temporary directories lie where they are asked to") {
    const detail::temp_directory folder;
    const memory_storage store;
    const auto clock = [] {
        return std::chrono::system_clock::time_point{std::chrono::microseconds{1'700'000'000'123'456}};
    };
    model<memory_storage> models{store, task, {.temp_dir_root = folder.path() / "scratch", .clock = clock}};
    const auto saved = models.save(one_file("w"));
    CHECK(saved.created_on == detail::local_iso_time(1'700'000'000'123'456));
    CHECK(models.load(saved).parent_path() == folder.path() / "scratch");
}

TEST_CASE("a list that is told nothing is of the whole store, without a limit") {
    const memory_storage store;
    const model<memory_storage> models{store, task};
    for (int i = 0; i < 3; ++i) models.save(one_file("w"), {.label = "label" + std::to_string(i)});
    CHECK(models.list(model_list_options{}).size() == 3);
    CHECK(models.list({.label = "label1"}).size() == 1);
    CHECK(models.list({.attempt = "1"}).empty());
}
