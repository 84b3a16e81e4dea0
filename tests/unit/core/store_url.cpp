#include <holdfast/core/store_url.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <holdfast/core/error.hpp>

using namespace holdfast;

TEST_CASE("store URLs, what they name and how they are written") {
    struct row {
        std::string text;
        store_url url;
        std::string written;
    };
    for (const auto& [text, url, written] : std::vector<row>{
             {"dir/sub", {"file", "", "dir/sub"}, "dir/sub"},
             {"dir//", {"file", "", "dir"}, "dir"},
             {"/dir/", {"file", "", "/dir"}, "/dir"},
             {"/", {"file", "", "/"}, "/"},
             {"//", {"file", "", "/"}, "/"},
             {".", {"file", "", "."}, "."},
             {"../a", {"file", "", "../a"}, "../a"},
             {"/a?b#c@d:e", {"file", "", "/a?b#c@d:e"}, "/a?b#c@d:e"},
             {"./a:b", {"file", "", "./a:b"}, "./a:b"},
             {"\xFFx", {"file", "", "\xFFx"}, "\xFFx"},
             {"file:/dir/", {"file", "", "/dir"}, "/dir"},
             {"file:///dir/a%20b", {"file", "", "/dir/a%20b"}, "/dir/a%20b"},
             {"file:dir", {"file", "", "dir"}, "dir"},
             {"file:///", {"file", "", "/"}, "/"},
             {"FILE:/dir", {"file", "", "/dir"}, "/dir"},
             {"s3://bucket", {"s3", "bucket", ""}, "s3://bucket"},
             {"s3://bucket/", {"s3", "bucket", ""}, "s3://bucket"},
             {"s3://bucket/a/b//", {"s3", "bucket", "a/b"}, "s3://bucket/a/b"},
             {"s3://bucket//a//b", {"s3", "bucket", "a//b"}, "s3://bucket/a//b"},
             {"S3://Bucket/A", {"s3", "Bucket", "A"}, "s3://Bucket/A"},
             {"gs://bucket/a@b", {"gs", "bucket", "a@b"}, "gs://bucket/a@b"},
             {"azure://container", {"azure", "container", ""}, "container"},
             {"azure://container/a/b", {"azure", "container", "a/b"}, "container/a/b"},
             {"https://host:9000/a", {"https", "host:9000", "a"}, "https://host:9000/a"},
             {"http://[::1]:80", {"http", "[::1]:80", ""}, "http://[::1]:80"},
             {"memory:name", {"memory", "name", ""}, "memory:name"},
             {"memory:name/a", {"memory", "name", "a"}, "memory:name/a"},
             {"memory:", {"memory", "", ""}, "memory:"},
         }) {
        CAPTURE(text);
        CHECK(store_url::parse(text) == url);
        CHECK(url.str() == written);
        if (url.scheme != "azure") CHECK(store_url::parse(written) == url);
    }
}

TEST_CASE("texts that are no store URL; no error shows them") {
    for (const std::string& text : std::vector<std::string>{
             "",
             "ftp://secret/x",
             ":secret",
             "://secret",
             "secret:dir",
             std::string("secret\0", 7),
             std::string("s3://secret\0", 12),
             "file:",
             "file://",
             "file://secret/dir",
             "file://user:secret@host/dir",
             "s3:secret",
             "s3:/secret",
             "s3://",
             "s3:///secret",
             "gs://",
             "azure:///secret",
             "https://",
             "http:///secret",
             "s3://user:secret@bucket/prefix",
             "https://user:secret@host/path",
             "https://secret@host",
             "https://host/path?sig=secret",
             "https://host/path#secret",
             "s3://bucket/a?versionId=secret",
             "memory:name?secret",
             "file:/dir#secret",
             "s3://bu cket/secret",
             "s3://buck\xC3\xA9t/secret",
             "s3://bucket/secret\xFF",
             "s3://bucket/../secret",
             "s3://bucket/secret/.",
             "s3://bucket/./secret",
             "memory:name/..",
         }) {
        CAPTURE(text);
        try {
            store_url::parse(text);
            FAIL("accepted");
        } catch (const error& failure) {
            CHECK(failure.kind() == errc::invalid_argument);
            CHECK(std::string(failure.what()).find("secret") == std::string::npos);
        }
    }
}

TEST_CASE("the URL of an object is root, '/', key") {
    const object_key key("mf.checkpoints/a");
    CHECK(store_url::parse("s3://bucket/prefix").of(key) == "s3://bucket/prefix/mf.checkpoints/a");
    CHECK(store_url::parse("s3://bucket").of(key) == "s3://bucket/mf.checkpoints/a");
    CHECK(store_url::parse("azure://container/p").of(key) == "container/p/mf.checkpoints/a");
    CHECK(store_url::parse("/dir").of(key) == "/dir/mf.checkpoints/a");
    CHECK(store_url::parse("/").of(key) == "/mf.checkpoints/a");
    CHECK(store_url::parse("dir").of(key) == "dir/mf.checkpoints/a");
    CHECK(store_url::parse("memory:name").of(key) == "memory:name/mf.checkpoints/a");
}
