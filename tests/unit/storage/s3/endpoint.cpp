#include <holdfast/storage/s3/endpoint.hpp>

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace {

using namespace holdfast::s3;

// The hosts of each partition's regions: config.cpp.
TEST_CASE("aws_host: an isolated partition has no dual stack") {
    CHECK(aws_host("us-iso-east-1", true, false) == "s3.us-iso-east-1.c2s.ic.gov");
    CHECK(aws_host("us-isob-east-1", true, true) == "s3-fips.us-isob-east-1.sc2s.sgov.gov");
}

TEST_CASE("is_region: what can't be a part of a host's name is none") {
    CHECK(is_region("us-east-1"));
    CHECK(is_region("garage"));
    CHECK(is_region(std::string(63, 'a')));
    const std::string long_one(64, 'a');
    for (const std::string_view text : {"", "-a", "a-", "US-EAST-1", "a.b", "a/b", "a@b", "a b", long_one.c_str()}) {
        CAPTURE(text);
        CHECK_FALSE(is_region(text));
    }
}

TEST_CASE("is_dns_bucket: AWS's rules for names") {
    for (const std::string_view name : {"abc", "a-1", "my.bucket", "1.2.3", "1.2.3.x", "127-0-0-1"}) {
        CAPTURE(name);
        CHECK(is_dns_bucket(name));
    }
    CHECK(is_dns_bucket(std::string(63, 'a')));
    CHECK_FALSE(is_dns_bucket(std::string(64, 'a')));
    for (const std::string_view name :
         {"", "ab", "Abc", "a_b", "-ab", "ab-", ".ab", "ab.", "a..b", "127.0.0.1", "a b", "a/b"}) {
        CAPTURE(name);
        CHECK_FALSE(is_dns_bucket(name));
    }
}

TEST_CASE("is_path_bucket: the names that other servers and AWS's oldest buckets have too") {
    for (const std::string_view name : {"abc", "My_Bucket", "127.0.0.1", "a..b", "ab-", "_ab"}) {
        CAPTURE(name);
        CHECK(is_path_bucket(name));
    }
    CHECK(is_path_bucket(std::string(255, 'a')));
    CHECK_FALSE(is_path_bucket(std::string(256, 'a')));
    for (const std::string_view name : {"", "ab", ".ab", "a/b", "a b", "a?b", "a%b", "a\xC3\xA4"}) {
        CAPTURE(name);
        CHECK_FALSE(is_path_bucket(name));
    }
}

}  // namespace
