#include <holdfast/storage/memory.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>

#include <holdfast/storage/operations.hpp>

using namespace holdfast;

TEST_CASE("copies of a memory store are one store, and a new one is another") {
    const memory_storage first;
    const memory_storage copy = first;
    const memory_storage other;
    put_text(first, object_key("key"), "text");
    CHECK(get_text(copy, object_key("key")) == "text");
    CHECK_FALSE(other.head(object_key("key")));
}

TEST_CASE("a memory store takes the time from its clock") {
    auto now = std::make_shared<std::chrono::system_clock::time_point>(std::chrono::seconds(1'000));
    const memory_storage storage("named", [now] { return *now; });
    CHECK(put_text(storage, object_key("a"), "").modified == *now);
    *now += std::chrono::hours(1);
    put_text(storage, object_key("b"), "");
    CHECK(storage.head(object_key("b"))->modified - storage.head(object_key("a"))->modified == std::chrono::hours(1));
    CHECK(storage.url().str() == "memory:named");
}

TEST_CASE("a memory store computes the digest where it is asked to") {
    const memory_storage storage;
    CHECK_FALSE(put_text(storage, object_key("a"), "123456789").crc32c);
    CHECK(put_text(storage, object_key("a"), "123456789", {.digest = true}).crc32c == 0xE3069283);  // RFC 3720's check
    CHECK_FALSE(storage.head(object_key("a"))->crc32c);
}

TEST_CASE("a reader of a memory store keeps what it reads while it is replaced") {
    struct replacing_sink final : byte_sink {
        explicit replacing_sink(memory_storage s) : storage(std::move(s)) {}
        void write(std::uint64_t offset, std::span<const std::byte> bytes) override {
            put_text(storage, object_key("key"), "something else");
            storage.remove(object_key("key"));
            kept.write(offset, bytes);
        }
        memory_storage storage;
        memory_sink kept;
    };
    const memory_storage storage;
    put_text(storage, object_key("key"), "the first text");
    replacing_sink sink(storage);
    storage.get(object_key("key"), sink, {});
    CHECK(sink.kept.text() == "the first text");
}
