#include <holdfast/http/proxy.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <holdfast/core/error.hpp>
#include <tests/support/failures.hpp>

using namespace holdfast;
using testing_support::error_of;
using testing_support::failure_of;

namespace {

http::proxy_settings settings(environment::variables values) {
    return http::proxy_settings::from_environment(environment(std::move(values), "/", "/"));
}

bool goes_direct(const std::string& no_proxy, const http::origin& server) {
    return settings({{"all_proxy", "p"}, {"no_proxy", no_proxy}}).find(server) == nullptr;
}

http::origin host(std::string name, std::uint16_t port = 443) {
    return {true, std::move(name), port};
}

}  // namespace

TEST_CASE("without variables every connection is direct") {
    const auto none = settings({{"no_proxy", "a,b"}, {"http_proxy", ""}, {"ALL_PROXY", ""}});
    CHECK_FALSE(none.for_http.has_value());
    CHECK_FALSE(none.for_https.has_value());
    CHECK(none.find(host("c")) == nullptr);
    CHECK(none.direct == std::vector<std::string>{"a", "b"});
}

TEST_CASE("each scheme has its variable, in lower case before upper case, and ALL_PROXY behind") {
    const auto used = [](environment::variables values, bool tls) {
        const auto read = settings(std::move(values));
        const http::proxy* found = read.find({tls, "server", 1});
        return found != nullptr ? found->server.host : "";
    };
    CHECK(used({{"HTTP_PROXY", "a"}, {"HTTPS_PROXY", "b"}}, false) == "a");
    CHECK(used({{"HTTP_PROXY", "a"}, {"HTTPS_PROXY", "b"}}, true) == "b");
    CHECK(used({{"http_proxy", "a"}}, true) == "");
    CHECK(used({{"https_proxy", "a"}}, false) == "");
    CHECK(used({{"http_proxy", "a"}, {"HTTP_PROXY", "b"}}, false) == "a");
    CHECK(used({{"https_proxy", "a"}, {"HTTPS_PROXY", "b"}}, true) == "a");
    CHECK(used({{"https_proxy", ""}, {"HTTPS_PROXY", "b"}}, true) == "");
    CHECK(used({{"https_proxy", ""}, {"HTTPS_PROXY", "b"}, {"ALL_PROXY", "c"}}, true) == "c");
    CHECK(used({{"ALL_PROXY", "a"}, {"all_proxy", "b"}}, true) == "b");
    CHECK(used({{"ALL_PROXY", "a"}, {"http_proxy", "b"}}, false) == "b");
    CHECK(used({{"ALL_PROXY", "a"}, {"http_proxy", "b"}}, true) == "a");
    CHECK(used({{"all_proxy", "a"}, {"no_proxy", ""}, {"NO_PROXY", "*"}}, true) == "a");
    CHECK(used({{"all_proxy", "a"}, {"NO_PROXY", "*"}}, true) == "");
}

TEST_CASE("in a CGI program HTTP_PROXY is a client's header") {
    CHECK_FALSE(settings({{"HTTP_PROXY", "a"}, {"REQUEST_METHOD", "GET"}}).for_http.has_value());
    CHECK(settings({{"http_proxy", "a"}, {"REQUEST_METHOD", "GET"}}).for_http->server.host == "a");
    CHECK(settings({{"HTTPS_PROXY", "a"}, {"REQUEST_METHOD", "GET"}}).for_https->server.host == "a");
    CHECK(settings({{"HTTP_PROXY", "a"}, {"ALL_PROXY", "b"}, {"REQUEST_METHOD", "GET"}}).for_http->server.host == "b");
}

