#ifndef HOLDFAST_TESTS_CONFORMANCE_STORAGE_BACKEND_HPP
#define HOLDFAST_TESTS_CONFORMANCE_STORAGE_BACKEND_HPP

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/core/byte_sink.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/parallel.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>
#include <tests/support/failures.hpp>

// What `storage_backend` and its abilities promise, checked on any backend. Each check gets an empty store.
namespace conformance {

using namespace holdfast;
using testing_support::failure_of;

inline std::string random_text(std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
}

template <storage_backend Storage>
std::string range_of(const Storage& storage, const object_key& key, byte_range range) {
    memory_sink sink(range.offset);
    storage.get(key, sink, {.range = range});
    return std::move(sink).text();
}

/// Counts how often each byte of an object came.
class counting_sink final : public byte_sink {
public:
    void write(std::uint64_t offset, std::span<const std::byte> bytes) override {
        const std::scoped_lock lock(mutex_);
        const auto begin = static_cast<std::size_t>(offset);
        counts_.resize(std::max(counts_.size(), begin + bytes.size()));
        for (std::size_t i = 0; i < bytes.size(); ++i) ++counts_[begin + i];
    }

    bool saw_once(const byte_range& range) const {
        std::vector<unsigned char> once(static_cast<std::size_t>(range.offset));
        once.insert(once.end(), static_cast<std::size_t>(range.size), 1);
        return counts_ == once;
    }

private:
    std::mutex mutex_;
    std::vector<unsigned char> counts_;
};

/// Whether a `get` writes each byte of a range once, and no other.
template <storage_backend Storage>
bool writes_once(const Storage& storage, const object_key& key, const byte_range& range) {
    counting_sink sink;
    const std::uint64_t size = storage.get(key, sink, {.range = range}).size;
    return sink.saw_once({range.offset, std::min(range.size, size - range.offset)});
}

template <storage_backend Storage>
std::vector<std::string> keys_below(const Storage& storage, std::string_view prefix) {
    std::vector<std::string> keys;
    storage.list(prefix, [&](const object_info& object) {
        keys.push_back(object.key.str());
        return true;
    });
    std::ranges::sort(keys);
    return keys;
}

using names = std::vector<std::string>;

/// Runs `body(i)` in up to `count` threads at once and returns for how many it was true. `body` asserts nothing itself;
/// what it throws reaches the caller.
template <class Body>
int count_true_in_threads(int count, Body body) {
    std::atomic<int> result = 0;
    detail::parallel_for(static_cast<std::size_t>(count), static_cast<unsigned>(count),
                         [&](std::size_t i) { result += body(static_cast<int>(i)) ? 1 : 0; });
    return result;
}

template <storage_backend Storage>
void check_whole_objects(const Storage& storage) {
    const object_key key{"dir/object"};

    SUBCASE("an absent object") {
        CHECK_FALSE(storage.head(key));
        memory_sink sink;
        CHECK(failure_of([&] { storage.get(key, sink, {}); }) == errc::not_found);
        CHECK(sink.text().empty());
        CHECK(keys_below(storage, "").empty());
    }
    SUBCASE("put, head and get agree") {
        const auto before = std::chrono::system_clock::now();
        const object_info put = put_text(storage, key, "content");
        CHECK(put.key == key);
        CHECK(put.size == 7);
        const auto head = storage.head(key);
        REQUIRE(head);
        CHECK(head->key == key);
        CHECK(head->size == 7);
        CHECK_FALSE(head->etag.empty());
        CHECK(head->etag == put.etag);
        CHECK(head->modified <= std::max(before, std::chrono::system_clock::now()) + std::chrono::hours(1));
        memory_sink sink;
        const object_info got = storage.get(key, sink, {});
        CHECK(sink.text() == "content");
        CHECK(got.etag == put.etag);
        CHECK(got.size == 7);
    }
    SUBCASE("put replaces, and the etag changes also where size and time do not") {
        std::vector<std::string> etags;
        for (const char* text : {"one", "two", "six", "one"}) {
            etags.push_back(put_text(storage, key, text).etag);
            CHECK(get_text(storage, key) == text);
        }
        CHECK(std::ranges::adjacent_find(etags) == etags.end());  // the digest of the content is a good etag too
        CHECK(put_text(storage, key, "a longer text").size == 13);
        CHECK(get_text(storage, key) == "a longer text");
        put_text(storage, key, "s");
        CHECK(get_text(storage, key) == "s");
        CHECK(keys_below(storage, "") == names{"dir/object"});
    }
    SUBCASE("an empty object") {
        CHECK(storage.put(key, byte_source{}, {}).size == 0);
        REQUIRE(storage.head(key));
        CHECK(storage.head(key)->size == 0);
        CHECK(get_text(storage, key).empty());
        CHECK(range_of(storage, key, {3, 4}).empty());
        CHECK(keys_below(storage, "dir") == names{"dir/object"});
    }
}

template <storage_backend Storage>
void check_large_objects(const Storage& storage) {
    const object_key key{"large"};
    const std::string content = random_text((5U << 20) + 1, 7);
    const detail::temp_directory scratch;

    SUBCASE("from memory in pieces, with a digest") {
        const auto bytes = std::as_bytes(std::span(content));
        byte_source source = byte_source::from_view(bytes.first(1'000'003));
        source.append(byte_source::from_view(bytes.subspan(1'000'003)));
        const object_info info = storage.put(key, source, {.digest = true});
        CHECK(info.size == content.size());
        if (info.crc32c) CHECK(*info.crc32c == detail::crc32c(0, bytes));
        CHECK((get_text(storage, key) == content));
    }
    SUBCASE("from memory and a part of a file, with and without a digest") {
        std::ofstream(scratch.path() / "file", std::ios::binary) << content;
        byte_source source = byte_source::from_text("head");
        source.append(byte_source::from_file(scratch.path() / "file").slice(11, content.size() - 20));
        source.append(byte_source::from_text("tail"));
        const std::string expected = "head" + content.substr(11, content.size() - 20) + "tail";
        for (const bool digest : {false, true}) {
            const object_info info = storage.put(key, source, {.digest = digest});
            CHECK(info.size == expected.size());
            if (info.crc32c) CHECK(*info.crc32c == detail::crc32c(0, std::as_bytes(std::span(expected))));
            CHECK((get_text(storage, key) == expected));
        }
    }
    SUBCASE("from a generator between texts, in pieces of its own size") {
        byte_source source = byte_source::from_text("head");
        source.append(byte_source::from_generator(content.size(), [&](std::uint64_t at, std::span<std::byte> buffer) {
            const std::size_t count = std::min<std::size_t>(buffer.size(), 100'003);
            std::ranges::copy(std::as_bytes(std::span(content)).subspan(at, count), buffer.begin());
            return count;
        }));
        source.append(byte_source::from_text("tail"));
        const std::string expected = "head" + content + "tail";
        for (const bool digest : {false, true}) {
            const object_info info = storage.put(key, source, {.digest = digest});
            CHECK(info.size == expected.size());
            if (info.crc32c) CHECK(*info.crc32c == detail::crc32c(0, std::as_bytes(std::span(expected))));
            CHECK((get_text(storage, key) == expected));
        }
    }
    SUBCASE("each byte once, of the whole and of a part") {
        put_text(storage, key, content);
        CHECK(writes_once(storage, key, {}));
        CHECK(writes_once(storage, key, {12'345, 3'000'000}));
        CHECK(writes_once(storage, key, {content.size() - 5, 100}));
    }
    SUBCASE("into memory, in ranges") {
        put_text(storage, key, content);
        std::string part(3'000'000, '?');
        const auto room = std::as_writable_bytes(std::span(part));
        get_into(storage, key, 12'345, room, {}, {.connections = 3, .range_size = 1'000'000});
        CHECK((part == content.substr(12'345, part.size())));
        CHECK(failure_of([&] { get_into(storage, key, content.size() - 5, room.first(6)); }) == errc::corrupt);
        CHECK(failure_of([&] { get_into(storage, object_key("absent"), 0, room); }) == errc::not_found);
    }
    SUBCASE("into a file, in ranges, with and without a digest") {
        put_text(storage, key, content);
        for (const bool digest : {false, true}) {
            const auto path = scratch.path() / (digest ? "digested" : "plain");
            const auto info = get_file(storage, key, path, {}, {.connections = 3, .range_size = 1'000'000}, digest);
            CHECK(info.crc32c.has_value() == digest);
            if (digest) CHECK(*info.crc32c == detail::crc32c(0, std::as_bytes(std::span(content))));
            put_file(storage, object_key("again"), path);
            CHECK((get_text(storage, object_key("again")) == content));
        }
    }
    SUBCASE("in order") {
        put_text(storage, key, content);
        std::string read;
        read_in_order(
            storage, key,
            [&](std::span<const std::byte> b) { read.append(reinterpret_cast<const char*>(b.data()), b.size()); }, {},
            {.connections = 4, .range_size = 300'000, .memory = 1'000'000});
        CHECK((read == content));
    }
}

template <storage_backend Storage>
void check_ranges(const Storage& storage) {
    const object_key key{"object"};
    const object_info info = put_text(storage, key, "0123456789");

    SUBCASE("parts") {
        CHECK(range_of(storage, key, {0, 3}) == "012");
        CHECK(range_of(storage, key, {4, 3}) == "456");
        CHECK(range_of(storage, key, {7, 3}) == "789");
        CHECK(range_of(storage, key, {9, 1}) == "9");
        CHECK(range_of(storage, key, {3, UINT64_MAX}) == "3456789");
        CHECK(range_of(storage, key, {3, UINT64_MAX - 3}) == "3456789");
    }
    SUBCASE("beyond the end") {
        CHECK(range_of(storage, key, {8, 100}) == "89");
        CHECK(range_of(storage, key, {10, 1}).empty());
        CHECK(range_of(storage, key, {11, 1}).empty());
        CHECK(range_of(storage, key, {UINT64_MAX, UINT64_MAX}).empty());
    }
    SUBCASE("of no bytes") {
        CHECK(range_of(storage, key, {0, 0}).empty());
        CHECK(range_of(storage, key, {5, 0}).empty());
    }
    SUBCASE("the answer tells of the whole object") {
        memory_sink sink(2);
        const object_info got = storage.get(key, sink, {.range = {2, 2}});
        CHECK(sink.text() == "23");
        CHECK(got.size == 10);
        CHECK(got.etag == info.etag);
    }
    SUBCASE("of one state of the object") {
        memory_sink sink;
        storage.get(key, sink, {.range = {0, 5}, .if_match = info.etag});
        CHECK(sink.text() == "01234");
        put_text(storage, key, "9876543210");
        memory_sink late;
        CHECK(failure_of([&] { storage.get(key, late, {.if_match = info.etag}); }) == errc::precondition_failed);
        CHECK(late.text().empty());
    }
}

template <storage_backend Storage>
void check_keys(const Storage& storage) {
    const names texts{"a b/c d",
                      " lead/trail ",
                      "100%/50%25.txt",
                      "a+b/c+d",
                      "Grüße/模型/🤗.bin",
                      "e\u0301 and \u00e9",
                      "q?x=1&y=2#frag",
                      "semi;colon,comma:at@",
                      "back\\slash\"quote'",
                      "-dash/~tilde/*star",
                      "...three/.hidden",
                      "mf.checkpoints/checkpoints/artifacts/a.0.b.json",
                      std::string(200, 'n') + "/" + std::string(200, 'm'),
                      [] {
                          std::string deep = "d";
                          while (deep.size() + 8 < object_key::max_size) deep += "/level";
                          return deep;
                      }()};
    for (const auto& text : texts) put_text(storage, object_key(text), text);
    for (const auto& text : texts) {
        CAPTURE(text);
        CHECK(get_text(storage, object_key(text)) == text);
    }
    names sorted = texts;
    std::ranges::sort(sorted);
    CHECK(keys_below(storage, "") == sorted);
    CHECK(keys_below(storage, "Grüße/模型") == names{"Grüße/模型/🤗.bin"});
    CHECK(keys_below(storage, "100%") == names{"100%/50%25.txt"});
    for (const auto& text : texts) storage.remove(object_key(text));
    CHECK(keys_below(storage, "").empty());
}

template <storage_backend Storage>
void check_list(const Storage& storage) {
    for (const char* text : {"ab", "a/b", "a/c/d/e", "a/c/f", "abc/x", "b"}) {
        put_text(storage, object_key(text), text);
    }
    SUBCASE("a prefix ends at a slash") {
        CHECK(keys_below(storage, "a") == names{"a/b", "a/c/d/e", "a/c/f"});
        CHECK(keys_below(storage, "a/c") == names{"a/c/d/e", "a/c/f"});
        CHECK(keys_below(storage, "abc") == names{"abc/x"});
        CHECK(keys_below(storage, "") == names{"a/b", "a/c/d/e", "a/c/f", "ab", "abc/x", "b"});
    }
    SUBCASE("nothing is below an object or an absent prefix") {
        CHECK(keys_below(storage, "b").empty());
        CHECK(keys_below(storage, "a/b").empty());
        CHECK(keys_below(storage, "absent/more").empty());
        CHECK(keys_below(storage, "a/").empty());
    }
    SUBCASE("an object beside its own prefix is not below it") {
        // a file system cannot hold both, and says so
        const auto failure = failure_of([&] { put_text(storage, object_key("a"), "at the prefix"); });
        CHECK((!failure || failure == errc::invalid_argument));
        CHECK(storage.head(object_key("a")).has_value() == !failure);
        CHECK(keys_below(storage, "a") == names{"a/b", "a/c/d/e", "a/c/f"});
        const auto below = failure_of([&] { put_text(storage, object_key("b/below"), "x"); });
        CHECK(below == failure);
        CHECK(get_text(storage, object_key("b")) == "b");
        CHECK(keys_below(storage, "b") == (failure ? names{} : names{"b/below"}));
    }
    SUBCASE("what is listed is what head says") {
        int seen = 0;
        storage.list("", [&](const object_info& object) {
            const auto head = storage.head(object.key);
            CHECK(head.has_value());
            CHECK((head && head->size == object.size && head->etag == object.etag));
            ++seen;
            return true;
        });
        CHECK(seen == 6);
    }
    SUBCASE("it ends when the visitor says so") {
        for (const int wanted : {1, 2, 3}) {
            int seen = 0;
            storage.list("", [&](const object_info&) { return ++seen < wanted; });
            CHECK(seen == wanted);
        }
    }
    SUBCASE("an exception of the visitor passes through") {
        struct stop_here {};
        CHECK_THROWS_AS(storage.list("", [](const object_info&) -> bool { throw stop_here(); }), stop_here);
    }
    SUBCASE("the visitor may remove") {
        storage.list("a", [&](const object_info& object) {
            storage.remove(object.key);
            return true;
        });
        CHECK(keys_below(storage, "a").empty());
        CHECK(keys_below(storage, "") == names{"ab", "abc/x", "b"});
    }
}

template <storage_backend Storage>
void check_remove(const Storage& storage) {
    SUBCASE("what is absent") {
        storage.remove(object_key("absent"));
        storage.remove(object_key("absent/below"));
        put_text(storage, object_key("dir/object"), "x");
        storage.remove(object_key("dir/other"));
        storage.remove(object_key("dir"));
        storage.remove(object_key("dir/object/below"));
        CHECK(keys_below(storage, "") == names{"dir/object"});
    }
    SUBCASE("an object, and then its prefix is free for another") {
        put_text(storage, object_key("dir/deep/one"), "1");
        put_text(storage, object_key("dir/two"), "2");
        storage.remove(object_key("dir/deep/one"));
        CHECK_FALSE(storage.head(object_key("dir/deep/one")));
        CHECK(keys_below(storage, "") == names{"dir/two"});
        put_text(storage, object_key("dir/deep"), "an object now");
        CHECK(get_text(storage, object_key("dir/deep")) == "an object now");
        storage.remove(object_key("dir/deep"));
        storage.remove(object_key("dir/two"));
        CHECK(keys_below(storage, "").empty());
    }
    SUBCASE("a prefix, and never its longer brother") {
        for (const char* text : {"v/1/a", "v/1/b/c", "v/10/a", "v/1.json", "w"})
            put_text(storage, object_key(text), "");
        remove_prefix(storage, object_key("v/1"));
        CHECK(keys_below(storage, "") == names{"v/1.json", "v/10/a", "w"});
        remove_prefix(storage, object_key("w"));
        remove_prefix(storage, object_key("absent"));
        CHECK(keys_below(storage, "") == names{"v/1.json", "v/10/a"});
    }
    SUBCASE("many at once, absent ones among them") {
        std::vector<object_key> keys;
        for (int i = 0; i < 40; ++i) {
            keys.emplace_back("many/" + std::to_string(i));
            if (i % 3 != 0) put_text(storage, keys.back(), "x");
        }
        put_text(storage, object_key("many/other"), "x");
        remove_all(storage, keys);
        CHECK(keys_below(storage, "") == names{"many/other"});
        remove_all(storage, std::span<const object_key>{});
        CHECK(keys_below(storage, "") == names{"many/other"});
    }
}

template <storage_backend Storage>
void check_failed_puts(const Storage& storage) {
    const object_key key{"dir/object"};
    const detail::temp_directory scratch;
    const auto path = scratch.path() / "file";
    std::ofstream(path) << std::string(100'000, 'n');
    byte_source source = byte_source::from_text(std::string(3U << 20, 'm'));
    source.append(byte_source::from_file(path));
    put_text(storage, key, "old");

    SUBCASE("a source file that vanished") {
        std::filesystem::remove(path);
    }
    SUBCASE("a source file that grew") {
        std::ofstream(path, std::ios::app) << "more";
    }
    SUBCASE("a source file that shrank") {
        std::filesystem::resize_file(path, 10);
    }
    SUBCASE("a source file that was replaced") {
        std::ofstream(scratch.path() / "new") << std::string(100'000, 'o');
        std::filesystem::rename(scratch.path() / "new", path);
    }
    for (const bool digest : {false, true}) {
        const auto failure = failure_of([&] { storage.put(key, source, {.digest = digest}); });
        CHECK((failure == errc::precondition_failed || failure == errc::not_found));
        CHECK(failure_of([&] { storage.put(object_key("new/object"), source, {.digest = digest}); }) == failure);
    }
    CHECK(get_text(storage, key) == "old");
    CHECK_FALSE(storage.head(object_key("new/object")));
    CHECK(keys_below(storage, "") == names{"dir/object"});
}

template <storage_backend Storage>
void check_cancelling(const Storage& storage) {
    const object_key key{"dir/object"};
    std::stop_source stop;
    put_text(storage, key, "old");

    SUBCASE("before it begins") {
        stop.request_stop();
        const auto source = byte_source::from_text("new");
        CHECK(failure_of([&] { storage.put(key, source, {.stop = stop.get_token()}); }) == errc::cancelled);
        CHECK(failure_of([&] { storage.put(object_key("n"), source, {.stop = stop.get_token()}); }) == errc::cancelled);
        memory_sink sink;
        CHECK(failure_of([&] { storage.get(key, sink, {.stop = stop.get_token()}); }) == errc::cancelled);
    }
    SUBCASE("while a stream is stored") {
        const byte_stream stream = [&](std::span<std::byte> buffer) {
            stop.request_stop();
            std::ranges::fill(buffer, std::byte{'x'});
            return buffer.size();  // an endless stream: only the stop ends it
        };
        CHECK(failure_of([&] { put_stream(storage, key, stream, {.stop = stop.get_token()}); }) == errc::cancelled);
    }
    SUBCASE("while it is read in order") {
        put_text(storage, object_key("large"), std::string(1'000'000, 'l'));
        for (const unsigned connections : {1U, 4U}) {
            std::stop_source reading;
            std::size_t seen = 0;
            const auto consume = [&](std::span<const std::byte> bytes) {
                seen += bytes.size();
                reading.request_stop();
            };
            CHECK(failure_of([&] {
                      read_in_order(storage, object_key("large"), consume, {.stop = reading.get_token()},
                                    {.connections = connections, .range_size = 1000, .memory = 5000});
                  }) == errc::cancelled);
            CHECK(seen == 1000);
        }
        storage.remove(object_key("large"));
    }
    CHECK(get_text(storage, key) == "old");
    CHECK(keys_below(storage, "") == names{"dir/object"});
}

template <storage_backend Storage>
void check_concurrency(const Storage& storage) {
    SUBCASE("readers and writers of one object never see a mix") {
        const object_key key{"shared/object"};
        const auto value = [](int i) {
            return std::string(100'000 + static_cast<std::size_t>(i), static_cast<char>('a' + i));
        };
        put_text(storage, key, value(0));
        const auto work = [&](int i) {
            for (int round = 0; round < 10; ++round) {
                if (i % 2 == 0) put_text(storage, key, value(i));
                const std::string text = get_text(storage, key);
                if (text.empty() || text != value(text.front() - 'a')) return false;
            }
            return true;
        };
        CHECK(count_true_in_threads(8, work) == 8);
        CHECK(keys_below(storage, "") == names{"shared/object"});
    }
    SUBCASE("puts and removes of neighbours do not disturb each other") {
        const auto work = [&](int i) {
            const object_key key{"deep/er/" + std::to_string(i % 4) + "/" + std::to_string(i)};
            for (int round = 0; round < 25; ++round) {
                put_text(storage, key, "x");
                if (!storage.head(key)) return false;
                storage.remove(key);
                if (storage.head(key)) return false;
            }
            return true;
        };
        CHECK(count_true_in_threads(8, work) == 8);
        CHECK(keys_below(storage, "").empty());
    }
    SUBCASE("what is stored all the while is listed, whatever comes and goes") {
        put_text(storage, object_key("dir/0"), "stays");
        const auto work = [&](int i) {
            const object_key key{"dir/sub" + std::to_string(i) + "/x"};
            for (int round = 0; round < 15; ++round) {
                put_text(storage, key, "x");
                const names listed = keys_below(storage, "");
                if (std::ranges::count(listed, "dir/0") != 1 || std::ranges::count(listed, key.str()) != 1)
                    return false;
                storage.remove(key);
            }
            return true;
        };
        CHECK(count_true_in_threads(8, work) == 8);
    }
}

template <storage_backend Storage>
void check_derived_operations(const Storage& storage) {
    const object_key key{"dir/object"};

    SUBCASE("copy") {
        put_text(storage, key, "content");
        const object_info copied = copy(storage, key, object_key("other/place"));
        CHECK(copied.key == object_key("other/place"));
        CHECK(copied.size == 7);
        CHECK(storage.head(copied.key)->etag == copied.etag);
        CHECK(get_text(storage, copied.key) == "content");
        put_text(storage, key, "changed");
        CHECK(get_text(storage, copied.key) == "content");
        copy(storage, key, copied.key);
        CHECK(get_text(storage, copied.key) == "changed");
        copy(storage, key, key);
        CHECK(get_text(storage, key) == "changed");
        CHECK(failure_of([&] { copy(storage, object_key("absent"), key); }) == errc::not_found);
        CHECK(get_text(storage, key) == "changed");
    }
    SUBCASE("put_if_absent") {
        CHECK(put_if_absent(storage, key, byte_source::from_text("first")));
        CHECK_FALSE(put_if_absent(storage, key, byte_source::from_text("second")));
        CHECK(get_text(storage, key) == "first");
        storage.remove(key);
        CHECK(put_if_absent(storage, key, byte_source{}));
        CHECK(keys_below(storage, "") == names{"dir/object"});
    }
    SUBCASE("put_if_match") {
        CHECK_FALSE(put_if_match(storage, key, byte_source::from_text("x"), "1"));
        CHECK_FALSE(storage.head(key));
        const std::string first = put_text(storage, key, "first").etag;
        CHECK(put_if_match(storage, key, byte_source::from_text("later"), first));
        CHECK_FALSE(put_if_match(storage, key, byte_source::from_text("wrong"), first));
        CHECK(get_text(storage, key) == "later");
        const std::string later = storage.head(key)->etag;
        storage.remove(key);
        CHECK_FALSE(put_if_match(storage, key, byte_source::from_text("x"), later));
        CHECK(keys_below(storage, "").empty());
    }
    SUBCASE("put_stream") {
        const std::string content = random_text(2'500'000, 3);
        std::size_t done = 0;
        const byte_stream stream = [&](std::span<std::byte> buffer) {
            const std::size_t count = std::min({buffer.size(), content.size() - done, std::size_t{70'001}});
            std::ranges::copy(std::as_bytes(std::span(content)).subspan(done, count), buffer.begin());
            done += count;
            return count;
        };
        CHECK(put_stream(storage, key, stream).size == content.size());
        CHECK((get_text(storage, key) == content));
        const byte_stream failing = [](std::span<std::byte>) -> std::size_t {
            throw error(errc::corrupt, "read", "", "this test lets it fail");
        };
        CHECK(failure_of([&] { put_stream(storage, key, failing); }) == errc::corrupt);
        CHECK((get_text(storage, key) == content));
        put_stream(storage, key, [](std::span<std::byte>) { return std::size_t{0}; });
        CHECK(get_text(storage, key).empty());
    }
    SUBCASE("put_all") {
        const object_key prefix{"batch"};
        std::vector<pending_object> objects;
        for (const char* path : {"a", "b/c", "b/d/e", "z"}) {
            objects.push_back({path, byte_source::from_text(path)});
        }
        for (int i = 0; i < 2; ++i) {
            const auto stored = put_all(storage, prefix, objects, {.digest = true});
            REQUIRE(stored.size() == objects.size());
            for (std::size_t j = 0; j < objects.size(); ++j) {
                const std::string& path = objects[j].path;
                CHECK(stored[j].size == path.size());
                CHECK(get_text(storage, prefix / path) == path);
                if (stored[j].crc32c) CHECK(*stored[j].crc32c == detail::crc32c(0, std::as_bytes(std::span(path))));
            }
        }
        CHECK(keys_below(storage, "").size() == objects.size());
        CHECK(put_all(storage, object_key("none"), {}).empty());
        std::stop_source stop;
        stop.request_stop();
        CHECK(failure_of([&] { put_all(storage, object_key("new"), {}, {.stop = stop.get_token()}); }) == std::nullopt);
        const std::vector<pending_object> fresh{{"a", byte_source::from_text("text")}};
        CHECK(failure_of([&] { put_all(storage, object_key("new"), fresh, {.stop = stop.get_token()}); }) ==
              errc::cancelled);
        const std::vector<pending_object> unsafe{{"b", byte_source::from_text("text")}, {"../c", {}}};
        CHECK(failure_of([&] { put_all(storage, object_key("new"), unsafe); }) == errc::unsafe_path);
        CHECK(keys_below(storage, "new").empty());
    }
    SUBCASE("one at most reserves a key, and never again") {
        for (int i = 0; i < 4; ++i) {
            const object_key claimed{"claims/" + std::to_string(i)};
            const int won = count_true_in_threads(16, [&](int) { return reserve(storage, claimed); });
            CHECK(won <= 1);
            CHECK_FALSE((won == 1 && reserve(storage, claimed)));
        }
        CHECK(reserve(storage, object_key("claims/alone")));
        CHECK_FALSE(reserve(storage, object_key("claims/alone")));
        CHECK_FALSE(reserve(storage, object_key("claims/alone")));
    }
}

template <storage_backend Storage>
void check_abilities(const Storage& storage) {
    const object_key key{"dir/object"};
    if constexpr (create_only_storage<Storage>) {
        SUBCASE("of many that create an object one succeeds") {
            const auto create = [&](int i) {
                return storage.put_if_absent(key, byte_source::from_text(std::to_string(i)), {});
            };
            CHECK(count_true_in_threads(16, create) == 1);
            CHECK(keys_below(storage, "") == names{"dir/object"});
        }
        SUBCASE("a create that fails midway leaves nothing") {
            std::stop_source stop;
            stop.request_stop();
            const auto source = byte_source::from_text("x");
            CHECK(failure_of([&] { storage.put_if_absent(key, source, {.stop = stop.get_token()}); }) ==
                  errc::cancelled);
            CHECK_FALSE(storage.head(key));
        }
    }
    if constexpr (compare_and_swap_storage<Storage>) {
        SUBCASE("no increment is lost") {
            put_text(storage, key, "0");
            const auto increment_often = [&](int) {
                for (int done = 0; done < 10;) {
                    memory_sink sink;
                    const std::string etag = storage.get(key, sink, {}).etag;
                    const auto next = byte_source::from_text(std::to_string(std::stoi(sink.text()) + 1));
                    done += storage.put_if_match(key, next, etag, {}) ? 1 : 0;
                }
                return true;
            };
            CHECK(count_true_in_threads(8, increment_often) == 8);
            CHECK(get_text(storage, key) == "80");
        }
        SUBCASE("a put between look and swap is kept") {
            const auto write = [&](int i) {
                const object_key own{"own/" + std::to_string(i)};
                for (int round = 0; round < 20; ++round) {
                    const std::string etag = put_text(storage, own, "a").etag;
                    put_text(storage, own, "b");
                    if (storage.put_if_match(own, byte_source::from_text("c"), etag, {})) return false;
                    if (get_text(storage, own) != "b") return false;
                }
                return true;
            };
            CHECK(count_true_in_threads(4, write) == 4);
        }
    }
}

/// Everything above over the stores that `make()` returns: a new, empty one at each call. Call it directly in a test
/// case, which then runs once for each check.
/// @tparam has_atomic_abilities false for a type that models abilities which what it holds lacks
template <bool has_atomic_abilities = true, class MakeStorage>
void storage_backend_suite(MakeStorage make) {
    const storage_backend auto storage = make();
    SUBCASE("whole objects") {
        check_whole_objects(storage);
    }
    SUBCASE("large objects") {
        check_large_objects(storage);
    }
    SUBCASE("ranges") {
        check_ranges(storage);
    }
    SUBCASE("keys") {
        check_keys(storage);
    }
    SUBCASE("list") {
        check_list(storage);
    }
    SUBCASE("remove") {
        check_remove(storage);
    }
    SUBCASE("failed puts") {
        check_failed_puts(storage);
    }
    SUBCASE("cancelling") {
        check_cancelling(storage);
    }
    SUBCASE("concurrency") {
        check_concurrency(storage);
    }
    SUBCASE("derived operations") {
        check_derived_operations(storage);
    }
    if constexpr (has_atomic_abilities) {
        SUBCASE("abilities") {
            check_abilities(storage);
        }
    }
}

}  // namespace conformance

#endif
