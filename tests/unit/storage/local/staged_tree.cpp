#include <holdfast/storage/local/staged_tree.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using detail::staged_tree;
using tree_building::read_file;

namespace {

const object_key prefix("p/q");

std::vector<pending_object> objects_of(const std::vector<std::string>& names) {
    std::vector<pending_object> objects;
    for (const auto& name : names) objects.push_back({name, byte_source::from_text(name)});
    return objects;
}

bool can_share(const std::vector<std::string>& names) {
    return detail::can_share_directory(objects_of(names));
}

}  // namespace

TEST_CASE("objects share a directory where no key is twice there, or below another") {
    CHECK(can_share({}));
    CHECK(can_share({"a", "b", "a-b", "c/a", "c/b", "c-d"}));
    CHECK_FALSE(can_share({"a", "b", "a"}));
    CHECK_FALSE(can_share({"a", "a/b"}));
    CHECK_FALSE(can_share({"a/b/c/d", "a-b", "a"}));
    CHECK_FALSE(can_share({"a", "a-b", "a/b/c"}));
    CHECK_FALSE(can_share({"x/a", "x/a/b/c", "x/a/b.c"}));
}

TEST_CASE("a staged tree is a directory of its own that goes unless it is taken over") {
    const detail::temp_directory scratch;
    const detail::beneath root(scratch.path());
    const auto objects = objects_of({"a", "b/c/d", "b/e", "b/c/f"});
    for (const bool is_kept : {false, true}) {
        staged_tree staged(root);
        const auto path = scratch.path() / staged.name();
        const auto stored = staged.put(prefix, objects, {}, {}, is_kept);
        for (std::size_t i = 0; i < objects.size(); ++i) {
            CHECK(stored[i].size == objects[i].path.size());
            CHECK(read_file(path / objects[i].path) == objects[i].path);
        }
        if (is_kept) {
            CHECK(root.rename(staged.name(), "kept", false));
            staged.taken_over();
        }
    }
    CHECK(root.entries("").size() == 1);
    CHECK(root.entries("kept").size() == 2);
}

TEST_CASE("an error among the objects of a staged tree names its object, and nothing stays") {
    const detail::temp_directory scratch;
    const detail::beneath root(scratch.path());
    auto objects = objects_of({"a", "b/c", "b/d"});
    objects[1].content = byte_source::from_generator(
        3, [](auto, auto) -> std::size_t { throw error(errc::corrupt, "make", "b/c", "this test lets it fail"); });
    try {
        const staged_tree staged(root);
        staged.put(prefix, objects, {}, {}, false);
        FAIL("no error");
    } catch (const error& failure) {
        CHECK(failure.kind() == errc::corrupt);
        CHECK(failure.key() == "b/c");
    }
    CHECK(root.entries("").empty());
}
