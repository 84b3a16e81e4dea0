#include <holdfast/storage/local/key_rules.hpp>

#include <optional>
#include <string>

#include <doctest/doctest.h>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using testing_support::failure_of;

namespace {

std::optional<errc> refused_key(const std::string& key) {
    return failure_of([&] { detail::check_local_key("put", object_key(key)); });
}

// A store with an object "a/b".
struct store {
    store() { tree_building::write_file(directory.path() / "a/b", "text"); }

    std::optional<errc> conflict(const std::string& key) const {
        const detail::beneath root(directory.path());
        return failure_of([&] { detail::check_no_conflict(root, object_key(key)); });
    }

    detail::temp_directory directory{{}, "holdfast-key-rules"};
};

}  // namespace

TEST_CASE("local_name: what stands behind the last slash") {
    CHECK(detail::local_name(object_key("a/b/c")) == "c");
    CHECK(detail::local_name(object_key("a")) == "a");
}

TEST_CASE("check_local_key: a part of a key has at most 255 bytes, wherever it stands") {
    const std::string longest(255, 'x');
    CHECK_FALSE(refused_key(longest + "/a/" + longest));
    CHECK(refused_key(longest + 'x') == errc::invalid_argument);
    CHECK(refused_key("a/" + longest + 'x') == errc::invalid_argument);
    CHECK(refused_key(longest + "x/a") == errc::invalid_argument);
}

TEST_CASE("check_local_key: the store's own directory holds no objects") {
    CHECK(refused_key(".holdfast") == errc::invalid_argument);
    CHECK(refused_key(".holdfast/a") == errc::invalid_argument);
    CHECK_FALSE(refused_key(".holdfasting"));
    CHECK_FALSE(refused_key("a/.holdfast"));
}

TEST_CASE_FIXTURE(store, "check_no_conflict: an object has none below it, and none stands at a directory") {
    CHECK(conflict("a") == errc::invalid_argument);
    CHECK(conflict("a/b/c") == errc::invalid_argument);
    CHECK(conflict("a/b/c/d") == errc::invalid_argument);
    CHECK_FALSE(conflict("a/b"));
    CHECK_FALSE(conflict("a/c"));
    CHECK_FALSE(conflict("b/c/d"));
}
