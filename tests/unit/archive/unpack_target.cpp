#include <holdfast/archive/unpack_target.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/archive/tar_extractor.hpp>
#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/error.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/tar_building.hpp>

using namespace holdfast;
using testing_support::failure_of;
namespace build = tar_building;

namespace {

using lines = std::vector<std::string>;

/// The smallest target: writes down what it is asked for, a line each, and keeps the content of files.
class noting_target final : public unpack_target {
public:
    void make_directory(const std::string& path, std::uint32_t) override { note("directory " + path); }
    byte_sink& begin_file(const std::string& path) override {
        note("file " + path);
        content_.emplace();
        return *content_;
    }
    void end_file(const member_attributes& kept) override {
        attributes.push_back(kept);
        note("end " + content_->text());
    }
    void remove_file(const std::string& path) override { note("remove " + path); }
    void make_hard_link(const std::string& first, const std::string& path) override {
        note("hard link " + path + " to " + first);
    }
    void make_symlink(const std::string& target, const std::string& path, std::int64_t modified_ns) override {
        note("link " + path + " to " + target + " at " + std::to_string(modified_ns));
    }
    void finish_directory(const std::string& path, const member_attributes& kept) override {
        attributes.push_back(kept);
        note("finish " + path);
    }

    lines asked;
    std::vector<member_attributes> attributes;

private:
    void note(std::string line) { asked.push_back(std::move(line)); }

    std::optional<memory_sink> content_;  // of the file that was begun last
};

void unpack(noting_target& target, const std::string& members) {
    tar_extractor extractor(target, {}, {});
    const std::string archive = members + build::end();
    extractor.write(std::as_bytes(std::span(archive)));
    extractor.finish();
}

lines asked_for(const std::string& members) {
    noting_target target;
    unpack(target, members);
    return target.asked;
}

build::tar_entry entry(std::string path, build::tar_type type, std::uint32_t mode, std::int64_t modified_ns) {
    return {.path = std::move(path), .type = type, .mode = mode, .modified_ns = modified_ns, .target = "f"};
}

}  // namespace

TEST_CASE("a file is begun, filled and ended before the next member is") {
    CHECK(asked_for(build::file("a", "first") + build::file("b", "") + build::file("c", "last")) ==
          lines{"file a", "end first", "file b", "end ", "file c", "end last"});
}

TEST_CASE("a directory is made before what is in it, also where the archive does not name it, and only once") {
    CHECK(asked_for(build::file("d/e/f", "x") + build::file("d/g", "y")) ==
          lines{"directory d", "directory d/e", "file d/e/f", "end x", "file d/g", "end y"});
}

TEST_CASE("links are made after all files, and hard links as they come") {
    CHECK(asked_for(build::symlink("l", "f") + build::file("f", "x") + build::hard_link("h", "f") +
                    build::file("g", "y")) ==
          lines{"file f", "end x", "hard link h to f", "file g", "end y", "link l to f at 0"});
}

TEST_CASE("directories that the archive names get their attributes at the end, inner ones first, the root last") {
    CHECK(asked_for(build::directory(".") + build::directory("a") + build::directory("a/b") + build::file("a/b/f", "") +
                    build::file("implied/f", "")) == lines{"directory a", "directory a/b", "file a/b/f", "end ",
                                                           "directory implied", "file implied/f", "end ", "finish a/b",
                                                           "finish a", "finish "});
}

TEST_CASE("a file that comes again is removed first, whatever shares its content") {
    CHECK(asked_for(build::file("f", "old") + build::file("f", "new")) ==
          lines{"file f", "end old", "remove f", "file f", "end new"});
    CHECK(asked_for(build::file("f", "x") + build::file("h", "y") + build::hard_link("h", "f")) ==
          lines{"file f", "end x", "file h", "end y", "remove h", "hard link h to f"});
}

TEST_CASE("a target is told nine permission bits and times to the nanosecond, before the epoch too") {
    noting_target target;
    unpack(target, build::member(entry("d", build::tar_type::directory, 07750, 1'000'000'001)) +
                       build::member(entry("f", build::tar_type::regular, 06751, -4)) +
                       build::member(entry("l", build::tar_type::symlink, 0777, 5'000'000'005)));
    REQUIRE(target.attributes.size() == 2);
    CHECK(target.attributes[0].mode == 0751);
    CHECK(target.attributes[0].modified_ns == -4);
    CHECK(target.attributes[1].mode == 0750);
    CHECK(target.attributes[1].modified_ns == 1'000'000'001);
    CHECK(target.asked[target.asked.size() - 2] == "link l to f at 5000000005");
}

TEST_CASE("paths come without dots, and none that leads out or through a link comes at all") {
    CHECK(asked_for(build::file("./a/./b", "x")) == lines{"directory a", "file a/b", "end x"});
    for (const std::string& members :
         {build::file("../f", "x"), build::file("/f", "x"), build::directory("a/.."), build::symlink("l", "../x"),
          build::symlink("l", "/x"), build::symlink("d", "e") + build::file("d/f", "x"),
          build::file("f", "") + build::hard_link("h", "../f")}) {
        CAPTURE(members);
        noting_target target;
        CHECK(failure_of([&] { unpack(target, members); }) == errc::unsafe_path);
        for (const auto& line : target.asked) {
            CAPTURE(line);
            CHECK((line == "file f" || line == "end "));
        }
    }
}
