#include <holdfast/artifact/fetch_tar.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
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
#include <tests/support/failing_storage.hpp>
#include <tests/support/ordinary_user.hpp>
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
        {"large", content_of(3 * mib + 77, 1)},
        {"after", "small"},
        {"empty", ""},
        {"larger", content_of(4 * mib + 1, 2)},
        {"medium", content_of(5000, 3)},
        {"second", content_of(3 * mib + 5, 4)},
        {"last", "the end"},
    };

    const std::string& text() const {
        if (text_.empty()) text_ = make_text();
        return text_;
    }
    saved_tree tree(digest_kind kind) const {
        manifest contents{kind, {}, {}};
        for (const auto& [path, content] : files) contents.files.push_back(saved(path, content, kind));
        return {key, "tar", text().size(), contents};
    }

private:
    std::string make_text() const {
        std::string bytes;
        for (const auto& [path, content] : files) bytes += build::file(path, content);
        return bytes + build::end();
    }

    mutable std::string text_;
};

/// Notes which ranges of the tar were got.
struct ranged_storage : memory_storage {
    struct log {
        std::mutex mutex;
        std::vector<byte_range> ranges;
    };
    std::shared_ptr<log> asked = std::make_shared<log>();
    bool in_ranges = true;

    object_info get(const object_key& of, byte_sink& sink, const get_options& options = {}) const {
        auto info = memory_storage::get(of, sink, options);
        const std::scoped_lock lock(asked->mutex);
        if (of == key) asked->ranges.push_back(options.range);
        return info;
    }
    bool gains_by_ranges() const { return in_ranges; }

    std::vector<byte_range> sorted() const {
        auto ranges = asked->ranges;
        std::ranges::sort(ranges, {}, &byte_range::offset);
        return ranges;
    }
};

