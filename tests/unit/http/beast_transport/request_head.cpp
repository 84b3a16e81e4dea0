#include <holdfast/http/beast_transport/request_head.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/secret.hpp>
#include <tests/support/failures.hpp>

using namespace holdfast;
using namespace holdfast::http;
using testing_support::error_of;

namespace {

request request_to(origin server, std::string method = "GET", std::string target = "/") {
    request message;
    message.method = std::move(method);
    message.server = std::move(server);
    message.target = std::move(target);
    return message;
}

const origin secure{.tls = true, .host = "store.test", .port = 443};
const origin odd_port{.tls = false, .host = "store.test", .port = 8080};

std::string head_of(const request& message, const proxy* plain_proxy = nullptr) {
    return render_request_head(message, "agent", plain_proxy);
}

constexpr std::string_view head_without_body = " / HTTP/1.1\r\nHost: store.test\r\nUser-Agent: agent\r\n";

}  // namespace

TEST_CASE("a header holds the target as it stands, the host and the agent, and an empty line") {
    CHECK(head_of(request_to(secure, "GET", "/a%20b?c=d&e")) ==
          "GET /a%20b?c=d&e HTTP/1.1\r\nHost: store.test\r\nUser-Agent: agent\r\n\r\n");
    CHECK(head_of(request_to(odd_port, "HEAD")) ==
          "HEAD / HTTP/1.1\r\nHost: store.test:8080\r\nUser-Agent: agent\r\n\r\n");
    CHECK(head_of(request_to({.tls = true, .host = "::1", .port = 443})) ==
          "GET / HTTP/1.1\r\nHost: [::1]\r\nUser-Agent: agent\r\n\r\n");
}

TEST_CASE("fields of the request follow in their order, and its own agent wins") {
    request message = request_to(secure);
    message.headers.add("X-Two", "2");
    message.headers.add("user-agent", "mine");
    message.headers.add("X-One", "1");
    message.headers.add("X-Two", "again");
    CHECK(head_of(message) ==
          "GET / HTTP/1.1\r\nHost: store.test\r\n"
          "X-Two: 2\r\nuser-agent: mine\r\nX-One: 1\r\nX-Two: again\r\n\r\n");
}

TEST_CASE("fields that frame the message are the transport's, in any spelling") {
    const std::string plain = head_of(request_to(secure));
    for (const char* name : {"Host", "hOST", "Content-Length", "TRANSFER-ENCODING", "connection", "Expect"}) {
        CAPTURE(name);
        request message = request_to(secure);
        message.headers.add(name, "7");
        CHECK(head_of(message) == plain);
    }
}

TEST_CASE("a body is announced by its length, an empty one where the method promises one") {
    const auto head_with_body = [](const std::string& method, const std::string& body) {
        request message = request_to(secure, method);
        message.body = byte_source::from_text(body);
        return head_of(message);
    };
    const std::string rest(head_without_body);
    for (const std::string method : {"PUT", "POST", "PATCH"}) {
        CAPTURE(method);
        CHECK(head_with_body(method, "") == method + rest + "Content-Length: 0\r\n\r\n");
        CHECK(head_with_body(method, "hello") == method + rest + "Content-Length: 5\r\n\r\n");
    }
    CHECK(head_with_body("DELETE", "") == "DELETE" + rest + "\r\n");
    CHECK(head_with_body("DELETE", "x") == "DELETE" + rest + "Content-Length: 1\r\n\r\n");
}

