#include <holdfast/artifact/fetch_tar.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>
#include <holdfast/storage/operations.hpp>
#include <tests/support/tar_building.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using detail::temp_directory;
using tree_building::failure_of;
namespace build = tar_building;

namespace {

const object_key key{"a/b.0.c.0"};
constexpr std::size_t mib = 1U << 20;
constexpr transfer_limits small_ranges{.connections = 4, .range_size = 256U << 10, .memory = mib};

/// Bytes that no shift and no exchange of blocks leaves as they are.
std::string content_of(std::size_t size, std::uint32_t seed) {
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>((seed = seed * 1664525U + 1013904223U) >> 24);
    return text;
}

stored_file saved(const std::string& path, const std::string& content, digest_kind kind) {
    return {path, content.size(), digest_of(byte_source::from_text(content), kind), 0644};
}

/// A tar in which large members follow small ones, with what a manifest says of it.
struct archive {
    std::vector<std::pair<std::string, std::string>> files{
        {"large", content_of(5 * mib + 77, 1)},
        {"after", "small"},
        {"empty", ""},
        {"larger", content_of(9 * mib + 1, 2)},
        {"medium", content_of(mib, 3)},
        {"second", content_of(3 * mib + 5, 4)},
        {"last", "the end"},
    };

    std::string text() const {
        std::string bytes;
        for (const auto& [path, content] : files) bytes += build::file(path, content);
        return bytes + build::end();
    }
    saved_tree tree(digest_kind kind) const {
        manifest contents{kind, {}, {}};
        for (const auto& [path, content] : files) contents.files.push_back(saved(path, content, kind));
        return {key, "tar", text().size(), contents};
    }
};

/// Notes which ranges are asked for.
struct ranged_storage : memory_storage {
    struct log {
        std::mutex mutex;
        std::vector<byte_range> ranges;
    };
    std::shared_ptr<log> asked = std::make_shared<log>();
    bool in_ranges = true;

    object_info get(const object_key& of, byte_sink& sink, const get_options& options = {}) const {
        {
            const std::scoped_lock lock(asked->mutex);
            asked->ranges.push_back(options.range);
        }
        return memory_storage::get(of, sink, options);
    }
    bool gains_by_ranges() const { return in_ranges; }

    std::vector<byte_range> sorted() const {
        auto ranges = asked->ranges;
        std::ranges::sort(ranges, {}, &byte_range::offset);
        return ranges;
    }
};

template <class Storage>
void check_load(const Storage& storage, const archive& packed, const saved_tree& tree) {
    const temp_directory folder;
    const auto out = folder.path() / "out";
    const auto fetched = fetch_tree(storage, tree, out, {}, small_ranges);
    CHECK(fetched.files == packed.files.size());
    std::uint64_t bytes = 0;
    for (const auto& [path, content] : packed.files) {
        CAPTURE(path);
        CHECK((tree_building::read_file(out / path) == content));
        CHECK(tree_building::mode(out / path) == 0644);
        bytes += content.size();
    }
    CHECK(fetched.bytes == bytes);
}

errc failure(const memory_storage& storage, const saved_tree& tree, std::string* message = nullptr) {
    const temp_directory folder;
    const auto kind = failure_of([&] {
        try {
            fetch_tree(storage, tree, folder.path() / "out", {}, small_ranges);
        } catch (const error& failed) {
            if (message != nullptr) *message = failed.message();
            throw;
        }
    });
    CHECK(std::filesystem::is_empty(folder.path()));
    return kind;
}

}  // namespace

TEST_CASE("large members come by themselves, and every byte of the tar once") {
    const archive packed;
    for (const auto kind : {digest_kind::none, digest_kind::crc32c, digest_kind::sha256}) {
        CAPTURE(to_string(kind));
        const ranged_storage storage;
        put_text(storage, key, packed.text());
        check_load(storage, packed, packed.tree(kind));
        std::uint64_t next = 0;
        for (const auto& range : storage.sorted()) {
            CHECK(range.offset == next);
            CHECK(range.size <= small_ranges.memory);
            next = range.offset + range.size;
        }
        CHECK(next == packed.text().size());
    }
}

TEST_CASE("a store that does not gain by ranges is asked for a large member in one piece") {
    const archive packed;
    ranged_storage storage;
    storage.in_ranges = false;
    put_text(storage, key, packed.text());
    check_load(storage, packed, packed.tree(digest_kind::crc32c));
    std::vector<std::uint64_t> larger;
    for (const auto& range : storage.sorted()) {
        if (range.size > small_ranges.memory) larger.push_back(range.size);
    }
    // what is left of the three large ones when their beginning was read with what stands before them
    REQUIRE(larger.size() == 3);
    CHECK(larger[0] == 5 * mib + 77 - (mib - detail::tar_block_size));
    CHECK(larger[1] > 7 * mib);
    CHECK(larger[2] > mib);
}

TEST_CASE("large members come out of a local store, where the kernel copies them unless they are digested") {
    const archive packed;
    const temp_directory folder;
    const local_storage storage{folder.path()};
    put_text(storage, key, packed.text());
    for (const auto kind : {digest_kind::none, digest_kind::crc32c}) check_load(storage, packed, packed.tree(kind));
}

TEST_CASE("damage in a large member is found, wherever it is") {
    const archive packed;
    const auto tree = packed.tree(digest_kind::crc32c);
    const auto whole = packed.text();
    const auto begin = detail::tar_block_size;  // of the first member's content
    for (const auto place : {begin, begin + mib + 1, begin + 5 * mib + 76}) {
        CAPTURE(place);
        memory_storage storage;
        auto damaged = whole;
        damaged[place] = static_cast<char>(damaged[place] ^ 1);
        put_text(storage, key, damaged);
        std::string message;
        CHECK(failure(storage, tree, &message) == errc::corrupt);
        CHECK(message.find("large has the crc32c") != std::string::npos);
    }
}

TEST_CASE("a large member that ends beyond the tar is cut short") {
    const archive packed;
    const auto cut = packed.text().substr(0, 3 * mib);
    const memory_storage storage;
    put_text(storage, key, cut);
    std::string message;
    CHECK(failure(storage, {key, "tar", cut.size(), std::nullopt}, &message) == errc::corrupt);
    CHECK(message.find("cut short") != std::string::npos);
}

TEST_CASE("the limit of bytes holds before a large member is fetched") {
    const archive packed;
    const ranged_storage storage;
    put_text(storage, key, packed.text());
    const temp_directory folder;
    const load_options options{.limits = {.bytes = 4 * mib}};
    CHECK(failure_of([&] {
              fetch_tree(storage, packed.tree(digest_kind::crc32c), folder.path() / "out", options, small_ranges);
          }) == errc::too_large);
    for (const auto& range : storage.sorted()) CHECK(range.offset < mib);
}

TEST_CASE("a tar that is replaced while a large member comes is no mix") {
    const archive packed;
    struct replaced_storage : memory_storage {
        std::string other;
        object_info get(const object_key& of, byte_sink& sink, const get_options& options = {}) const {
            if (options.range.offset > 2 * mib) put_text(static_cast<const memory_storage&>(*this), of, other);
            return memory_storage::get(of, sink, options);
        }
    };
    replaced_storage storage;
    storage.other = packed.text();
    put_text(storage, key, storage.other);
    const temp_directory folder;
    CHECK(failure_of([&] {
              fetch_tree(storage, packed.tree(digest_kind::none), folder.path() / "out", {}, small_ranges);
          }) == errc::precondition_failed);
    CHECK(std::filesystem::is_empty(folder.path()));
}
