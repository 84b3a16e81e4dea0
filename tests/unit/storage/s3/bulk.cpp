#include <holdfast/storage/s3/bulk.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/storage/operations.hpp>
#include <holdfast/storage/s3.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/fake_s3.hpp>
#include <tests/support/s3_options.hpp>

using namespace holdfast;
using testing_support::error_of;
using testing_support::fail_at_every_request;
using testing_support::fake_s3;
using testing_support::options_for;

namespace {

void fill(const fake_s3& server, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) server.state().objects["dir/" + std::to_string(i)] = {.etag = "\"e\""};
}

/// A server that holds one object too large for a single copy, and notes the copies of its parts.
class server_of_a_large_object {
public:
    static constexpr std::uint64_t size = 12'000'000'001;

    http::response operator()(const http::request& asked, const http::exchange_options&) const {
        const std::lock_guard lock(notes_->mutex);
        if (asked.method == "HEAD") {
            http::response found = answer(200);
            found.headers.set("Content-Length", std::to_string(size));
            found.headers.set("ETag", "\"large\"");
            return found;
        }
        if (asked.method == "DELETE") {
            ++notes_->aborts;
            return answer(204);
        }
        if (asked.method == "POST") return post(asked);
        if (asked.method == "GET") {
            return answer(200,
                          "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>");
        }
        return copy_part(asked);
    }

    /// By its first byte, the last one of each part.
    std::map<std::uint64_t, std::uint64_t> parts() const { return notes_->parts; }
    int aborts() const { return notes_->aborts; }
    std::string completed() const { return notes_->completed; }
    void refuse_parts() const { notes_->refuses = true; }

private:
    struct notes {
        std::mutex mutex;
        std::map<std::uint64_t, std::uint64_t> parts;
        std::string completed;
        int aborts = 0;
        bool refuses = false;
    };

    static http::response answer(unsigned status, std::string text = {}) {
        http::response given;
        given.status = status;
        given.text = std::move(text);
        return given;
    }

    static std::string field(const http::request& asked, std::string_view name) {
        const std::string* value = asked.headers.find(name);
        return value ? *value : std::string();
    }

    http::response post(const http::request& asked) const {
        if (asked.target.ends_with("?uploads=") || asked.target.ends_with("?uploads")) {
            return answer(200,
                          "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
                          "</InitiateMultipartUploadResult>");
        }
        std::string text(asked.body.size(), '\0');
        asked.body.read(0, std::as_writable_bytes(std::span(text)));
        notes_->completed = text;
        return answer(200, "<CompleteMultipartUploadResult><ETag>\"copied\"</ETag></CompleteMultipartUploadResult>");
    }

    http::response copy_part(const http::request& asked) const {
        if (notes_->refuses) return answer(403, "<Error><Code>AccessDenied</Code></Error>");
        CHECK(field(asked, "x-amz-copy-source") == "/bucket/p/large");
        CHECK(field(asked, "x-amz-copy-source-if-match") == "\"large\"");
        CHECK(asked.body.size() == 0);
        unsigned long long first = 0;
        unsigned long long last = 0;
        const std::string range = field(asked, "x-amz-copy-source-range");
        CHECK(std::sscanf(range.c_str(), "bytes=%llu-%llu", &first, &last) == 2);
        notes_->parts[first] = last;
        return answer(200, "<CopyPartResult><ETag>\"part\"</ETag></CopyPartResult>");
    }

    std::shared_ptr<notes> notes_ = std::make_shared<notes>();
};

std::size_t list_all(const s3_storage& store, std::string_view prefix = "") {
    std::size_t count = 0;
    store.list(prefix, [&](const object_info&) { return ++count != 0; });
    return count;
}

std::vector<object_key> numbered_keys(std::size_t count) {
    std::vector<object_key> keys;
    for (std::size_t i = 0; i < count; ++i) keys.emplace_back("dir/" + std::to_string(i));
    return keys;
}

http::any_transport refusing(const fake_s3& server, std::string method, std::string in_target, http::response refusal) {
    return [=](const http::request& message, const http::exchange_options& options) {
        const bool is_it = message.method == method && message.target.find(in_target) != std::string::npos;
        return is_it ? testing_support::deliver(refusal, options) : server(message, options);
    };
}

}  // namespace

TEST_CASE("a list takes one request a page") {
    const fake_s3 server;
    fill(server, 25);
    server.state().rules.page = 10;
    const s3_storage store("s3://bucket", options_for(server));
    CHECK(list_all(store, "dir") == 25);
    CHECK(server.request_count() == 3);
    CHECK(list_all(store, "absent") == 0);
    CHECK(server.request_count() == 4);
    CHECK(list_all(store, "no/key/") == 0);
    CHECK(server.request_count() == 4);
}

