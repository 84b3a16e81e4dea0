#include <holdfast/artifact/store_tree.hpp>

#include <doctest/doctest.h>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/memory.hpp>
#include <tests/support/archetype_storage.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/tree_building.hpp>

#include <filesystem>
#include <string>
#include <vector>

using namespace holdfast;
using detail::temp_directory;
using tree_building::failure_of;
using tree_building::write_file;

namespace {

const object_key key{"a/b.0.c.0"};

/// Two files of which one has two names, an empty one, and an empty directory.
file_tree make_tree(const temp_directory& folder) {
    write_file(folder.path() / "123456789", "123456789");
    write_file(folder.path() / "deep" / "empty", "");
    std::filesystem::create_hard_link(folder.path() / "123456789", folder.path() / "zz again");
    std::filesystem::create_directories(folder.path() / "void");
    return scan_tree(folder.path(), symlink_policy::refuse);
}

std::vector<std::string> paths(const manifest& contents) {
    std::vector<std::string> found;
    for (const auto& file : contents.files) found.push_back(file.path);
    return found;
}

template <class Archive, class Storage>
stored_tree store(const Storage& storage, const file_tree& tree, digest_kind digest, unsigned connections = 2) {
    return store_tree<Archive>(storage, key, tree, digest, {.connections = connections}, {});
}

}  // namespace

TEST_CASE("files become one object each, and their size is the sum") {
    const temp_directory folder;
    const memory_storage storage;
    const auto stored = store<files>(storage, make_tree(folder), digest_kind::crc32c);
    CHECK(stored.size == 18);
    CHECK(list_all(storage, "").size() == 3);
    CHECK(get_text(storage, key / "123456789") == "123456789");
    CHECK(get_text(storage, key / "zz again") == "123456789");
    CHECK(get_text(storage, key / "deep/empty").empty());
}

TEST_CASE_TEMPLATE("an archive becomes one object, and its size is the archive's", Archive, tar, tar_gz) {
    const temp_directory folder;
    const memory_storage storage;
    const auto stored = store<Archive>(storage, make_tree(folder), digest_kind::crc32c);
    REQUIRE(list_all(storage, "").size() == 1);
    CHECK(stored.size == storage.head(key)->size);
    CHECK(stored.size > 0);
}

TEST_CASE_TEMPLATE("the manifest says every file and directory, by the digest that was asked for", Archive, files, tar,
                   tar_gz) {
    const temp_directory folder;
    const auto tree = make_tree(folder);
    const auto check = [&](const auto& storage) {
        const auto contents = store<Archive>(storage, tree, digest_kind::crc32c).contents;
        CHECK(paths(contents) == std::vector<std::string>{"123456789", "deep/empty", "zz again"});
        CHECK(contents.directories == std::vector<std::string>{"deep", "void"});
        CHECK(contents.files[0].size == 9);
        CHECK(contents.files[0].digest == "e3069283");  // the check value of CRC-32C
        CHECK(contents.files[1].digest == "00000000");
        CHECK(contents.files[2].digest == "e3069283");
        CHECK(contents.files[2].size == 9);
        const auto strong = store<Archive>(storage, tree, digest_kind::sha256).contents;
        CHECK(strong.files[0].digest ==
              "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");  // sha256sum of GNU coreutils
        CHECK(strong.files[2].digest == strong.files[0].digest);
        CHECK(store<Archive>(storage, tree, digest_kind::none).contents.files[0].digest.empty());
    };
    check(memory_storage{});
    check(archetype_storage{});
}

TEST_CASE_TEMPLATE("the number of connections changes nothing", Archive, files, tar) {
    const temp_directory folder;
    for (int i = 0; i < 40; ++i)
        write_file(folder.path() / std::to_string(i), std::string(100, 'x') + std::to_string(i));
    const auto tree = scan_tree(folder.path(), symlink_policy::refuse);
    const memory_storage one;
    const memory_storage many;
    const auto alone = store<Archive>(one, tree, digest_kind::crc32c, 1);
    const auto together = store<Archive>(many, tree, digest_kind::crc32c, 16);
    CHECK(alone.size == together.size);
    CHECK(alone.contents.to_json() == together.contents.to_json());
    for (const auto& object : list_all(one, "")) CHECK(get_text(many, object.key) == get_text(one, object.key));
}

TEST_CASE_TEMPLATE("an empty tree and a single file", Archive, files, tar, tar_gz) {
    const temp_directory folder;
    const auto nothing =
        store<Archive>(memory_storage{}, scan_tree(folder.path(), symlink_policy::refuse), digest_kind::crc32c);
    CHECK(nothing.contents.files.empty());
    write_file(folder.path() / "weights", "w");
    const auto one = store<Archive>(memory_storage{}, scan_tree(folder.path() / "weights", symlink_policy::refuse),
                                    digest_kind::crc32c);
    CHECK(paths(one.contents) == std::vector<std::string>{"weights"});
}

TEST_CASE_TEMPLATE("a file that changed since it was looked at fails the save", Archive, files, tar, tar_gz) {
    const temp_directory folder;
    const auto tree = make_tree(folder);
    write_file(folder.path() / "123456789", "changed and longer");
    for (const auto digest : {digest_kind::none, digest_kind::crc32c, digest_kind::sha256}) {
        CHECK(failure_of([&] { store<Archive>(memory_storage{}, tree, digest); }) == errc::precondition_failed);
    }
}

TEST_CASE_TEMPLATE("what the store says and a wish to stop come through", Archive, files, tar, tar_gz) {
    const temp_directory folder;
    const auto tree = make_tree(folder);
    const failing_storage<memory_storage> full{memory_storage{}, fail_from(0, errc::no_space)};
    CHECK(failure_of([&] { store<Archive>(full, tree, digest_kind::crc32c); }) == errc::no_space);
    std::stop_source stop;
    stop.request_stop();
    CHECK(failure_of([&] {
              store_tree<Archive>(memory_storage{}, key, tree, digest_kind::crc32c, {}, stop.get_token());
          }) == errc::cancelled);
}
