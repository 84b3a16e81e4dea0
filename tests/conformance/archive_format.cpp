#include <holdfast/archive/format.hpp>

#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include <holdfast/archive/files.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/archive/tar_extractor.hpp>
#include <holdfast/archive/tar_gz.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/tree_building.hpp>

// The contract of archive_format, run by every model.
using namespace holdfast;
using namespace tree_building;

namespace {

#define ARCHIVE_FORMATS files, tar, tar_gz

struct scratch {
    detail::temp_directory directory;
    fs::path root = directory.path() / "tree";

    scratch() {
        fs::create_directory(root);
        write_file(root / "empty", "");
        write_file(root / "d/e/\xE6\x97\xA5 x", "deep");
        write_file(root / std::string(150, 'n'), std::string(70'000, 'n'));
        write_file(root / "block", std::string(512, 'b'));
    }
};

std::string read_stream(const byte_stream& stream) {
    std::string text;
    std::array<std::byte, 4096> buffer;
    while (const std::size_t size = stream(buffer)) text.append(reinterpret_cast<const char*>(buffer.data()), size);
    return text;
}

using objects = std::map<std::string, std::string>;

// The objects as a store would hold them; the archive under the empty path.
objects stored(const packed_tree& packed) {
    if (const auto* make_stream = std::get_if<1>(&packed)) return {{"", read_stream((*make_stream)())}};
    objects stored;
    for (const auto& object : std::get<0>(packed)) {
        REQUIRE_FALSE(stored.contains(object.path));
        stored[object.path] = read_all(object.content);
    }
    return stored;
}

void restore(const objects& stored, const fs::path& directory) {
    fs::create_directory(directory);
    for (const auto& [path, content] : stored) {
        if (!path.empty()) {
            write_file(directory / path, content);
            continue;
        }
        tar_extractor extractor(directory, {}, {});
        extractor.write(std::as_bytes(std::span(content)));
        extractor.finish();
    }
}

}  // namespace

TEST_CASE_TEMPLATE("a format names one that Python knows", Format, ARCHIVE_FORMATS) {
    static_assert(archive_format<Format>);
    const std::string_view stored = Format::storage_format;
    CHECK((stored == "files" || stored == "tar"));
    CHECK_FALSE(std::string_view(Format::name).empty());
}

TEST_CASE_TEMPLATE("every file comes back", Format, ARCHIVE_FORMATS) {
    const scratch made;
    restore(stored(Format::pack(scan_tree(made.root, Format::default_symlinks))), made.directory.path() / "restored");
    CHECK(listing(made.directory.path() / "restored") == listing(made.root));
}

TEST_CASE_TEMPLATE("a single file comes back under its base name", Format, ARCHIVE_FORMATS) {
    const scratch made;
    const file_tree tree = scan_tree(made.root / "block", Format::default_symlinks);
    restore(stored(Format::pack(tree)), made.directory.path() / "restored");
    CHECK(listing(made.directory.path() / "restored") ==
          std::vector<std::string>{"file block: " + std::string(512, 'b')});
}

TEST_CASE_TEMPLATE("an empty directory is no error", Format, ARCHIVE_FORMATS) {
    const detail::temp_directory directory;
    fs::create_directory(directory.path() / "tree");
    const file_tree tree = scan_tree(directory.path() / "tree", Format::default_symlinks);
    restore(stored(Format::pack(tree)), directory.path() / "restored");
    CHECK(fs::is_empty(directory.path() / "restored"));
}

TEST_CASE_TEMPLATE("followed links are files, and names of one file all come back", Format, ARCHIVE_FORMATS) {
    const scratch made;
    fs::create_symlink("block", made.root / "link");
    fs::create_hard_link(made.root / "block", made.root / "name");
    restore(stored(Format::pack(scan_tree(made.root, symlink_policy::follow))), made.directory.path() / "restored");
    for (const auto* name : {"block", "link", "name"}) {
        CHECK(read_file(made.directory.path() / "restored" / name) == std::string(512, 'b'));
        CHECK_FALSE(fs::is_symlink(made.directory.path() / "restored" / name));
    }
}

TEST_CASE_TEMPLATE("kept links are links, or refused", Format, ARCHIVE_FORMATS) {
    const scratch made;
    fs::create_symlink("d/e", made.root / "link");
    const file_tree tree = scan_tree(made.root, symlink_policy::keep);
    const errc failure = failure_of([&] {
        restore(stored(Format::pack(tree)), made.directory.path() / "restored");
        CHECK(fs::read_symlink(made.directory.path() / "restored/link") == "d/e");
    });
    CHECK((failure == not_thrown || failure == errc::unsupported));
}

TEST_CASE_TEMPLATE("equal trees give equal bytes, again and again", Format, ARCHIVE_FORMATS) {
    const scratch one;
    fs::create_hard_link(one.root / "block", one.root / "name");
    fs::copy(one.root, one.directory.path() / "copy", fs::copy_options::recursive);
    fs::remove(one.directory.path() / "copy/name");
    fs::create_hard_link(one.directory.path() / "copy/block", one.directory.path() / "copy/name");
    for (const auto* root : {"tree", "copy"}) {
        for (const auto& entry : fs::recursive_directory_iterator(one.directory.path() / root)) {
            detail::set_path_modified(entry.path(), 1'700'000'000'123'456'789, true);
        }
        detail::set_path_modified(one.directory.path() / root, 1'700'000'000'000'000'000, true);
    }
    const packed_tree packed = Format::pack(scan_tree(one.root, symlink_policy::refuse));
    const objects first = stored(packed);
    CHECK(stored(packed) == first);
    CHECK(stored(Format::pack(scan_tree(one.directory.path() / "copy", symlink_policy::refuse))) == first);
}

TEST_CASE_TEMPLATE("packing reads no content, and a file that changed is an error", Format, ARCHIVE_FORMATS) {
    const scratch made;
    const file_tree tree = scan_tree(made.root, Format::default_symlinks);
    write_file(made.root / "block", "shorter");
    const packed_tree packed = Format::pack(tree);
    CHECK(failure_of([&] { stored(packed); }) == errc::precondition_failed);
    fs::remove(made.root / "block");
    CHECK(failure_of([&] { stored(Format::pack(tree)); }) == errc::not_found);
}
