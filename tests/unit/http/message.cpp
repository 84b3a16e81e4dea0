#include <holdfast/http/message.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <holdfast/core/error.hpp>

using namespace holdfast;

namespace {

template <class Call>
error refusal_of(Call call) {
    try {
        call();
    } catch (const error& failure) {
        CHECK(failure.kind() == errc::invalid_argument);
        return failure;
    }
    FAIL("nothing was refused");
    return error(errc::io_failure, "", "", "");
}

std::vector<http::fields::field> all_of(const http::fields& headers) {
    return {headers.begin(), headers.end()};
}

}  // namespace

TEST_CASE("the dot that ends a full name is one") {
    CHECK(detail::without_dot_at_end("minio.ns.svc.cluster.local.") == "minio.ns.svc.cluster.local");
    CHECK(detail::without_dot_at_end("localhost") == "localhost");
    CHECK(detail::without_dot_at_end("a..") == "a.");
    CHECK(detail::without_dot_at_end("").empty());
}

TEST_CASE("URLs and their halves") {
    struct row {
        std::string text;
        http::origin server;
        std::string target;
        std::string host_header;
    };
    for (const auto& [text, server, target, host_header] : std::vector<row>{
             {"https://example.com", {true, "example.com", 443}, "/", "example.com"},
             {"http://example.com", {false, "example.com", 80}, "/", "example.com"},
             {"HTTPS://Example.COM/Path?Q=%2f", {true, "example.com", 443}, "/Path?Q=%2f", "example.com"},
             {"https://a:80/", {true, "a", 80}, "/", "a:80"},
             {"http://a:443", {false, "a", 443}, "/", "a:443"},
             {"https://a:443", {true, "a", 443}, "/", "a"},
             {"http://a:1", {false, "a", 1}, "/", "a:1"},
             {"http://a:65535/", {false, "a", 65535}, "/", "a:65535"},
             {"http://a?x=1", {false, "a", 80}, "/?x=1", "a"},
             {"http://a//b/../c?", {false, "a", 80}, "//b/../c?", "a"},
             {"http://a/x@y:z", {false, "a", 80}, "/x@y:z", "a"},
             {"http://10.0.0.1:9000", {false, "10.0.0.1", 9000}, "/", "10.0.0.1:9000"},
             {"http://my_host-1.local./", {false, "my_host-1.local.", 80}, "/", "my_host-1.local."},
             {"http://[::1]", {false, "::1", 80}, "/", "[::1]"},
             {"https://[2001:DB8::A]:8443/x", {true, "2001:db8::a", 8443}, "/x", "[2001:db8::a]:8443"},
             {"http://[::ffff:10.0.0.1]/", {false, "::ffff:10.0.0.1", 80}, "/", "[::ffff:10.0.0.1]"},
         }) {
        CAPTURE(text);
        const auto parsed = http::url::parse(text);
        CHECK(parsed.server == server);
        CHECK(parsed.target == target);
        CHECK(parsed.server.host_header() == host_header);
    }
}

TEST_CASE("texts that are no URL are refused without being shown") {
    for (const std::string text : {
             "",
             "hunter2",
             "example.com/hunter2",
             "//hunter2",
             "ftp://hunter2/",
             "s3://hunter2/",
             "https:/hunter2",
             "https:hunter2",
             "http://",
             "http:///hunter2",
             "http://:80/hunter2",
             "http://?hunter2",
             "http://user:hunter2@host/",
             "http://hunter2@host",
             "http://@host/hunter2",
             "http://a/#hunter2",
             "http://a#hunter2",
             "http://a:/hunter2",
             "http://a:0/hunter2",
             "http://a:65536/hunter2",
             "http://a:080000/hunter2",
             "http://a:hunter2/",
             "http://a:-1/hunter2",
             "http://a:+1/hunter2",
             "http://a:8 0/hunter2",
             "http://a:80:80/hunter2",
             "http://::1/hunter2",
             "http://[::1/hunter2",
             "http://[]/hunter2",
             "http://[hunter2]/",
             "http://[1.2.3.4]/hunter2",
             "http://[::1]80/hunter2",
             "http://[::1]x:80/hunter2",
             "http://[fe80::1%25eth0]/hunter2",
             "http://[:::]/hunter2",
             "http://[1::2::3]/hunter2",
             "http://.a/hunter2",
             "http://a..b/hunter2",
             "http://-a/hunter2",
             "http://a%2fb/hunter2",
             "http://a\\b/hunter2",
             "http://a,b/hunter2",
             "http://a/hunter2 b",
             "http://a /hunter2",
             " http://a/hunter2",
             "http://a/hunter2\r\nX: y",
             "http://a/hunter2\t",
             "http://a/hunter2\x7F",
             "http://a/\xC3\xA9hunter2",
             "http://\xC3\xA9.de/hunter2",
         }) {
        CAPTURE(text);
        const error failure = refusal_of([&] { http::url::parse(text); });
        CHECK(std::string(failure.what()).find("hunter2") == std::string::npos);
    }
    const std::string text("http://a/\0b", 11);
    refusal_of([&] { http::url::parse(text); });
}

