#include <holdfast/storage/s3/condition.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include <holdfast/core/error.hpp>
#include <holdfast/storage/s3.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/fake_s3.hpp>
#include <tests/support/s3_options.hpp>

namespace {

using namespace holdfast;
using namespace holdfast::s3;
using testing_support::error_of;
using testing_support::failure_of;
using testing_support::fake_s3;
using testing_support::options_for;

const object_key key{"dir/key"};

client client_for(http::any_transport transport) {
    s3_options options = options_for(std::move(transport));
    auto address = resolve(store_url::parse("s3://bucket/prefix"), options);
    return {std::move(address), std::move(options)};
}

http::response answer_of(unsigned status, std::string_view code = {}) {
    http::response answer;
    answer.status = status;
    if (!code.empty()) answer.text = "<Error><Code>" + std::string(code) + "</Code></Error>";
    return answer;
}

std::string sent(const operation& what, std::string_view name) {
    const std::string* value = what.headers.find(name);
    return value != nullptr ? *value : "none";
}

TEST_CASE("new_writer_mark: 128 random bits in hexadecimal") {
    const auto mark = new_writer_mark();
    CHECK(mark.size() == 32);
    CHECK(mark.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(new_writer_mark() != mark);
}

TEST_CASE("add_object_headers: what the options say of a stored object, and the writer's mark") {
    operation what{.verb = "put"};
    SUBCASE("nothing") {
        add_object_headers(what, {});
        CHECK(sent(what, "x-amz-server-side-encryption") == "none");
        CHECK(sent(what, "x-amz-storage-class") == "none");
        CHECK(sent(what, "x-amz-meta-holdfast-writer") == "none");
    }
    SUBCASE("everything") {
        s3_options options;
        options.server_side_encryption = "aws:kms";
        options.kms_key_id = "alias/checkpoints";
        options.storage_class = "STANDARD_IA";
        add_object_headers(what, options, "0123");
        CHECK(sent(what, "x-amz-server-side-encryption") == "aws:kms");
        CHECK(sent(what, "x-amz-server-side-encryption-aws-kms-key-id") == "alias/checkpoints");
        CHECK(sent(what, "x-amz-storage-class") == "STANDARD_IA");
        CHECK(sent(what, "x-amz-meta-holdfast-writer") == "0123");
    }
}

TEST_CASE("add_condition_headers: none, create-only, compare-and-swap with the etag in quotes") {
    operation any{.verb = "put"};
    operation create = any;
    operation swap = any;
    add_condition_headers(any, {});
    add_condition_headers(create, {.if_absent = true});
    add_condition_headers(swap, {.if_match = "abc"});
    CHECK(sent(any, "If-Match") == "none");
    CHECK(sent(any, "If-None-Match") == "none");
    CHECK(sent(create, "If-None-Match") == "*");
    CHECK(sent(swap, "If-Match") == "\"abc\"");
}

TEST_CASE("is_condition_failure: 412, and a swap of what is gone; never for a put without a condition") {
    const put_condition create{.if_absent = true};
    const put_condition swap{.if_match = "\"abc\""};
    CHECK(is_condition_failure(answer_of(412), create));
    CHECK(is_condition_failure(answer_of(412), swap));
    CHECK_FALSE(is_condition_failure(answer_of(412), {}));
    CHECK(is_condition_failure(answer_of(404, "NoSuchKey"), swap));
    CHECK_FALSE(is_condition_failure(answer_of(404, "NoSuchKey"), create));
    CHECK_FALSE(is_condition_failure(answer_of(404, "NoSuchBucket"), swap));
    CHECK_FALSE(is_condition_failure(answer_of(409, "ConditionalRequestConflict"), swap));
    CHECK_FALSE(is_condition_failure(answer_of(200), create));
}

TEST_CASE("find_object: what HEAD says, with the mark of its writer") {
    const fake_s3 server;
    server.state().objects["prefix/dir/key"] = {
        .content = "12345", .etag = "\"e\"", .mark = "0123", .modified = server.state().now - std::chrono::hours(1)};
    auto store = client_for(server);
    const auto found = find_object(store, "head", key);
    REQUIRE(found);
    CHECK(found->info.key == key);
    CHECK(found->info.size == 5);
    CHECK(found->info.etag == "\"e\"");
    CHECK(found->info.modified == server.state().now - std::chrono::hours(1));
    CHECK(found->mark == "0123");
    CHECK_FALSE(find_object(store, "head", object_key("dir/other")));
}

TEST_CASE("find_object: an answer without a size, and a bucket that is not there, are errors") {
    const auto look = [](const http::any_transport& transport) {
        return failure_of([&] {
            auto store = client_for(transport);
            find_object(store, "head", key);
        });
    };
    const auto deaf = [](const http::request&, const http::exchange_options& options) {
        return testing_support::deliver(answer_of(200), options);
    };
    CHECK(look(deaf) == errc::corrupt);
    const fake_s3 server;
    server.state().bucket = "another";
    CHECK(look(server) == errc::not_configured);
}

TEST_CASE("require_object: what HEAD says of an object that is there, and has an ETag") {
    const fake_s3 server;
    server.state().objects["prefix/dir/key"] = {.content = "12345", .etag = "\"e\""};
    server.state().objects["prefix/bare"] = {.content = "12345", .etag = ""};
    auto store = client_for(server);
    CHECK(require_object(store, "copy", key).etag == "\"e\"");
    CHECK(failure_of([&] { require_object(store, "copy", object_key("absent")); }) == errc::not_found);
    const auto bare = error_of([&] { require_object(store, "copy", object_key("bare")); });
    REQUIRE(bare);
    CHECK(bare->kind() == errc::unsupported);
    CHECK(bare->operation() == "copy");
    CHECK(bare->key() == "bare");
    CHECK(find_object(store, "put", object_key("bare")));
}

TEST_CASE("dates: of the object, else of the answer, else of the clock here") {
    const fake_s3 server;
    const auto store = client_for(server);
    auto answer = answer_of(200);
    CHECK(date_of(answer, store) >= store.now() - std::chrono::hours(1));
    answer.headers.set("Date", "Tue, 24 Nov 2026 10:00:00 GMT");
    const auto ten = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + std::chrono::hours(10);
    CHECK(date_of(answer, store) == ten);
    CHECK(modified_of(answer, store) == ten);
    answer.headers.set("Last-Modified", "Tue, 24 Nov 2026 09:00:00 GMT");
    CHECK(modified_of(answer, store) == ten - std::chrono::hours(1));
}

TEST_CASE("etag_of: in quotes, whatever the server sends") {
    auto answer = answer_of(200);
    CHECK(etag_of(answer).empty());
    answer.headers.set("ETag", "abc");
    CHECK(etag_of(answer) == "\"abc\"");
    answer.headers.set("ETag", "\"abc\"");
    CHECK(etag_of(answer) == "\"abc\"");
}

}  // namespace
