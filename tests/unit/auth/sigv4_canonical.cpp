#include <holdfast/auth/sigv4_canonical.hpp>

#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

namespace {

using namespace holdfast;

std::string query(std::string_view text) {
    return detail::sigv4_canonical_query(detail::sigv4_parse_query(text));
}

TEST_CASE("sigv4_canonical: a path without dot segments and empty ones") {
    const std::pair<const char*, const char*> cases[] = {{"", "/"},          {"/", "/"},
                                                         {"//", "/"},        {"/a", "/a"},
                                                         {"/a/", "/a/"},     {"/a//b/", "/a/b/"},
                                                         {"/./a", "/a"},     {"/a/./b", "/a/b"},
                                                         {"/a/../b", "/b"},  {"/../a", "/a"},
                                                         {"/a/..", "/"},     {"/a/.", "/a"},
                                                         {"/a/../", "/"},    {"/...", "/..."},
                                                         {"/a b", "/a%20b"}, {"/a%20b", "/a%2520b"},
                                                         {"/%2F", "/%252F"}, {"/\xC3\xA4~", "/%C3%A4~"}};
    for (const auto& [path, expected] : cases) {
        CAPTURE(path);
        CHECK(detail::sigv4_normalised_path(path) == expected);
    }
}

TEST_CASE("sigv4_canonical: a query is spelled in one way") {
    const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                         {"uploads", "uploads="},
                                                         {"&a&&b=&", "a=&b="},
                                                         {"=", "="},
                                                         {"a=b=c", "a=b%3Dc"},
                                                         {"a=%2f%7e%41", "a=%2F~A"},
                                                         {"a=/~", "a=%2F~"},
                                                         {"a=1+2", "a=1%2B2"},
                                                         {"a=%zz%", "a=%25zz%25"},
                                                         {"\xE1\x88\xB4=\xC3\xA4", "%E1%88%B4=%C3%A4"},
                                                         {"b=1&a=2&a=10&a=1", "a=1&a=10&a=2&b=1"},
                                                         {"a-b=1&a=2&a%20=3&aB=4", "a=2&a%20=3&a-b=1&aB=4"}};
    for (const auto& [text, expected] : cases) {
        CAPTURE(text);
        CHECK(query(text) == expected);
    }
}

TEST_CASE("sigv4_canonical: fields are sorted, trimmed and joined") {
    const auto canonical = detail::sigv4_canonicalise(
        {{"X-B", "  1 \t 2  "}, {"host", "h"}, {"x-a", ""}, {"X-b", "3"}, {"A", "\"a   b\""}, {"x-B", " "}});
    CHECK(canonical.lines == "a:\"a b\"\nhost:h\nx-a:\nx-b:1 2,3,\n");
    CHECK(canonical.names == "a;host;x-a;x-b");
    CHECK(detail::sigv4_canonicalise({}).lines.empty());
}

TEST_CASE("sigv4_canonical: what may change on the way is not signed") {
    http::fields headers;
    for (const char* name : {"Accept-Encoding", "AUTHORIZATION", "Connection", "Expect", "Host", "Keep-Alive",
                             "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Sec-WebSocket-Key", "TE",
                             "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent", "X-Amzn-Trace-Id"}) {
        headers.add(name, "x");
    }
    for (const char* name : {"Content-MD5", "Range", "Sec-Fetch", "te-x", "X-Amz-Meta-A"}) headers.add(name, "x");
    const auto canonical = detail::sigv4_canonicalise(detail::sigv4_signed_fields("h:81", headers));
    CHECK(canonical.names == "content-md5;host;range;sec-fetch;te-x;x-amz-meta-a");
    CHECK(canonical.lines.find("host:h:81\n") != std::string::npos);
}

}  // namespace
