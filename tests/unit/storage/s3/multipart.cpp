#include <holdfast/storage/s3/multipart.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/core/byte_source.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/storage/s3/config.hpp>
#include <tests/support/failures.hpp>
#include <tests/support/fake_s3.hpp>
#include <tests/support/s3_options.hpp>

namespace {

using namespace holdfast;
using holdfast::s3::multipart_upload;
using testing_support::deliver;
using testing_support::error_of;
using testing_support::failure_of;
using testing_support::fake_s3;
using testing_support::options_for;

const object_key key{"dir/key"};

s3::client client_for(http::any_transport transport, s3_integrity integrity = s3_integrity::none) {
    s3_options options = options_for(std::move(transport));
    options.integrity = integrity;
    auto address = s3::resolve(store_url::parse("s3://bucket"), options);
    return {std::move(address), std::move(options)};
}

byte_source text(std::string content) {
    return byte_source::from_text(std::move(content));
}

/// A server that takes parts of any size, and a client of it.
struct fixture {
    fixture() { server.state().rules.least_part = 1; }

    std::size_t count(std::string_view method, std::string_view in_target) const {
        return static_cast<std::size_t>(std::ranges::count_if(server.state().requests, [&](const http::request& one) {
            return one.method == method && one.target.find(in_target) != std::string::npos;
        }));
    }

    /// Begins an upload as another program would, and returns its id.
    std::string begin_upload(const std::string& of = "dir/key") const {
        const std::string id = "other-" + std::to_string(++server.state().next_id);
        server.state().uploads[id] = {.key = of, .initiated = server.state().now};
        return id;
    }