TEST_CASE("a stream is announced as chunks") {
    request message = request_to(secure, "PUT");
    message.stream = [](auto) { return std::size_t{0}; };
    CHECK(head_of(message) == "PUT" + std::string(head_without_body) + "Transfer-Encoding: chunked\r\n\r\n");
    message.expect_continue = true;
    CHECK(head_of(message) ==
          "PUT" + std::string(head_without_body) + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
}

TEST_CASE("only a request with a body asks for 100 Continue") {
    request message = request_to(secure, "PUT");
    message.expect_continue = true;
    CHECK(head_of(message).find("Expect") == std::string::npos);
    message.body = byte_source::from_text("hello");
    CHECK(head_of(message).find("\r\nExpect: 100-continue\r\n") != std::string::npos);
}

TEST_CASE("a proxy is asked by the whole URL, with its authorization where there is one") {
    proxy by{.server = {.tls = false, .host = "proxy.test", .port = 3128}, .authorization = {}};
    const std::string common =
        "GET http://store.test:8080/a HTTP/1.1\r\nHost: store.test:8080\r\nUser-Agent: agent\r\n";
    CHECK(head_of(request_to(odd_port, "GET", "/a"), &by) == common + "\r\n");
    by.authorization = secret("Basic dXNlcg==");
    CHECK(head_of(request_to(odd_port, "GET", "/a"), &by) == common + "Proxy-Authorization: Basic dXNlcg==\r\n\r\n");
}

TEST_CASE("a method, target or host that would break the header is refused, and the error shows no target") {
    constexpr std::string_view signature = "deadbeef";
    const auto check_refused = [&](const request& message) {
        const auto failure = error_of([&] { head_of(message); });
        REQUIRE(failure);
        CHECK(failure->kind() == errc::invalid_argument);
        CHECK(std::string_view(failure->what()).find(signature) == std::string_view::npos);
    };
    for (const char* bad : {"", " ", "a b", "\r\nX: y", "a\n", "a\r", "a\t", "\x7F", "\xC3\xA4", "\x01"}) {
        CAPTURE(bad);
        check_refused(request_to(secure, bad));
        if (*bad != '\0') check_refused(request_to(secure, "GET", "/?sig=deadbeef" + std::string(bad)));
        check_refused(request_to({.tls = true, .host = bad, .port = 443}));
    }
    for (const char* bad : {"", "deadbeef", "?deadbeef", "http://store.test/deadbeef", "*"}) {
        CAPTURE(bad);
        check_refused(request_to(secure, "GET", bad));
    }
    check_refused(request_to(secure, "GET", std::string("/\0deadbeef", 10)));
}

TEST_CASE("a tunnel is asked for by host and port, also where the port is the scheme's own") {
    proxy by{.server = {.tls = false, .host = "proxy.test", .port = 3128}, .authorization = {}};
    CHECK(render_connect_head(secure, "agent", by) ==
          "CONNECT store.test:443 HTTP/1.1\r\nHost: store.test:443\r\nUser-Agent: agent\r\n\r\n");
    CHECK(render_connect_head({.tls = true, .host = "2001:db8::1", .port = 8443}, "agent", by) ==
          "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\nUser-Agent: agent\r\n\r\n");
    by.authorization = secret("Basic dXNlcg==");
    CHECK(render_connect_head(secure, "agent", by) ==
          "CONNECT store.test:443 HTTP/1.1\r\nHost: store.test:443\r\nUser-Agent: agent\r\n"
          "Proxy-Authorization: Basic dXNlcg==\r\n\r\n");
}

TEST_CASE("a tunnel is not asked for to a host that would break the header") {
    const proxy by{.server = {.tls = false, .host = "proxy.test", .port = 3128}, .authorization = {}};
    for (const char* bad : {"", "a b", "store.test:1 HTTP/1.1\r\nX: y"}) {
        CAPTURE(bad);
        const auto failure =
            error_of([&] { render_connect_head({.tls = true, .host = bad, .port = 443}, "agent", by); });
        REQUIRE(failure);
        CHECK(failure->kind() == errc::invalid_argument);
    }
}

TEST_CASE("a trailer ends with an empty line, also without a field") {
    CHECK(render_trailer({}) == "\r\n");
    fields trailer;
    trailer.add("x-amz-checksum-crc32c", "AAAAAA==");
    trailer.add("X-Second", "");
    CHECK(render_trailer(trailer) == "x-amz-checksum-crc32c: AAAAAA==\r\nX-Second: \r\n\r\n");
}
