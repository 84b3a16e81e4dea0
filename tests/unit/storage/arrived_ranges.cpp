#include <holdfast/storage/arrived_ranges.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using tree_building::read_file;
using tree_building::write_file;
using part = arrived_ranges::part;

namespace {

const object_key key("a folder/ä %\n");
const object_info object{.key = key, .size = 25, .etag = "\"one two\""};

struct record_file {
    detail::temp_directory scratch;
    std::filesystem::path path = scratch.path() / "arrived";
};

}  // namespace

TEST_CASE("what has arrived is known to this process and to the next") {
    const record_file file;
    {
        arrived_ranges record(file.path);
        CHECK_FALSE(std::filesystem::exists(file.path));
        record.add(object, 10, 2);
        record.add(object, 10, 0);
        record.add({.key = object_key("other"), .size = 1, .etag = "x"}, 1, 0);
        REQUIRE(record.find(key));
        CHECK(*record.find(key) == part{object.etag, 25, 10, {true, false, true}});
    }
    const arrived_ranges record(file.path);
    REQUIRE(record.find(key));
    CHECK(*record.find(key) == part{object.etag, 25, 10, {true, false, true}});
    CHECK(*record.find(object_key("other")) == part{"x", 1, 1, {true}});
    CHECK_FALSE(record.find(object_key("a folder")));
    CHECK((std::filesystem::status(file.path).permissions() & std::filesystem::perms::others_all) ==
          std::filesystem::perms::none);
}

TEST_CASE("another state of an object, and another way to cut it, take the place of what was noted before") {
    const record_file file;
    arrived_ranges(file.path).add(object, 10, 0);
    for (const auto& [changed, range_size] :
         std::vector<std::pair<object_info, std::uint64_t>>{{{.key = key, .size = 25, .etag = "other"}, 10},
                                                            {{.key = key, .size = 26, .etag = "other"}, 10},
                                                            {{.key = key, .size = 26, .etag = "other"}, 9}}) {
        arrived_ranges(file.path).add(changed, range_size, 1);
        CHECK(*arrived_ranges(file.path).find(key) ==
              part{changed.etag, changed.size, range_size, {false, true, false}});
    }
}

TEST_CASE("what is forgotten has not arrived") {
    const record_file file;
    arrived_ranges(file.path).add(object, 10, 0);
    arrived_ranges record(file.path);
    record.forget(key);
    CHECK_FALSE(record.find(key));
    CHECK_FALSE(arrived_ranges(file.path).find(key));
    record.add(object, 10, 1);
    CHECK(record.find(key)->ranges == std::vector<bool>{false, true, false});
    CHECK(arrived_ranges(file.path).find(key)->ranges == std::vector<bool>{false, true, false});
}

TEST_CASE("an object without an etag is not noted, as nothing tells whether it is the same later") {
    const record_file file;
    arrived_ranges(file.path).add({.key = key, .size = 25}, 10, 0);
    CHECK_FALSE(arrived_ranges(file.path).find(key));
}

TEST_CASE("a line that was cut off says nothing, and the next one takes its place") {
    const record_file file;
    arrived_ranges(file.path).add(object, 10, 0);
    const std::string whole = read_file(file.path);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        write_file(file.path, whole + whole.substr(0, size));
        arrived_ranges(file.path).add(object, 10, 2);
        CHECK(arrived_ranges(file.path).find(key)->ranges == std::vector<bool>{true, false, true});
    }
}

TEST_CASE("lines that make no sense say nothing") {
    const record_file file;
    for (const std::string line :
         {"", "0", "0 10 25 x", "0 10 25 x k more", "-1 10 25 x k", "3 10 25 x k", "0 0 25 x k", "0 10 0 x k",
          "a 10 25 x k", "0 10 25 % k", "0 10 25 x %zz", "0 10  25 x k", "forget %", "0 1 18446744073709551615 x k",
          "18446744073709551616 10 25 x k"}) {
        CAPTURE(line);
        write_file(file.path, line + "\n");
        CHECK_FALSE(arrived_ranges(file.path).find(object_key("k")));
    }
    write_file(file.path, "nonsense\n2 10 25 x k\n");
    CHECK(arrived_ranges(file.path).find(object_key("k"))->ranges == std::vector<bool>{false, false, true});
}