    fake_s3 server;
    mutable s3::client store = client_for(server);
};

/// Passes requests on, but answers those of one kind itself.
http::any_transport answering(const fake_s3& server, std::string method, std::string in_target,
                              const http::response& answer) {
    return [=](const http::request& message, const http::exchange_options& options) {
        const bool is_meant = message.method == method && message.target.find(in_target) != std::string::npos;
        return is_meant ? deliver(answer, options) : server(message, options);
    };
}

std::vector<std::string> ids_of(const s3::unfinished_uploads& found) {
    std::vector<std::string> ids;
    for (const auto& upload : found.uploads) ids.push_back(upload.id);
    return ids;
}

/// Whether a call ends with the error that asks to begin anew.
template <class Call>
bool is_lost(Call call) {
    try {
        call();
    } catch (const s3::upload_lost&) {
        return true;
    }
    return false;
}

TEST_CASE_FIXTURE(fixture, "multipart_upload: parts become the object, in whatever order they were sent") {
    multipart_upload upload(store, {.verb = "put", .key = key});
    upload.create();
    const auto second = upload.send_part(2, text("second"), {});
    const auto first = upload.send_part(1, text("first "), {});
    CHECK(second.number == 2);
    CHECK(second.size == 6);
    CHECK_FALSE(second.crc32c);
    const auto info = upload.complete(std::vector{first, second});
    REQUIRE(info);
    CHECK(info->key == key);
    CHECK(info->size == 12);
    CHECK(info->modified == server.state().now);
    CHECK(server.state().objects.at("dir/key").content == "first second");
    CHECK(info->etag == server.state().objects.at("dir/key").etag);
    CHECK(server.state().uploads.empty());
}

TEST_CASE_FIXTURE(fixture, "multipart_upload: one that is not completed is aborted, one that is completed is not") {
    {
        multipart_upload upload(store, {.verb = "put", .key = key});
        upload.create();
        upload.send_part(1, text("x"), {});
        REQUIRE(server.state().uploads.size() == 1);
    }
    CHECK(server.state().uploads.empty());
    CHECK(server.state().objects.empty());
    CHECK(count("DELETE", "uploadId=") == 1);
    { const multipart_upload never_begun(store, {.verb = "put", .key = key}); }
    {
        multipart_upload upload(store, {.verb = "put", .key = key});
        upload.create();
        upload.complete(std::vector{upload.send_part(1, text("x"), {})});
    }
    CHECK(count("DELETE", "uploadId=") == 1);
    CHECK(server.state().objects.size() == 1);
}

TEST_CASE_FIXTURE(fixture, "multipart_upload: an abort does not heed the caller's wish to stop, everything else does") {
    std::stop_source stop;
    {
        multipart_upload upload(store, {.verb = "put", .key = key, .stop = stop.get_token()});
        upload.create();
        const auto part = upload.send_part(1, text("x"), {});
        stop.request_stop();
        CHECK(failure_of([&] { upload.parts(); }) == errc::cancelled);
        CHECK(failure_of([&] { upload.complete(std::vector{part}); }) == errc::cancelled);
        CHECK(failure_of([&] { upload.find_unfinished(); }) == errc::cancelled);
    }
    CHECK(server.state().uploads.empty());
    CHECK(server.state().objects.empty());
    multipart_upload late(store, {.verb = "put", .key = key, .stop = stop.get_token()});
    CHECK(failure_of([&] { late.create(); }) == errc::cancelled);
}

TEST_CASE_FIXTURE(fixture, "multipart_upload: checksums are of each part and of the whole") {
    auto checked = client_for(server, s3_integrity::crc32c);
    multipart_upload upload(checked, {.verb = "put", .key = key, .checksums = true});
    upload.create();
    const std::vector parts{upload.send_part(1, text("1234"), {}), upload.send_part(2, text("56789"), {})};
    CHECK(parts[0].crc32c == detail::crc32c(0, std::as_bytes(std::span("1234", 4))));
    const auto info = upload.complete(parts);
    REQUIRE(info);
    CHECK(info->crc32c == 0xe3069283);  // the catalogue of CRCs: CRC-32C of "123456789"
    CHECK(server.state().objects.at("dir/key").crc32c == 0xe3069283);
}

TEST_CASE_FIXTURE(fixture, "multipart_upload: a server that knows no checksum of the whole is asked for less") {
    const auto old = [this](const http::request& message, const http::exchange_options& options) {
        const bool wants_whole = message.headers.find("x-amz-checksum-type") != nullptr;
        return wants_whole ? deliver(fake_s3::failure(400, "InvalidRequest"), options) : server(message, options);
    };
    auto checked = client_for(old, s3_integrity::crc32c);
    multipart_upload upload(checked, {.verb = "put", .key = key, .checksums = true});
    upload.create();
    CHECK(upload.complete(std::vector{upload.send_part(1, text("x"), {})}));
    CHECK(server.state().objects.at("dir/key").content == "x");
    CHECK(server.state().uploads.empty());
}

TEST_CASE_FIXTURE(fixture, "multipart_upload: all pages of the parts are read, in order") {
    server.state().rules.page = 2;
    multipart_upload upload(store, {.verb = "put", .key = key});
    upload.create();
    CHECK(upload.parts().empty());
    for (unsigned number = 5; number >= 1; --number) upload.send_part(number, text(std::string(number, 'x')), {});
    const auto found = upload.parts();
    REQUIRE(found.size() == 5);
    for (unsigned i = 0; i < 5; ++i) {
        CHECK(found[i].number == i + 1);
        CHECK(found[i].size == i + 1);
    }
}

TEST_CASE("multipart_upload: an answer that is no list of parts is an error, on the first page and later") {
    http::response portal;
    portal.status = 200;
    portal.text = "<html>sign in</html>";
    for (const std::string page : {"uploadId=", "part-number-marker="}) {
        CAPTURE(page);
        const fixture world;
        world.server.state().rules.page = 1;
        multipart_upload upload(world.store, {.verb = "put", .key = key});
        upload.create();
        for (unsigned number = 1; number <= 2; ++number) upload.send_part(number, text("x"), {});
        auto behind_a_portal = client_for(answering(world.server, "GET", page, portal));
        multipart_upload same(behind_a_portal, {.verb = "put", .key = key});
        same.take_over(world.server.state().uploads.begin()->first);
        const auto failure = error_of([&] { same.parts(); });
        CHECK(failure->kind() == errc::corrupt);
    }
}

TEST_CASE_FIXTURE(fixture, "multipart_upload: an upload that another program ended is lost, whatever is asked of it") {
    multipart_upload upload(store, {.verb = "put", .key = key});
    upload.create();
    const auto part = upload.send_part(1, text("x"), {});
    server.state().uploads.clear();
    server.state().objects["source"] = {.content = "y", .etag = "\"y\""};
    CHECK(is_lost([&] { upload.parts(); }));
    CHECK(is_lost([&] { upload.send_part(2, text("y"), {}); }));
    CHECK(is_lost([&] { upload.copy_part(2, "/bucket/source", "\"y\"", 0, 1, {}); }));
    CHECK(is_lost([&] { upload.complete(std::vector{part}); }));
    const auto failure = error_of([&] { upload.parts(); });
    REQUIRE(failure);
    CHECK(failure->kind() == errc::unavailable);
    CHECK(failure->operation() == "put");
    CHECK(failure->key() == "dir/key");
}

TEST_CASE_FIXTURE(fixture, "multipart_upload: a part that another program replaced is noticed at the end") {
    multipart_upload upload(store, {.verb = "put", .key = key});
    upload.create();
    const auto part = upload.send_part(1, text("ours"), {});
    server.state().uploads.begin()->second.parts[1].etag = "\"another's\"";
    CHECK(is_lost([&] { upload.complete(std::vector{part}); }));
    CHECK(server.state().objects.empty());
}

TEST_CASE_FIXTURE(fixture, "multipart_upload: a refusal that concerns only the caller is no lost upload") {
    auto refused = client_for(answering(server, "PUT", "partNumber=", fake_s3::failure(403, "AccessDenied")));
    multipart_upload upload(refused, {.verb = "put", .key = key});
    upload.create();
    const auto send = [&] { upload.send_part(1, text("x"), {}); };
    CHECK(failure_of(send) == errc::access_denied);
    CHECK_FALSE(failure_of([&] { CHECK_FALSE(is_lost([&] { upload.parts(); })); }));
}

TEST_CASE_FIXTURE(fixture, "multipart_upload: a part without an ETag in the answer is none") {
    http::response bare;
    bare.status = 200;
    auto odd = client_for(answering(server, "PUT", "partNumber=", bare));
    multipart_upload upload(odd, {.verb = "put", .key = key});
    upload.create();
    CHECK(failure_of([&] { upload.send_part(1, text("x"), {}); }) == errc::corrupt);
}

TEST_CASE_FIXTURE(fixture, "multipart_upload: where the condition fails there is no object and no error") {
    server.state().objects["dir/key"] = {.content = "there", .etag = "\"there\""};
    for (const s3::put_condition& condition :
         {s3::put_condition{.if_absent = true}, s3::put_condition{.if_match = "\"other\""}}) {
        multipart_upload upload(store, {.verb = "put", .key = key, .condition = condition});
        upload.create();
        CHECK_FALSE(upload.complete(std::vector{upload.send_part(1, text("x"), {})}));
        CHECK(server.state().objects.at("dir/key").content == "there");
    }
    CHECK(server.state().uploads.empty());
}

TEST_CASE_FIXTURE(fixture, "multipart_upload: the newest unfinished upload of exactly the key is taken over") {
    begin_upload();
    server.state().now += std::chrono::hours(1);
    const auto newest = begin_upload();
    server.state().now += std::chrono::hours(1);
    begin_upload("dir/key2");
    begin_upload("dir/ke");
    multipart_upload upload(store, {.verb = "put", .key = key});
    CHECK(upload.find_unfinished() == newest);
    upload.take_over(newest);
    CHECK(upload.complete(std::vector{upload.send_part(1, text("x"), {})}));
    CHECK(server.state().objects.at("dir/key").content == "x");
    CHECK(server.state().uploads.size() == 3);
}

TEST_CASE_FIXTURE(fixture, "multipart_upload: what a lost request began is taken over where it can be no other's") {
    bool has_rival = false;
    auto losing =
        client_for([&, is_first = true](const http::request& message, const http::exchange_options& options) mutable {
            const http::response answer = server(message, options);
            const bool is_lost = message.method == "POST" && std::exchange(is_first, false);
            if (is_lost && has_rival) begin_upload();
            if (is_lost) throw error(errc::unavailable, "send", "", "the answer is lost");
            return answer;
        });
    const auto create = [&](bool looks_first) {
        multipart_upload upload(losing, {.verb = "put", .key = key});
        if (looks_first) CHECK_FALSE(upload.find_unfinished());
        upload.create();
    };
    SUBCASE("none was there before, and one is") {
        create(true);
        CHECK(count("POST", "uploads=") == 1);
        CHECK(server.state().uploads.empty());
    }
    SUBCASE("create looks before where nobody has") {
        create(false);
        CHECK(count("POST", "uploads=") == 1);
        CHECK(server.state().uploads.empty());
    }
    SUBCASE("not where there was another before") {
        begin_upload();
        create(false);
        CHECK(count("POST", "uploads=") == 2);
        CHECK(server.state().uploads.size() == 2);
    }
    SUBCASE("not where there are two") {
        has_rival = true;
        create(true);
        CHECK(count("POST", "uploads=") == 2);
        CHECK(server.state().uploads.size() == 2);
    }
}

TEST_CASE_FIXTURE(fixture, "multipart_upload: a server that can't list uploads has none to take over") {
    begin_upload();
    for (const unsigned status : {403U, 501U, 500U}) {
        CAPTURE(status);
        auto mute = client_for(answering(server, "GET", "uploads=", fake_s3::failure(status, "NotForYou")));
        CHECK_FALSE(multipart_upload(mute, {.verb = "put", .key = key}).find_unfinished());
    }
    auto nowhere = client_for(answering(server, "GET", "uploads=", fake_s3::failure(404, "NoSuchBucket")));
    CHECK(failure_of([&] { multipart_upload(nowhere, {.verb = "put", .key = key}).find_unfinished(); }) ==
          errc::not_configured);
}

TEST_CASE_FIXTURE(fixture, "multipart_upload: parts are copied from an object of one state") {
    server.state().objects["source"] = {.content = "0123456789", .etag = "\"state\""};
    multipart_upload upload(store, {.verb = "copy", .key = key});
    upload.create();
    const std::vector parts{upload.copy_part(1, "/bucket/source", "\"state\"", 2, 3, {}),
                            upload.copy_part(2, "/bucket/source", "", 9, 1, {})};
    CHECK(parts[0].size == 3);
    CHECK(failure_of([&] { upload.copy_part(3, "/bucket/source", "\"other\"", 0, 1, {}); }).has_value());
    CHECK(upload.complete(parts));
    CHECK(server.state().objects.at("dir/key").content == "2349");
}

TEST_CASE_FIXTURE(fixture, "list_unfinished: of one key, or of all below a prefix, on every page") {
    const auto one = begin_upload("dir/key");
    const auto deep = begin_upload("dir/key/deep");
    const auto alike = begin_upload("dir/key2");
    const auto apart = begin_upload("other");
    const s3::operation what{.verb = "clean"};
    for (const std::size_t page : {1U, 2U, 1000U}) {
        CAPTURE(page);
        server.state().rules.page = page;
        CHECK(ids_of(s3::list_unfinished(store, what, "dir/key")) == std::vector{one});
        CHECK(ids_of(s3::list_unfinished(store, what, "dir/key/")) == std::vector{deep});
        CHECK(ids_of(s3::list_unfinished(store, what, "dir/")) == std::vector{one, deep, alike});
        CHECK(ids_of(s3::list_unfinished(store, what, "")) == std::vector{one, deep, alike, apart});
    }
    CHECK(s3::list_unfinished(store, what, "").as_of == server.state().now);
}

TEST_CASE_FIXTURE(fixture, "list_unfinished: an answer that is no list is an error, not an empty list") {
    http::response page;
    page.status = 200;
    page.text = "<html>sign in</html>";
    auto behind_a_portal = client_for(answering(server, "GET", "uploads=", page));
    CHECK(failure_of([&] { s3::list_unfinished(behind_a_portal, {.verb = "clean"}, ""); }) == errc::corrupt);
}

TEST_CASE("list_unfinished and multipart_upload: a page that leads to itself is an error") {
    const auto truncated = [](const std::string& root, const std::string& markers) {
        http::response page;
        page.status = 200;
        page.text = "<" + root + "><IsTruncated>true</IsTruncated>" + markers + "</" + root + ">";
        return testing_support::scripted_transport::in_order({page, page, page, page});
    };
    const auto uploads = truncated("ListMultipartUploadsResult",
                                   "<NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>");
    auto lister = client_for(uploads);
    CHECK(failure_of([&] { s3::list_unfinished(lister, {.verb = "clean"}, ""); }) == errc::corrupt);
    CHECK(uploads.requests().size() == 2);
    const auto parts = truncated("ListPartsResult", "<NextPartNumberMarker>1</NextPartNumberMarker>");
    auto reader = client_for(parts);
    multipart_upload upload(reader, {.verb = "put", .key = key});
    upload.take_over("other");
    CHECK(failure_of([&] { upload.parts(); }) == errc::corrupt);
    CHECK(parts.requests().size() == 2);
}

TEST_CASE_FIXTURE(fixture, "abort_upload: frees the upload; one that is gone is no error, a refusal is") {
    const auto id = begin_upload();
    const s3::operation what{.verb = "clean", .shown = "key", .object = "dir/key"};
    s3::abort_upload(store, what, id);
    CHECK(server.state().uploads.empty());
    CHECK_FALSE(failure_of([&] { s3::abort_upload(store, what, id); }));
    auto refused = client_for(answering(server, "DELETE", "", fake_s3::failure(403, "AccessDenied")));
    CHECK(failure_of([&] { s3::abort_upload(refused, what, id); }) == errc::access_denied);
}

}  // namespace