/// Loads into `folder/out`, beside which nothing stays.
template <class Storage>
void check_load(const Storage& storage, const archive& packed, const saved_tree& tree,
                const temp_directory& folder = temp_directory(), const transfer_limits& limits = small_ranges) {
    const auto out = folder.path() / "out";
    const auto fetched = fetch_tree(storage, tree, out, {}, limits);
    CHECK(fetched.files == packed.files.size());
    std::uint64_t bytes = 0;
    for (const auto& [path, content] : packed.files) {
        CAPTURE(path);
        CHECK((tree_building::read_file(out / path) == content));
        CHECK(tree_building::mode(out / path) == 0644);
        bytes += content.size();
    }
    CHECK(fetched.bytes == bytes);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
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

/// In a store that is read in ranges, beside a folder to load into.
struct stored_archive {
    archive packed;
    saved_tree tree = packed.tree(digest_kind::crc32c);
    ranged_storage storage;
    temp_directory folder;

    stored_archive() { put_text(storage, key, packed.text()); }
};

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

TEST_CASE_FIXTURE(stored_archive,
                  "ranges of no size, or of one that no member has, leave no member to come by itself") {
    for (const std::uint64_t range_size : {std::uint64_t{0}, std::uint64_t{1} << 62, UINT64_MAX}) {
        CAPTURE(range_size);
        check_load(storage, packed, tree, temp_directory(), {.range_size = range_size, .memory = mib});
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
    CHECK(larger[0] == 3 * mib + 77 - (mib - detail::tar_block_size));
    CHECK(larger[1] > 2 * mib);
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
    for (const auto place : {begin, begin + mib + 1, begin + 3 * mib + 76}) {
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
    const auto cut = packed.text().substr(0, 2 * mib);
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
    const load_options options{.limits = {.bytes = 2 * mib}};
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

namespace {

/// Loads with a store that is lost after so many calls; false where the load came to its end before.
bool lose(const ranged_storage& storage, const saved_tree& tree, const temp_directory& folder, std::uint64_t calls,
          errc kind = errc::unavailable, bool resume = true) {
    const failing_storage<ranged_storage> losing{storage, fail_from(calls, kind)};
    const auto out = folder.path() / "out";
    const auto failed = failure_of([&] { fetch_tree(losing, tree, out, {.resume = resume}, small_ranges); });
    CHECK(std::filesystem::exists(out) == (failed == tree_building::not_thrown));
    if (failed != tree_building::not_thrown) CHECK(failed == kind);
    return failed != tree_building::not_thrown;
}

}  // namespace

TEST_CASE("a load of a tar that lost the store goes on with what had arrived of large members") {
    const archive packed;
    // the first large member, less its beginning, which is read with its header
    const byte_range brought{mib, detail::tar_block_size + 3 * mib + 77 - mib};
    for (const auto kind : {digest_kind::none, digest_kind::crc32c, digest_kind::sha256}) {
        const auto tree = packed.tree(kind);
        for (std::uint64_t calls = 1;; calls += 5) {
            CAPTURE(calls);
            REQUIRE(calls < 1000);
            const ranged_storage storage;
            put_text(storage, key, packed.text());
            const temp_directory folder;
            if (!lose(storage, tree, folder, calls)) break;
            const auto first = std::exchange(storage.asked->ranges, {});
            check_load(storage, packed, tree, folder);
            for (const auto& range : first) {
                if (range.offset < brought.offset || range.offset >= brought.offset + brought.size) continue;
                for (const auto& again : storage.sorted()) CHECK(again.offset != range.offset);
            }
        }
    }
}

TEST_CASE_FIXTURE(stored_archive, "a load of a tar that is lost again and again comes to its end") {
    std::size_t losses = 0;
    while (lose(storage, tree, folder, 10 + losses)) REQUIRE(++losses < 60);
    CHECK(losses > 3);
    CHECK((tree_building::read_file(folder.path() / "out" / "larger") == packed.files[3].second));
}

TEST_CASE_FIXTURE(stored_archive,
                  "nothing stays of a load that may not go on, has no large member, or failed for good") {
    CHECK(lose(storage, tree, folder, 10, errc::unavailable, false));
    CHECK(std::filesystem::is_empty(folder.path()));
    CHECK(lose(storage, tree, folder, 10, errc::access_denied));
    CHECK(std::filesystem::is_empty(folder.path()));
    CHECK(lose(storage, tree, folder, 3));  // in the first look
    CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE_FIXTURE(stored_archive, "a load that can't look for what has arrived fails as it failed before") {
    const testing_support::ordinary_user somebody(folder.path());
    const failing_storage<ranged_storage> losing{storage, [&](const storage_step& step) {
                                                     if (step.operation != "get") return;
                                                     detail::set_path_mode(folder.path() / ".holdfast-load-out", 0);
                                                     throw error(errc::unavailable, "get", step.key, "lost");
                                                 }};
    CHECK(failure_of([&] { fetch_tree(losing, tree, folder.path() / "out", {}, {.connections = 1}); }) ==
          errc::unavailable);
    CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("what was kept of a tar that is another one now is not used") {
    const archive packed;
    const ranged_storage storage;
    put_text(storage, key, packed.text());
    const temp_directory folder;
    CHECK(lose(storage, packed.tree(digest_kind::crc32c), folder, 10));
    CHECK_FALSE(std::filesystem::is_empty(folder.path()));
    archive other;
    other.files[0].second = content_of(packed.files[0].second.size(), 9);
    put_text(storage, key, other.text());
    check_load(storage, other, other.tree(digest_kind::crc32c), folder);
}

TEST_CASE_FIXTURE(stored_archive,
                  "bytes of a member that were changed while they were kept are found, and then loaded anew") {
    CHECK(lose(storage, tree, folder, 20));
    const auto kept = folder.path() / ".holdfast-load-out" / "tree" / "large";
    const auto there = detail::file::open_update(kept.string());
    there.write_at(2 * mib, std::as_bytes(std::span("changed")));
    const auto out = folder.path() / "out";
    CHECK(failure_of([&] { fetch_tree(storage, tree, out, {}, small_ranges); }) == errc::corrupt);
    CHECK(std::filesystem::is_empty(folder.path()));
    check_load(storage, packed, tree, folder);
}

TEST_CASE_FIXTURE(stored_archive, "a stranger's leavings in the kept directory are no part of what is loaded") {
    CHECK(lose(storage, tree, folder, 20));
    const auto kept = folder.path() / ".holdfast-load-out" / "tree";
    tree_building::write_file(kept / "more", "of an earlier member");
    std::filesystem::remove(kept / "after");
    std::filesystem::create_symlink(folder.path(), kept / "after");
    check_load(storage, packed, tree, folder);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "out" / "more"));
    CHECK_FALSE(std::filesystem::is_symlink(folder.path() / "out" / "after"));
}
