#include <holdfast/artifact/store_tree.hpp>

#include <doctest/doctest.h>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/any.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>
#include <tests/support/archetype_storage.hpp>
#include <tests/support/failing_storage.hpp>
#include <tests/support/tree_building.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <variant>
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

tree_entry file_entry(std::string path, byte_source content) {
    tree_entry entry;
    entry.path = std::move(path);
    entry.content = std::move(content);
    return entry;
}

/// Everything that a file's content may be, larger than a block, and what has none.
file_tree make_mixed_tree(const temp_directory& folder) {
    write_file(folder.path() / "a large file", std::string(600'000, 'a') + "end");
    write_file(folder.path() / "empty", "");
    write_file(folder.path() / "first name", "one file");
    std::filesystem::create_hard_link(folder.path() / "first name", folder.path() / "second name");
    std::filesystem::create_symlink("empty", folder.path() / "link");
    std::filesystem::create_directories(folder.path() / "void");
    file_tree tree = scan_tree(folder.path(), symlink_policy::keep);
    byte_source pieces = byte_source::from_text("memory, then ");
    pieces.append(byte_source::from_generator(300'000, [](std::uint64_t offset, std::span<std::byte> out) {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(offset + i);
        return out.size();
    }));
    tree.entries.push_back(file_entry("z pieces", std::move(pieces)));
    return tree;
}

/// The least format that streams by itself: its digests are a pass of their own.
struct only_packs {
    static constexpr std::string_view storage_format = "tar";
    static constexpr std::string_view name = "mine";
    static constexpr symlink_policy default_symlinks = symlink_policy::keep;
    static packed_tree pack(const file_tree& tree) { return tar_gz::pack(tree); }
};

/// The least format that shows what passes, and shows nothing.
struct shows_nothing : tar {
    static byte_stream stream(const file_tree& tree, const content_visitor&) { return tar::stream(tree, {}); }
};

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

TEST_CASE_TEMPLATE("digests that are taken as the files pass are those of a pass of their own", Archive, tar, tar_gz,
                   only_packs, shows_nothing) {
    const temp_directory folder;
    const temp_directory root;
    const auto tree = make_mixed_tree(folder);
    const auto check = [&](const auto& storage) {
        for (const auto kind : {digest_kind::none, digest_kind::crc32c, digest_kind::sha256}) {
            const auto stored = store<Archive>(storage, tree, kind);
            CHECK(stored.size == storage.head(key)->size);
            const auto& found = stored.contents.files;
            REQUIRE(paths(stored.contents) ==
                    std::vector<std::string>{"a large file", "empty", "first name", "second name", "z pieces"});
            for (const auto& file : found) {
                CAPTURE(file.path);
                const auto entry = std::ranges::find(tree.entries, file.path, &tree_entry::path);
                CHECK(file.digest == digest_of(entry->content, kind));
            }
        }
    };
    check(local_storage(root.path()));
    check(any_storage(local_storage(root.path())));
    check(memory_storage{});
}

TEST_CASE("a store that writes a tar as a stream holds the same bytes as any other") {
    const temp_directory folder;
    const temp_directory root;
    const local_storage local(root.path());
    const memory_storage memory;
    SUBCASE("a directory") {
        const auto tree = make_mixed_tree(folder);
        store<tar>(local, tree, digest_kind::crc32c);
        store<tar>(memory, tree, digest_kind::crc32c);
    }
    SUBCASE("a single file") {
        write_file(folder.path() / "weights", std::string(300'000, 'w'));
        const auto tree = scan_tree(folder.path() / "weights", symlink_policy::keep);
        const auto stored = store<tar>(local, tree, digest_kind::crc32c);
        CHECK(stored.contents.files.at(0).digest ==
              store<tar>(memory, tree, digest_kind::crc32c).contents.files[0].digest);
    }
    CHECK((get_text(local, key) == get_text(memory, key)));
}

TEST_CASE("links between the names of a file need no order, and a link to nothing has its own digest") {
    const temp_directory root;
    file_tree tree;
    tree.entries = {file_entry("a", byte_source::from_text("other")), file_entry("b", byte_source::from_text("text"))};
    tree.entries[0].type = tree_entry::kind::hard_link;
    SUBCASE("to a later name") {
        tree.entries[0].target = "b";
        const auto found = store<tar>(local_storage(root.path()), tree, digest_kind::crc32c).contents.files;
        CHECK(found[0].digest == found[1].digest);
    }
    SUBCASE("to nothing") {
        tree.entries[0].target = "nothing";
        const auto found = store<tar>(local_storage(root.path()), tree, digest_kind::crc32c).contents.files;
        CHECK(found[0].digest == digest_of(tree.entries[0].content, digest_kind::crc32c));
    }
}

TEST_CASE_TEMPLATE("a file that changes while the archive is written fails the save, and nothing is stored", Archive,
                   tar, tar_gz) {
    const temp_directory folder;
    const temp_directory root;
    const auto path = folder.path() / "file";
    write_file(path, std::string(500'000, 'x'));
    std::function<void()> change;
    SUBCASE("longer") {
        change = [&] { std::ofstream(path, std::ios::app) << "more"; };
    }
    SUBCASE("shorter") {
        change = [&] { std::filesystem::resize_file(path, 400'000); };
    }
    SUBCASE("touched") {
        change = [&] { detail::set_path_modified(path, 1'000'000'000, false); };
    }
    SUBCASE("replaced") {
        change = [&] {
            write_file(folder.path() / "new", std::string(500'000, 'x'));
            std::filesystem::rename(folder.path() / "new", path);
        };
    }
    // the first half of the file, what changes it, and the second half
    byte_source content = byte_source::from_file(path).slice(0, 250'000);
    content.append(byte_source::from_generator(1, [&](std::uint64_t, std::span<std::byte>) {
        change();
        return std::size_t{1};
    }));
    content.append(byte_source::from_file(path).slice(250'000, 250'000));
    file_tree tree;
    tree.entries = {file_entry("file", content)};
    const local_storage local(root.path());
    for (const auto digest : {digest_kind::none, digest_kind::crc32c, digest_kind::sha256}) {
        CHECK(failure_of([&] { store<Archive>(local, tree, digest); }) == errc::precondition_failed);
        CHECK(list_all(local, "").empty());
        CHECK(local.clean_unfinished({}) == 0);
    }
}