TEST_CASE("origins are equal where a connection can be shared") {
    const http::origin one{true, "a", 443};
    CHECK(one == http::origin{true, "a", 443});
    CHECK(one != http::origin{false, "a", 443});
    CHECK(one != http::origin{true, "b", 443});
    CHECK(one != http::origin{true, "a", 444});
    CHECK(one < http::origin{true, "b", 1});
}

TEST_CASE("fields keep their order and are found without regard to case") {
    http::fields headers;
    CHECK(headers.begin() == headers.end());
    CHECK(headers.find("ETag") == nullptr);
    headers.add("ETag", "\"1\"");
    headers.add("x-amz-meta-a", "");
    headers.add("etag", "\"2\"");
    REQUIRE(headers.find("ETAG") != nullptr);
    CHECK(*headers.find("ETAG") == "\"1\"");
    REQUIRE(headers.find("X-Amz-Meta-A") != nullptr);
    CHECK(headers.find("X-Amz-Meta-A")->empty());
    CHECK(headers.find("ETa") == nullptr);
    CHECK(headers.find("ETagx") == nullptr);
    CHECK(headers.find("") == nullptr);
    using list = std::vector<http::fields::field>;
    CHECK(all_of(headers) == list{{"ETag", "\"1\""}, {"x-amz-meta-a", ""}, {"etag", "\"2\""}});
}

TEST_CASE("setting a field replaces all of its name where the first stood") {
    using list = std::vector<http::fields::field>;
    http::fields headers;
    headers.add("a", "1");
    headers.add("b", "2");
    headers.add("A", "3");
    headers.add("c", "4");
    headers.add("a", "5");
    headers.set("A", "6");
    CHECK(all_of(headers) == list{{"A", "6"}, {"b", "2"}, {"c", "4"}});
    headers.set("d", "7");
    CHECK(all_of(headers) == list{{"A", "6"}, {"b", "2"}, {"c", "4"}, {"d", "7"}});
    headers.erase("B");
    headers.erase("absent");
    headers.set("C", *headers.find("d"));
    CHECK(all_of(headers) == list{{"A", "6"}, {"C", "7"}, {"d", "7"}});
    headers.add("C", "8");
    headers.erase("c");
    CHECK(all_of(headers) == list{{"A", "6"}, {"d", "7"}});
}

TEST_CASE("a field cannot smuggle another line in") {
    http::fields headers;
    headers.add("kept", "1");
    for (const std::string& name : {std::string(), std::string("a b"), std::string("a:"), std::string("a\r\nb"),
                                    std::string("a\0", 2), std::string("\xC3\xA9"), std::string("(a)")}) {
        CAPTURE(name);
        refusal_of([&] { headers.add(name, "value"); });
        refusal_of([&] { headers.set(name, "value"); });
    }
    for (const std::string& value :
         {std::string("hunter2\r\nx: y"), std::string("hunter2\n"), std::string("hunter2\r"),
          std::string("hunter2\0", 8), std::string("hunter2\x7F"), std::string("hunter2\x1B")}) {
        for (const error& failure :
             {refusal_of([&] { headers.add("kept", value); }), refusal_of([&] { headers.set("kept", value); })}) {
            CHECK(failure.key() == "kept");
            CHECK(std::string(failure.what()).find("hunter2") == std::string::npos);
        }
    }
    CHECK(all_of(headers) == std::vector<http::fields::field>{{"kept", "1"}});
    headers.add("!#$%&'*+-.^_`|~09azAZ", "a\tb \xC3\xA9");
    CHECK(*headers.find("!#$%&'*+-.^_`|~09azaz") == "a\tb \xC3\xA9");
}