TEST_CASE("proxies and their credentials") {
    struct row {
        std::string text;
        http::origin server;
        std::string authorization;
    };
    for (const auto& [text, server, authorization] : std::vector<row>{
             {"proxy", {false, "proxy", 80}, ""},
             {"proxy:3128", {false, "proxy", 3128}, ""},
             {"http://Proxy:3128/", {false, "proxy", 3128}, ""},
             {"HTTPS://proxy", {true, "proxy", 443}, ""},
             {"[::1]:3128", {false, "::1", 3128}, ""},
             {"http://Aladdin:open%20sesame@proxy:1", {false, "proxy", 1}, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
             {"Aladdin:open%20sesame@proxy:1", {false, "proxy", 1}, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
             {"http://u@proxy", {false, "proxy", 80}, "Basic dTo="},
             {"http://u:@proxy", {false, "proxy", 80}, "Basic dTo="},
             {"http://:p@proxy", {false, "proxy", 80}, "Basic OnA="},
             {"http://@proxy", {false, "proxy", 80}, ""},
             {"http://u:p@p@proxy", {false, "proxy", 80}, "Basic dTpwQHA="},
             {"http://u:p:p@proxy", {false, "proxy", 80}, "Basic dTpwOnA="},
             {"http://u:%2f%40%3A%25@proxy", {false, "proxy", 80}, "Basic dTovQDol"},
             {"http://%C3%A9:%00@proxy", {false, "proxy", 80}, "Basic w6k6AA=="},
         }) {
        CAPTURE(text);
        const auto read = settings({{"https_proxy", text}});
        REQUIRE(read.for_https.has_value());
        CHECK(read.for_https->server == server);
        CHECK(read.for_https->authorization.reveal() == authorization);
    }
}

TEST_CASE("a malformed variable is named and not shown, to those who need it") {
    for (const std::string text :
         {"socks5://hunter2:1080", "http://", "http://hunter2:x", "http://u:hunter2%@proxy",
          "http://u:hunter2%zz@proxy", "http://hunter2%3Au:p@proxy", "http://u:hunter2/x@proxy",
          "http://u:1/hunter2@proxy", "http://proxy/hunter2", "http://proxy?hunter2", "http://u:hunter2#@proxy",
          "http://hunter2:0", "hunter2 proxy", "http://[hunter2]", "http://u:hunter2@", "http://u:p@hunter2:3128:1"}) {
        for (const std::string name : {"http_proxy", "HTTPS_PROXY", "ALL_PROXY"}) {
            CAPTURE(text);
            CAPTURE(name);
            const bool tls = name != "http_proxy";
            const auto read = settings({{name, text}, {"no_proxy", "near"}});
            const auto failure = error_of([&] { read.find({tls, "server", 1}); });
            REQUIRE(failure);
            CHECK(failure->kind() == errc::not_configured);
            CHECK(failure->key() == name);
            CHECK(std::string(failure->what()).find("hunter2") == std::string::npos);
            CHECK(read.find({tls, "near", 1}) == nullptr);
            CHECK(read.find({tls, "169.254.169.254", 1}) == nullptr);
        }
    }
}

TEST_CASE("a malformed variable is no concern of the other scheme") {
    const auto read = settings({{"https_proxy", "b"}, {"ALL_PROXY", "socks5://c"}});
    CHECK(read.find(host("server"))->server.host == "b");
    CHECK(failure_of([&] { read.find({false, "server", 80}); }) == errc::not_configured);

    const auto other = settings({{"http_proxy", "a"}, {"https_proxy", "socks5://c"}});
    CHECK(other.find({false, "server", 80})->server.host == "a");
    CHECK(failure_of([&] { other.find(host("server")); }) == errc::not_configured);
    CHECK(settings({{"http_proxy", "socks5://c"}}).find(host("server")) == nullptr);
}

TEST_CASE("a proxy set by hand takes the place of a malformed variable") {
    auto read = settings({{"https_proxy", "socks5://c"}});
    read.for_https = http::proxy{{false, "proxy", 3128}, {}};
    CHECK(read.find(host("server")) == &*read.for_https);
}

TEST_CASE("a variable that no scheme needs is not looked at") {
    const auto read = settings({{"http_proxy", "a"}, {"https_proxy", "b"}, {"ALL_PROXY", "socks5://c"}});
    CHECK(read.find(host("server"))->server.host == "b");
}

TEST_CASE("hosts that are reached directly") {
    struct row {
        std::string no_proxy;
        http::origin server;
        bool direct;
    };
    for (const auto& [no_proxy, server, direct] : std::vector<row>{
             {"", host("example.com"), false},
             {"*", host("example.com"), true},
             {"*", host("10.0.0.1"), true},
             {"a, *", host("example.com"), true},
             {"example.com", host("example.com"), true},
             {"example.com", host("s3.eu.example.com"), true},
             {"example.com", host("badexample.com"), false},
             {"example.com", host("example.com.evil"), false},
             {"s3.example.com", host("example.com"), false},
             {".example.com", host("s3.example.com"), true},
             {".example.com", host("example.com"), true},
             {".example.com", host("badexample.com"), false},
             {"*.example.com", host("s3.example.com"), true},
             {"*.example.com", host("badexample.com"), false},
             {"Example.COM", host("example.com"), true},
             {"example.com.", host("s3.example.com"), true},
             {"example.com", host("s3.example.com."), true},
             {"example.com:443", host("example.com"), true},
             {"example.com:443", host("s3.example.com", 443), true},
             {"example.com:443", host("example.com", 8443), false},
             {"example.com:", host("example.com"), false},
             {"example.com:x", host("example.com"), false},
             {"a,b c\td\n,, e ", host("a"), true},
             {"a,b c\td\n,, e ", host("b"), true},
             {"a,b c\td\n,, e ", host("c"), true},
             {"a,b c\td\n,, e ", host("d"), true},
             {"a,b c\td\n,, e ", host("e"), true},
             {"a,b c\td\n,, e ", host("f"), false},
             {" , ,", host("a"), false},
             {".", host("a."), false},
             {":443", host("a"), false},
             {"localhost", host("localhost"), true},
             {"a", host("localhost"), false},
             {"a", host("127.0.0.1"), false},
             {"a", host("::1"), false},
             {"127.0.0.1", host("127.0.0.1"), true},
             {"127.0.0.1", host("127.0.0.2"), false},
             {"0.0.1", host("127.0.0.1"), false},
             {".0.0.1", host("127.0.0.1"), false},
             {"127.0.0.1:9000", host("127.0.0.1", 9000), true},
             {"127.0.0.1:9000", host("127.0.0.1", 9001), false},
             {"::1", host("::1"), true},
             {"::1", host("::2"), false},
             {"0:0:0::1", host("::1"), true},
             {"[::1]", host("::1"), true},
             {"[::1", host("::1"), false},
             {"[::1]:9000", host("::1", 9000), true},
             {"[::1]:9000", host("::1", 9001), false},
             {"[::1]9000", host("::1", 9000), false},
             {"FE80::A", host("fe80::a"), true},
             {"10.0.0.1", host("::ffff:10.0.0.1"), true},
             {"10.0.0.0/8", host("10.1.2.3"), true},
             {"10.0.0.0/8", host("10.1.2.3", 9000), true},
             {"10.0.0.0/8", host("11.1.2.3"), false},
             {"10.0.0.0/8", host("a.10.0.0.0"), false},
             {"10.0.0.0/33", host("10.0.0.0"), false},
             {"fd00::/8", host("fd12::1"), true},
             {"fd00::/8", host("fe12::1"), false},
             {"fd00::/8", host("fd"), false},
         }) {
        CAPTURE(no_proxy);
        CAPTURE(server.host);
        CAPTURE(server.port);
        CHECK(goes_direct(no_proxy, server) == direct);
    }
}

TEST_CASE("no proxy leads to where a machine's credentials are") {
    for (const std::string address : {"169.254.169.254", "169.254.170.2", "fd00:ec2::254"}) {
        CAPTURE(address);
        CHECK(goes_direct("", host(address)));
    }
    CHECK_FALSE(goes_direct("", host("169.253.169.254")));
    CHECK_FALSE(goes_direct("", host("fd00:ec3::254")));
}

TEST_CASE("settings written by hand") {
    http::proxy_settings written;
    written.for_http = http::proxy{{false, "proxy", 3128}, {}};
    written.direct = {"Example.COM"};
    CHECK(written.find({false, "other", 80}) == &*written.for_http);
    CHECK(written.find({false, "example.com", 80}) == nullptr);
    CHECK(written.find({true, "other", 443}) == nullptr);
}