TEST_CASE("a list passes over what is no object key, and over nothing else") {
    const fake_s3 server;
    for (const char* name : {"p/a", "p/", "p//b", "p/./c", "p/d/", "p/e&<>\"'", "p/f\x01g", "other"}) {
        server.state().objects[name] = {.etag = "\"e\""};
    }
    std::vector<std::string> seen;
    s3_storage("s3://bucket/p", options_for(server)).list("", [&](const object_info& object) {
        seen.push_back(object.key.str());
        return true;
    });
    std::ranges::sort(seen);
    CHECK(seen == std::vector<std::string>{"a", "e&<>\"'", "f\x01g"});
}

TEST_CASE("the network fails once, at any request of a list") {
    for (const bool reaches_server : {false, true}) {
        const fake_s3 server;
        fill(server, 5);
        server.state().rules.page = 2;
        const auto steps = fail_at_every_request(server, reaches_server, [&](const http::any_transport& transport) {
            CHECK(list_all(s3_storage("s3://bucket", options_for(transport))) == 5);
        });
        CHECK(steps == 3);
    }
}

TEST_CASE("a list that the server answers with something else fails") {
    const fake_s3 server;
    http::response nonsense;
    nonsense.status = 200;
    nonsense.text = "<html>welcome</html>";
    const s3_storage store("s3://bucket", options_for(refusing(server, "GET", "list-type", nonsense)));
    CHECK(error_of([&] { list_all(store); })->kind() == errc::corrupt);
}

TEST_CASE("a list whose page leads to itself ends") {
    http::response page;
    page.status = 200;
    page.text =
        "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
        "</ListBucketResult>";
    const auto script = testing_support::scripted_transport::in_order({page, page, page, page});
    CHECK(error_of([&] { list_all(s3_storage("s3://bucket", options_for(script))); })->kind() == errc::corrupt);
    CHECK(script.requests().size() == 2);
}

