#include <holdfast/archive/safe_path.hpp>

#include <doctest/doctest.h>

#include <string>

#include <tests/support/tree_building.hpp>

using namespace holdfast::detail;
using holdfast::errc;
using tree_building::failure_of;

TEST_CASE("a member's name becomes a plain path") {
    CHECK(member_path("a") == "a");
    CHECK(member_path("./a//b/./c/") == "a/b/c");
    CHECK(member_path("..a/b../...") == "..a/b../...");
    for (const auto* root : {"", ".", "./", "././/."}) CHECK(member_path(root).empty());
}

TEST_CASE("a name that leaves the directory is refused") {
    for (const auto* name : {"/", "/a", "//a", "..", "../a", "a/..", "a/../b", "a/b/../../..", "./.."}) {
        CAPTURE(name);
        CHECK(failure_of([&] { member_path(name); }) == errc::unsafe_path);
    }
    CHECK(failure_of([] { member_path(std::string("a\0b", 3)); }) == errc::unsafe_path);
    CHECK(failure_of([] { member_path(std::string(4096, 'a')); }) == errc::too_large);
    CHECK(member_path(std::string(4095, 'a')).size() == 4095);
}

TEST_CASE("the parent of a path") {
    CHECK(parent_path("a/b/c") == "a/b");
    CHECK(parent_path("a").empty());
    CHECK(parent_path("").empty());
}

TEST_CASE("links are followed as a system would follow them") {
    const auto leaves = [](const tree_links& links) { return leaves_tree(links, links.begin()->first); };
    CHECK_FALSE(leaves({{"a", "b"}}));
    CHECK_FALSE(leaves({{"a", "."}}));
    CHECK_FALSE(leaves({{"a/b/c", "../.."}}));
    CHECK_FALSE(leaves({{"a/b", "../a/../c/./d//"}}));
    CHECK_FALSE(leaves({{"a", "b/../c"}}));
    CHECK(leaves({{"a", ".."}}));
    CHECK(leaves({{"a/b", "../.."}}));
    CHECK(leaves({{"a/b", "../a/../../a"}}));
    CHECK(leaves({{"a", "/"}}));
    CHECK(leaves({{"a", "/etc/passwd"}}));
}

TEST_CASE("a link that leaves only through another one is found") {
    CHECK(leaves_tree({{"a", "d/e/.."}, {"d/e", "../"}}, "a"));
    CHECK(leaves_tree({{"d/e/f", "../.."}, {"p", "d/e/f/.."}}, "p"));
    CHECK_FALSE(leaves_tree({{"d/e/f", "../.."}, {"p", "d/e/f/.."}}, "d/e/f"));
    CHECK(leaves_tree({{"a", "b"}, {"b", "/etc"}}, "a"));
    CHECK_FALSE(leaves_tree({{"a", "b/../c"}, {"b", "x/y"}}, "a"));
}

TEST_CASE("a circle counts as leaving") {
    CHECK(leaves_tree({{"a", "a"}}, "a"));
    CHECK(leaves_tree({{"a", "b"}, {"b", "a/c"}}, "a"));
    tree_links chain;
    for (int i = 0; i < 39; ++i) chain["l" + std::to_string(i)] = "l" + std::to_string(i + 1);
    CHECK_FALSE(leaves_tree(chain, "l0"));
    chain["l39"] = "l40";
    chain["l40"] = "end";
    CHECK(leaves_tree(chain, "l0"));
}

TEST_CASE("a path is followed to where it ends") {
    const tree_links links{{"latest", "runs/7"}, {"runs/7/best", "../6/w"}, {"out", "../x"}, {"a", "a"}, {"etc", "/etc"}};
    CHECK(follow_links(links, "plain/file") == "plain/file");
    CHECK(follow_links(links, "./plain//file/") == "plain/file");
    CHECK(follow_links(links, "latest") == "runs/7");
    CHECK(follow_links(links, "latest/weights") == "runs/7/weights");
    CHECK(follow_links(links, "latest/best") == "runs/6/w");
    CHECK(follow_links(links, "latest/../6") == "runs/6");
    CHECK(follow_links(links, "") == "");
    for (const auto* path : {"out", "out/y", "../y", "a", "a/b", "etc/passwd"}) CHECK_FALSE(follow_links(links, path));
}
