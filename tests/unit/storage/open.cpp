#include <holdfast/storage/open.hpp>

#include <doctest/doctest.h>

#include <string>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/operations.hpp>

using namespace holdfast;

TEST_CASE("open_storage opens a directory") {
    const detail::temp_directory scratch;
    const auto storage = open_storage(store_url::parse(scratch.path().string()));
    put_text(storage, object_key("key"), "text");
    CHECK(get_text(local_storage(scratch.path()), object_key("key")) == "text");
    CHECK(storage.url().str() == scratch.path().string());
}

TEST_CASE("open_storage makes a new memory store at each call") {
    const auto url = store_url::parse("memory:name");
    const auto storage = open_storage(url);
    put_text(storage, object_key("key"), "text");
    CHECK(storage.url() == url);
    CHECK(list_all(open_storage(url), "").empty());
}

TEST_CASE("open_storage opens a bucket with the options given") {
    open_options options;
    options.s3.endpoint = "not a URL";
    const auto url = store_url::parse("s3://bucket/prefix");
    CHECK_THROWS_AS(open_storage(url, options), error);
    options.s3.endpoint = "http://127.0.0.1:9";
    CHECK(open_storage(url, options).url() == url);
}

TEST_CASE("open_storage says what it cannot open") {
    for (const std::string url : {"gs://bucket", "azure://container", "https://host/path"}) {
        CAPTURE(url);
        try {
            open_storage(store_url::parse(url));
            FAIL("no error");
        } catch (const error& failure) {
            CHECK(failure.kind() == errc::unsupported);
            CHECK(failure.message() == "this build holds local and S3 stores; give a directory or an s3: URL");
        }
    }
}
