// The S3 backend against a real server: HOLDFAST_S3_URL names a store such as s3://bucket, whose bucket's name begins
// that of a new bucket for each check; the usual AWS_* variables say where the server is and who asks.
// MinIO does not list what is below an object: there, leave out -sce="an object beside its own prefix*".
#include <holdfast/storage/s3.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/hex.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/storage/operations.hpp>
#include <holdfast/storage/s3/client.hpp>
#include <tests/conformance/storage_backend.hpp>

using namespace holdfast;

namespace {

std::string new_bucket_url() {
    const char* url = std::getenv("HOLDFAST_S3_URL");
    if (url == nullptr) throw error(errc::not_configured, "test", "", "set HOLDFAST_S3_URL to s3://bucket");
    std::array<std::byte, 6> random{};
    detail::random_bytes(random);
    return "s3://" + store_url::parse(url).authority + "-" + detail::to_hex(random);
}

/// A bucket of its own, removed with all that is in it.
class new_store {
public:
    explicit new_store(s3_options options = {}) : url_(new_bucket_url()), options_(std::move(options)) {
        ask_bucket("PUT");
    }
    new_store(const new_store&) = delete;
    new_store& operator=(const new_store&) = delete;
    ~new_store() {
        try {
            const s3_storage store = get();
            std::vector<object_key> keys;
            store.list("", [&](const object_info& object) {
                keys.push_back(object.key);
                return true;
            });
            store.remove_batch(keys);
            ask_bucket("DELETE");
        } catch (const error& failure) {
            MESSAGE(std::string(failure.what()));
        }
    }

    s3_storage get() const { return s3_storage(url_, options_); }

private:
    void ask_bucket(std::string method) const {
        s3_options options = options_;
        auto address = s3::resolve(store_url::parse(url_), options);
        s3::client(std::move(address), std::move(options))
            .require({.verb = "make bucket", .method = std::move(method)});
    }

    std::string url_;
    s3_options options_;
};

constexpr std::size_t part = 5U << 20;

s3_options with(s3_integrity integrity) {
    s3_options options;
    options.integrity = integrity;
    options.part_size = part;
    options.connections = 4;
    return options;
}

byte_source view(const std::string& text) {
    return byte_source::from_view(std::as_bytes(std::span(text)));
}

void check_multipart(const s3_storage& store) {
    const object_key key{"dir/large"};
    const std::string text = conformance::random_text(3 * part + 1000, 1);
    const auto info = store.put(key, view(text), {.digest = true});
    CHECK(info.crc32c == detail::crc32c(0, std::as_bytes(std::span(text))));
    CHECK(store.head(key)->etag == info.etag);
    CHECK(store.head(key)->size == text.size());
    memory_sink sink;
    CHECK(store.get(key, sink).etag == info.etag);
    CHECK((sink.text() == text));
    CHECK_FALSE(store.put_if_absent(key, view(text)));
    CHECK(store.put_if_absent(object_key("dir/new"), view(text)));
    CHECK_FALSE(store.put_if_match(key, view(text), "\"0123\""));
    const std::string other = conformance::random_text(3 * part + 1000, 2);
    CHECK(store.put_if_match(key, view(other), info.etag));
    CHECK((get_text(store, key) == other));
    std::size_t done = 0;
    const byte_stream stream = [&](std::span<std::byte> buffer) {
        const std::size_t count = std::min(buffer.size(), text.size() - done);
        std::ranges::copy(std::as_bytes(std::span(text)).subspan(done, count), buffer.begin());
        done += count;
        return count;
    };
    CHECK(store.put_stream(object_key("dir/stream"), stream).size == text.size());
    CHECK((get_text(store, object_key("dir/stream")) == text));
    CHECK(store.clean_unfinished("", std::chrono::seconds(0)) == 0);
}

}  // namespace

TEST_CASE("conformance with signed bodies") {
    const new_store store(with(s3_integrity::sha256));
    conformance::storage_backend_suite([&] { return store.get(); });
}

TEST_CASE("conformance with checksums") {
    const new_store store(with(s3_integrity::crc32c));
    conformance::storage_backend_suite([&] { return store.get(); });
}

TEST_CASE("conformance without integrity") {
    const new_store store(with(s3_integrity::none));
    conformance::storage_backend_suite([&] { return store.get(); });
}

TEST_CASE("multipart uploads") {
    for (const auto integrity : {s3_integrity::sha256, s3_integrity::crc32c, s3_integrity::none}) {
        CAPTURE(static_cast<int>(integrity));
        const new_store store(with(integrity));
        check_multipart(store.get());
    }
}

TEST_CASE("copies in parts") {
    for (const auto integrity : {s3_integrity::sha256, s3_integrity::crc32c, s3_integrity::none}) {
        CAPTURE(static_cast<int>(integrity));
        auto options = with(integrity);
        options.copy_part_size = part;
        const new_store fresh(options);
        const s3_storage store = fresh.get();
        const std::string text = conformance::random_text(2 * part + 1000, 3);
        store.put(object_key("dir/large"), view(text));
        const auto copied = store.copy(object_key("dir/large"), object_key("dir/copy"));
        CHECK(copied.size == text.size());
        CHECK(copied.etag.ends_with("-3\""));  // S3 counts the parts there
        CHECK(store.head(object_key("dir/copy"))->etag == copied.etag);
        CHECK((get_text(store, object_key("dir/copy")) == text));
        CHECK(store.clean_unfinished("", std::chrono::seconds(0)) == 0);
    }
}

TEST_CASE("an upload that is stopped half-way leaves nothing") {
    const new_store fresh(with(s3_integrity::crc32c));
    const s3_storage store = fresh.get();
    const object_key key{"dir/large"};
    std::stop_source stop;
    std::size_t done = 0;
    const byte_stream stream = [&](std::span<std::byte> buffer) {
        done += buffer.size();
        if (done > 2 * part) stop.request_stop();
        return buffer.size();
    };
    CHECK(conformance::failure_of([&] { store.put_stream(key, stream, {.stop = stop.get_token()}); }) ==
          errc::cancelled);
    CHECK_FALSE(store.head(key));
    CHECK(store.clean_unfinished("dir", std::chrono::seconds(0)) == 0);
}

TEST_CASE("a bucket that does not exist") {
    const s3_storage store(new_bucket_url(), with(s3_integrity::sha256));
    const auto source = byte_source::from_text("x");
    memory_sink sink;
    const object_key key{"key"};
    CHECK(conformance::failure_of([&] { store.head(key); }) == errc::not_configured);
    CHECK(conformance::failure_of([&] { store.get(key, sink); }) == errc::not_configured);
    CHECK(conformance::failure_of([&] { store.put(key, source); }) == errc::not_configured);
    CHECK(conformance::failure_of([&] { conformance::keys_below(store, ""); }) == errc::not_configured);
}

TEST_CASE("the longest key") {
    const new_store fresh(with(s3_integrity::sha256));
    const s3_storage store = fresh.get();
    std::string text;
    while (text.size() + 200 < object_key::max_size) text += std::string(199, 'k') + '/';
    const object_key longest{text + std::string(object_key::max_size - text.size(), 'k')};
    put_text(store, longest, "content");
    CHECK(get_text(store, longest) == "content");
}