TEST_CASE("many objects are removed by few requests") {
    const fake_s3 server;
    fill(server, 2'500);
    auto keys = numbered_keys(2'500);
    keys.emplace_back("absent");
    for (const auto integrity : {s3_integrity::sha256, s3_integrity::crc32c}) {
        s3_options options = options_for(server);
        options.integrity = integrity;
        server.state().requests.clear();
        s3_storage("s3://bucket", options).remove_batch(keys);
        CHECK(server.request_count() == 3);
        CHECK(server.state().objects.empty());
        fill(server, 2'500);
    }
    s3_storage("s3://bucket", options_for(server)).remove_batch({});
    CHECK(server.request_count() == 3);
}

TEST_CASE("keys that XML can't carry are removed one by one") {
    const fake_s3 server;
    const std::vector<object_key> keys{object_key("a\x01"), object_key("b\x02"), object_key("c"), object_key("d")};
    for (const auto& key : keys) server.state().objects[key.str()] = {.etag = "\"e\""};
    s3_storage("s3://bucket", options_for(server)).remove_batch(keys);
    CHECK(server.state().objects.empty());
    CHECK(server.request_count() == 3);
}

TEST_CASE("a prefix that XML can't carry makes its keys such keys") {
    const fake_s3 server;
    for (const char* name : {"p\x01/a", "p\x01/b"}) server.state().objects[name] = {.etag = "\"e\""};
    s3_storage("s3://bucket/p\x01", options_for(server)).remove_batch(std::vector{object_key("a"), object_key("b")});
    CHECK(server.state().objects.empty());
}

TEST_CASE("a key that is too long is not removed, the others are") {
    const fake_s3 server;
    for (const char* name : {"p/a", "p/b", "p/c"}) server.state().objects[name] = {.etag = "\"e\""};
    const object_key too_long{std::string(object_key::max_size - 1, 'k')};
    const std::vector keys{object_key("a"), too_long, object_key("b"), object_key("c")};
    const auto failure = error_of([&] { s3_storage("s3://bucket/p", options_for(server)).remove_batch(keys); });
    REQUIRE(failure);
    CHECK(failure->kind() == errc::invalid_argument);
    CHECK(failure->key() == too_long.str());
    CHECK(server.state().objects.empty());
    CHECK(server.request_count() == 1);
}

TEST_CASE("a server that can't remove many at once") {
    const fake_s3 server;
    fill(server, 7);
    const auto transport = refusing(server, "POST", "delete", fake_s3::failure(501, "NotImplemented"));
    s3_storage("s3://bucket", options_for(transport)).remove_batch(numbered_keys(7));
    CHECK(server.state().objects.empty());
}

TEST_CASE("errors of single keys") {
    const fake_s3 server;
    fill(server, 5);
    http::response partly;
    partly.status = 200;
    partly.text =
        "<DeleteResult><Error><Key>dir/3</Key><Code>AccessDenied</Code><Message>no</Message></Error>"
        "<Error><Key>dir/1</Key><Code>SlowDown</Code><Message>later</Message></Error></DeleteResult>";
    const auto transport = [=, partly_first = refusing(server, "POST", "delete", partly)](
                               const http::request& message, const http::exchange_options& options) {
        const bool is_3 = message.method == "DELETE" && message.target.ends_with("dir/3");
        return is_3 ? testing_support::deliver(fake_s3::failure(403, "AccessDenied"), options)
                    : partly_first(message, options);
    };
    const auto failure =
        error_of([&] { s3_storage("s3://bucket", options_for(transport)).remove_batch(numbered_keys(5)); });
    REQUIRE(failure);
    CHECK(failure->kind() == errc::access_denied);
    CHECK(failure->key() == "dir/3");
    CHECK_FALSE(server.state().objects.contains("dir/1"));
    CHECK(server.state().objects.contains("dir/3"));
}

TEST_CASE("an error of a key that was not sent is one of any key") {
    const fake_s3 server;
    fill(server, 5);
    http::response odd;
    odd.status = 200;
    odd.text = "<DeleteResult><Error><Key>bucket/dir/3</Key><Code>AccessDenied</Code></Error></DeleteResult>";
    const auto transport = refusing(server, "POST", "delete", odd);
    s3_storage("s3://bucket", options_for(transport)).remove_batch(numbered_keys(5));
    CHECK(server.state().objects.empty());
}

TEST_CASE("the network fails once, at any request of a removal") {
    for (const bool reaches_server : {false, true}) {
        const fake_s3 server;
        fail_at_every_request(server, reaches_server, [&](const http::any_transport& transport) {
            fill(server, 1'200);
            const s3_storage store("s3://bucket", options_for(transport));
            store.remove_batch(numbered_keys(1'199));
            store.remove(object_key("dir/1199"));
            CHECK(server.state().objects.empty());
        });
    }
}

TEST_CASE("copies") {
    const fake_s3 server;
    const s3_storage store("s3://bucket/p", options_for(server));
    const object_key from{"a b+c%d/ü"};
    put_text(store, from, "content");
    const std::size_t before = server.request_count();
    const object_info copied = store.copy(from, object_key("to"));
    CHECK(server.request_count() == before + 2);
    CHECK(copied.size == 7);
    CHECK(copied.etag == store.head(object_key("to"))->etag);
    CHECK(get_text(store, object_key("to")) == "content");
    CHECK(error_of([&] { store.copy(object_key("absent"), from); })->kind() == errc::not_found);

    SUBCASE("with an error inside the 200 are tried again") {
        const auto failing = refusing(server, "PUT", "", fake_s3::failure(200, "InternalError"));
        const s3_storage other("s3://bucket/p", options_for(failing));
        CHECK(error_of([&] { other.copy(from, object_key("other")); })->kind() == errc::unavailable);
        CHECK_FALSE(store.head(object_key("other")));
    }
    SUBCASE("over a network that fails once") {
        for (const bool reaches_server : {false, true}) {
            const auto steps = fail_at_every_request(server, reaches_server, [&](const http::any_transport& transport) {
                server.state().objects.erase("p/again");
                CHECK(s3_storage("s3://bucket/p", options_for(transport)).copy(from, object_key("again")).size == 7);
                CHECK(get_text(store, object_key("again")) == "content");
            });
            CHECK(steps == 2);
        }
    }
}

TEST_CASE("copies above 5 GB go part by part, each of one state of the object") {
    const server_of_a_large_object server;
    const s3_storage store("s3://bucket/p", options_for(server));
    const object_info copied = store.copy(object_key("large"), object_key("to"));
    CHECK(copied.size == server_of_a_large_object::size);
    CHECK(copied.etag == "\"copied\"");
    std::uint64_t next = 0;
    for (const auto& [first, last] : server.parts()) {
        CHECK(first == next);
        CHECK(last - first < 5'000'000'000);
        next = last + 1;
    }
    CHECK(next == server_of_a_large_object::size);
    const std::string list = server.completed();
    CHECK(list.find("<PartNumber>" + std::to_string(server.parts().size()) + "</PartNumber>") != std::string::npos);
    CHECK(list.find("<PartNumber>" + std::to_string(server.parts().size() + 1) + "</PartNumber>") == std::string::npos);
    CHECK(server.aborts() == 0);
}

TEST_CASE("a copy whose part is refused leaves no upload behind") {
    const server_of_a_large_object server;
    server.refuse_parts();
    auto options = options_for(server);
    options.connections = 1;  // while another part is on its way, the upload is aborted twice
    const s3_storage store("s3://bucket/p", options);
    CHECK(error_of([&] { store.copy(object_key("large"), object_key("to")); })->kind() == errc::access_denied);
    CHECK(server.aborts() == 1);
    CHECK(server.completed().empty());
}
