// Defects of the Python package that must not come back here, where no other test is named after them.
#include <holdfast/checkpoint.hpp>

#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>

#include <doctest/doctest.h>

#include <tests/support/tar_building.hpp>
#include <tests/support/tree_building.hpp>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace holdfast;
using detail::temp_directory;
using tree_building::failure_of;
using tree_building::listing;
using tree_building::write_file;

namespace {

const task_context task{.flow = "Unit", .run = "3", .step = "train", .task = "1", .metaflow_namespace = "user:alice"};

std::filesystem::path make_state(const temp_directory& folder) {
    write_file(folder.path() / "state" / "weights", "weights");
    write_file(folder.path() / "state" / "deep" / "moments", "moments");
    return folder.path() / "state";
}

/// An environment variable for the time of a test.
class variable {
public:
    variable(std::string name, const std::string& value) : name_(std::move(name)) {
        if (const char* before = std::getenv(name_.c_str())) before_ = before;
        ::setenv(name_.c_str(), value.c_str(), 1);
    }
    ~variable() {
        if (before_) {
            ::setenv(name_.c_str(), before_->c_str(), 1);
        } else {
            ::unsetenv(name_.c_str());
        }
    }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;

private:
    std::string name_;
    std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("D-19 the whole namespace needs a task, and the message says so") {
    const checkpoint<memory_storage> outside{memory_storage{}};
    CHECK(failure_of([&] { (void)outside.list({.whole_namespace = true}); }) == errc::not_in_task);
    const checkpoint<memory_storage> inside{memory_storage{}, task};
    CHECK(inside.list({.whole_namespace = true}).empty());
    const list_options both{.task = "Unit/9/train/1", .whole_namespace = true};
    CHECK(failure_of([&] { (void)inside.list(both); }) == errc::invalid_argument);
}

TEST_CASE("D-20 a crashed task of another user, with no end and no artifact, is listed") {
    const temp_directory folder;
    const memory_storage store;
    auto theirs = task;
    theirs.metaflow_namespace = "user:bob";
    const auto saved = checkpoint<memory_storage>{store, theirs}.save(make_state(folder));
    const checkpoint<memory_storage> ours{store, task};
    const auto found = ours.list({.task = "Unit/3/train/1"});
    REQUIRE(found.size() == 1);
    CHECK(found.front().key == saved.key);
}

TEST_CASE("D-29 an archive that would write elsewhere is refused whole") {
    const temp_directory folder;
    const memory_storage store;
    checkpoint<memory_storage, tar> state{store, task};
    const auto saved = state.save(make_state(folder));
    for (const std::string name : {"../escaped", "/tmp/escaped-holdfast", "deep/../../escaped"}) {
        CAPTURE(name);
        const auto crafted = tar_building::file(name, "evil") + std::string(1024, '\0');
        store.put(object_key{saved.key}, byte_source::from_text(crafted));
        const auto target = folder.path() / "target" / "inner";
        CHECK(failure_of([&] { state.load(saved, target, {.verify = false}); }) == errc::unsafe_path);
        CHECK_FALSE(std::filesystem::exists(target));
        CHECK_FALSE(std::filesystem::exists(folder.path() / "escaped"));
        CHECK_FALSE(std::filesystem::exists(folder.path() / "target" / "escaped"));
    }
}

TEST_CASE_TEMPLATE("D-36 an archive is saved and loaded without the system's temporary directory", Archive, tar,
                   tar_gz) {
    const temp_directory folder;
    const auto state = make_state(folder);
    const variable nowhere{"TMPDIR", folder.path() / "no such directory"};
    const local_storage store{folder.path() / "store"};
    checkpoint<local_storage, Archive> writer{store, task};
    const auto saved = writer.save(state);
    writer.load(saved, folder.path() / "loaded");
    CHECK(listing(folder.path() / "loaded") == listing(state));
    std::vector<std::string> left;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
        left.push_back(entry.path().filename());
    std::ranges::sort(left);
    CHECK(left == std::vector<std::string>{"loaded", "state", "store"});
}

TEST_CASE("D-37 an empty directory is saved and restored as one") {
    const temp_directory folder;
    const memory_storage store;
    std::filesystem::create_directories(folder.path() / "state" / "hollow");
    checkpoint<memory_storage> writer{store, task};
    const auto saved = writer.save(folder.path() / "state");
    CHECK(saved.size == 0);
    checkpoint<memory_storage> reader{store, task};
    const auto found = reader.restore();
    REQUIRE(found);
    CHECK(listing(found->directory()) == std::vector<std::string>{"directory hollow"});
}

TEST_CASE("D-37 attempt 0 is an attempt like any other") {
    const temp_directory folder;
    const memory_storage store;
    const auto first = checkpoint<memory_storage>{store, task}.save(make_state(folder));
    auto retried = task;
    retried.attempt = "1";
    checkpoint<memory_storage> retry{store, retried};
    retry.save(folder.path() / "state");
    const auto found = retry.list({.attempt = "0"});
    REQUIRE(found.size() == 1);
    CHECK(found.front().key == first.key);
}
