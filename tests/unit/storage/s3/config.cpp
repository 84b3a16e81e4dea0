#include <holdfast/storage/s3/config.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <tests/support/failures.hpp>

using namespace holdfast;
using testing_support::failure_of;

namespace {

using variables = environment::variables;

struct resolved {
    s3::bucket_address address;
    s3_options options;
};

resolved resolve(variables values, s3_options options = {}, const std::string& url = "s3://bucket/a/b",
                 const std::string& config = {}) {
    const detail::temp_directory home;
    std::filesystem::create_directory(home.path() / ".aws");
    std::ofstream(home.path() / ".aws" / "config") << config;
    options.surroundings = environment(std::move(values), home.path(), home.path());
    auto address = s3::resolve(store_url::parse(url), options);
    return {std::move(address), std::move(options)};
}

}  // namespace

TEST_CASE("nothing said: AWS, us-east-1, virtual-hosted, TLS, crc32c") {
    const auto [address, options] = resolve({});
    CHECK(address.bucket == "bucket");
    CHECK(address.prefix == "a/b");
    CHECK(address.region == "us-east-1");
    CHECK(address.server == http::origin{true, "s3.us-east-1.amazonaws.com", 443});
    CHECK_FALSE(address.custom);
    CHECK(address.virtual_hosted);
    CHECK(address.base_path.empty());
    CHECK(options.integrity == s3_integrity::crc32c);
    CHECK(options.region == "us-east-1");
    CHECK(options.retry.attempts == http::retry_options{}.attempts);
}

TEST_CASE("the region: option, AWS_REGION, AWS_DEFAULT_REGION, profile") {
    const std::string config = "[default]\nregion = eu-north-1\n[profile other]\nregion = ap-south-1\n";
    const auto region = [&](variables values, s3_options options = {}) {
        return resolve(std::move(values), std::move(options), "s3://bucket", config).address.region;
    };
    CHECK(region({}) == "eu-north-1");
    CHECK(region({{"AWS_PROFILE", "other"}}) == "ap-south-1");
    CHECK(region({{"AWS_DEFAULT_REGION", "eu-west-1"}}) == "eu-west-1");
    CHECK(region({{"AWS_DEFAULT_REGION", "eu-west-1"}, {"AWS_REGION", "eu-west-2"}}) == "eu-west-2");
    CHECK(region({{"AWS_REGION", ""}, {"AWS_DEFAULT_REGION", "eu-west-1"}}) == "eu-west-1");
    CHECK(region({{"AWS_REGION", "eu-west-2"}}, {.region = "eu-west-3"}) == "eu-west-3");
    CHECK(region({}, {.profile = "other"}) == "ap-south-1");
    CHECK(failure_of([&] { region({}, {.profile = "missing"}); }) == errc::not_configured);
    CHECK(failure_of([&] { region({}, {.region = "evil.example.com/"}); }) == errc::invalid_argument);
    CHECK(failure_of([&] { region({{"AWS_REGION", "EU"}}); }) == errc::invalid_argument);
}

TEST_CASE("AWS's hosts") {
    const auto host = [](std::string region, bool dual_stack, bool fips) {
        return resolve({}, {.region = std::move(region), .dual_stack = dual_stack, .fips = fips}).address.server.host;
    };
    CHECK(host("eu-west-1", false, false) == "s3.eu-west-1.amazonaws.com");
    CHECK(host("eu-west-1", true, false) == "s3.dualstack.eu-west-1.amazonaws.com");
    CHECK(host("us-east-2", false, true) == "s3-fips.us-east-2.amazonaws.com");
    CHECK(host("us-east-2", true, true) == "s3-fips.dualstack.us-east-2.amazonaws.com");
    CHECK(host("cn-north-1", false, false) == "s3.cn-north-1.amazonaws.com.cn");
    CHECK(host("cn-north-1", true, false) == "s3.dualstack.cn-north-1.amazonaws.com.cn");
    CHECK(host("us-gov-west-1", false, true) == "s3-fips.us-gov-west-1.amazonaws.com");
    CHECK(host("us-iso-east-1", false, false) == "s3.us-iso-east-1.c2s.ic.gov");
    CHECK(host("us-isob-east-1", false, false) == "s3.us-isob-east-1.sc2s.sgov.gov");
    CHECK(host("us-isof-south-1", false, false) == "s3.us-isof-south-1.csp.hci.ic.gov");
    CHECK(host("eu-isoe-west-1", false, false) == "s3.eu-isoe-west-1.cloud.adc-e.uk");
    CHECK(host("eusc-de-east-1", false, false) == "s3.eusc-de-east-1.amazonaws.eu");
}

TEST_CASE("dual stack and FIPS: option, variable, profile") {
    const std::string config = "[default]\nuse_dualstack_endpoint = true\nuse_fips_endpoint = true\n";
    CHECK(resolve({}, {}, "s3://bucket", config).address.dual_stack);
    CHECK(resolve({}, {}, "s3://bucket", config).address.fips);
    CHECK_FALSE(resolve({{"AWS_USE_FIPS_ENDPOINT", "false"}}, {}, "s3://bucket", config).address.fips);
    CHECK(resolve({{"AWS_USE_DUALSTACK_ENDPOINT", "TRUE"}}).address.dual_stack);
    CHECK_FALSE(resolve({{"AWS_USE_DUALSTACK_ENDPOINT", "1"}}, {.dual_stack = false}).address.dual_stack);
    CHECK(failure_of([] { resolve({{"AWS_USE_FIPS_ENDPOINT", "perhaps"}}); }) == errc::not_configured);
    CHECK(failure_of([] {
              resolve({{"AWS_USE_FIPS_ENDPOINT", "true"}}, {.endpoint = "http://host"});
          }) == errc::not_configured);
    CHECK(failure_of([] { resolve({}, {.endpoint = "http://host", .dual_stack = true}); }) == errc::not_configured);
}

TEST_CASE("the endpoint: option, Metaflow's, AWS's for S3, AWS's, services section, profile") {
    const std::string config =
        "[default]\nendpoint_url = http://profile\nservices = local\n[services local]\ns3 =\n  endpoint_url = "
        "http://services\n[profile plain]\nendpoint_url = http://plain\n[profile dangling]\nservices = absent\n";
    variables all{{"METAFLOW_S3_ENDPOINT_URL", "http://metaflow"},
                  {"AWS_ENDPOINT_URL_S3", "http://s3"},
                  {"AWS_ENDPOINT_URL", "http://aws"}};
    const auto host = [&](const variables& values, s3_options options = {}) {
        return resolve(values, std::move(options), "s3://bucket", config).address.server.host;
    };
    CHECK(host(all, {.endpoint = "http://option"}) == "option");
    CHECK(host(all) == "metaflow");
    all.erase("METAFLOW_S3_ENDPOINT_URL");
    CHECK(host(all) == "s3");
    all.erase("AWS_ENDPOINT_URL_S3");
    CHECK(host(all) == "aws");
    CHECK(host({}) == "services");
    CHECK(host({{"AWS_PROFILE", "plain"}}) == "plain");
    CHECK(failure_of([&] { host({{"AWS_PROFILE", "dangling"}}); }) == errc::not_configured);

    SUBCASE("what is configured can be passed over, and what is Metaflow's own can't") {
        all["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
        CHECK(host(all) == "s3.us-east-1.amazonaws.com");
        all["METAFLOW_S3_ENDPOINT_URL"] = "http://metaflow";
        CHECK(host(all) == "metaflow");
    }
}

TEST_CASE("a custom endpoint") {
    const auto [address, options] = resolve({}, {.endpoint = "http://127.0.0.1:9000/"});
    CHECK(address.custom);
    CHECK(address.server == http::origin{false, "127.0.0.1", 9000});
    CHECK_FALSE(address.virtual_hosted);
    CHECK(address.base_path.empty());
    CHECK(address.region == "us-east-1");
    CHECK(options.integrity == s3_integrity::sha256);
    CHECK(resolve({}, {.endpoint = "https://host/storage/v1/s3/"}).address.base_path == "/storage/v1/s3");
    CHECK(resolve({}, {.endpoint = "https://host/a%20b%25/"}).address.base_path == "/a b%");
    CHECK(s3::in_region(address, "EU_somewhere").server == address.server);
    CHECK(s3::in_region(address, "EU_somewhere").region == "EU_somewhere");

    SUBCASE("that is no URL is named, not shown") {
        for (const char* text : {"host:9000", "ftp://host", "http://user:hidden@host", "https://host/?hidden=1",
                                 "https://host/hidden%zz"}) {
            try {
                resolve({{"AWS_ENDPOINT_URL", text}});
                FAIL_CHECK("accepted " << text);
            } catch (const error& failure) {
                CHECK(failure.kind() == errc::not_configured);
                CHECK(failure.message().find("AWS_ENDPOINT_URL") != std::string::npos);
                CHECK(std::string(failure.what()).find("hidden") == std::string::npos);
            }
        }
    }
}

TEST_CASE("another region of AWS has another host") {
    const auto moved = s3::in_region(resolve({}, {.dual_stack = true}).address, "eu-west-1");
    CHECK(moved.region == "eu-west-1");
    CHECK(moved.server.host == "s3.dualstack.eu-west-1.amazonaws.com");
    CHECK(moved.bucket == "bucket");
    CHECK(moved.prefix == "a/b");
    CHECK(moved.virtual_hosted);
}

TEST_CASE("addressing") {
    const auto is_virtual = [](const std::string& url, s3_options options = {}, const std::string& config = {}) {
        return resolve({}, std::move(options), url, config).address.virtual_hosted;
    };
    CHECK(is_virtual("s3://my-bucket-1"));
    CHECK_FALSE(is_virtual("s3://my.bucket"));
    CHECK_FALSE(is_virtual("s3://MyBucket"));
    CHECK_FALSE(is_virtual("s3://my_bucket"));
    CHECK_FALSE(is_virtual("s3://bucket", {.addressing = s3_addressing::path}));
    CHECK(is_virtual("s3://my.bucket", {.addressing = s3_addressing::virtual_hosted}));
    CHECK_FALSE(is_virtual("s3://bucket", {.endpoint = "http://host"}));
    CHECK(is_virtual("s3://bucket", {.endpoint = "http://host", .addressing = s3_addressing::virtual_hosted}));
    CHECK_FALSE(is_virtual("s3://bucket", {}, "[default]\ns3 =\n  addressing_style = path\n"));
    CHECK(is_virtual("s3://bucket", {.endpoint = "http://host"}, "[default]\ns3 =\n  addressing_style = virtual\n"));
    CHECK(failure_of([&] { is_virtual("s3://bucket", {}, "[default]\ns3 =\n  addressing_style = odd\n"); }) ==
          errc::not_configured);
    CHECK(failure_of([&] { is_virtual("s3://MyBucket", {.addressing = s3_addressing::virtual_hosted}); }) ==
          errc::invalid_argument);
    for (const char* endpoint : {"http://127.0.0.1:9000", "http://[::1]:9000"}) {
        CHECK(failure_of([&] {
                  is_virtual("s3://bucket", {.endpoint = endpoint, .addressing = s3_addressing::virtual_hosted});
              }) == errc::invalid_argument);
    }
}

TEST_CASE("buckets") {
    for (const char* url : {"s3://abc", "s3://a-b.c9", "s3://Old_Bucket", "s3://192.168.1.2"}) {
        CAPTURE(url);
        CHECK_FALSE(failure_of([&] { resolve({}, {}, url); }));
    }
    CHECK_FALSE(resolve({}, {}, "s3://192.168.1.2").address.virtual_hosted);
    for (const std::string& url : {std::string("s3://ab"), std::string("s3://arn:aws:s3:us-east-1:1:accesspoint"),
                                   std::string("s3://a%62c"), "s3://" + std::string(256, 'a')}) {
        CAPTURE(url);
        CHECK(failure_of([&] { resolve({}, {}, url); }) == errc::invalid_argument);
    }
    CHECK(failure_of([&] { resolve({}, {}, "s3://name--use1-az4--x-s3"); }) == errc::unsupported);
    CHECK(failure_of([&] { resolve({}, {}, "gs://bucket"); }) == errc::invalid_argument);
}

TEST_CASE("integrity") {
    const auto integrity = [](variables values, s3_options options = {}, const std::string& config = {}) {
        return resolve(std::move(values), std::move(options), "s3://bucket", config).options.integrity;
    };
    const s3_options custom{.endpoint = "http://host"};
    CHECK(integrity({{"AWS_REQUEST_CHECKSUM_CALCULATION", "when_required"}}) == s3_integrity::sha256);
    CHECK(integrity({{"AWS_REQUEST_CHECKSUM_CALCULATION", "WHEN_SUPPORTED"}}, custom) == s3_integrity::crc32c);
    CHECK(integrity({}, custom, "[default]\nrequest_checksum_calculation = when_supported\n") == s3_integrity::crc32c);
    CHECK(integrity({{"AWS_REQUEST_CHECKSUM_CALCULATION", "when_required"}}, {.integrity = s3_integrity::none}) ==
          s3_integrity::none);
    CHECK(failure_of([&] { integrity({{"AWS_REQUEST_CHECKSUM_CALCULATION", "always"}}); }) == errc::not_configured);
}

TEST_CASE("attempts") {
    CHECK(resolve({{"AWS_MAX_ATTEMPTS", "9"}}).options.retry.attempts == 9);
    CHECK(resolve({}, {}, "s3://bucket", "[default]\nmax_attempts = 7\n").options.retry.attempts == 7);
    s3_options own;
    own.retry.attempts = 2;
    CHECK(resolve({{"AWS_MAX_ATTEMPTS", "9"}}, own).options.retry.attempts == 2);
    for (const char* text : {"0", "-1", "many", "3x", "99999999999"}) {
        CHECK(failure_of([&] { resolve({{"AWS_MAX_ATTEMPTS", text}}); }) == errc::not_configured);
    }
}

TEST_CASE("certificates and proxies") {
    const auto transport = [](variables values, s3_options options = {}) {
        return resolve(std::move(values), std::move(options)).options.transport;
    };
    CHECK(transport({}).verify_certificate);
    CHECK(transport({}).ca_bundle.empty());
    CHECK(transport({{"AWS_CA_BUNDLE", "/aws.pem"}}).ca_bundle == "/aws.pem");
    CHECK(transport({{"AWS_CA_BUNDLE", "/aws.pem"}, {"METAFLOW_S3_VERIFY_CERTIFICATE", "/mf.pem"}}).ca_bundle ==
          "/mf.pem");
    CHECK(transport({{"METAFLOW_S3_VERIFY_CERTIFICATE", "/mf.pem"}}).verify_certificate);
    CHECK_FALSE(transport({{"METAFLOW_S3_VERIFY_CERTIFICATE", "False"}}).verify_certificate);
    const auto verified = transport({{"METAFLOW_S3_VERIFY_CERTIFICATE", "true"}});
    CHECK(verified.verify_certificate);
    CHECK(verified.ca_bundle.empty());
    s3_options own;
    own.transport.ca_bundle = "/own.pem";
    CHECK(transport({{"AWS_CA_BUNDLE", "/aws.pem"}}, own).ca_bundle == "/own.pem");

    CHECK_FALSE(resolve({{"AWS_CA_BUNDLE", "/aws.pem"}}).options.credentials_transport);

    const variables proxied{{"https_proxy", "http://proxy:3128"}};
    REQUIRE(transport(proxied).proxies.for_https);
    CHECK(transport(proxied).proxies.for_https->server.host == "proxy");
    own.transport.proxies.direct = {"*"};
    CHECK_FALSE(transport(proxied, own).proxies.for_https);
}

TEST_CASE("Metaflow's setting of certificates is for S3 alone") {
    const auto transport = [](variables values, s3_options options = {}) {
        values.emplace("AWS_CA_BUNDLE", "/aws.pem");
        values.emplace("https_proxy", "http://proxy:3128");
        return resolve(std::move(values), std::move(options)).options.credentials_transport;
    };
    for (const char* const value : {"False", "true", "/mf.pem"}) {
        CAPTURE(value);
        const auto others = transport({{"METAFLOW_S3_VERIFY_CERTIFICATE", value}});
        REQUIRE(others);
        CHECK(others->verify_certificate);
        CHECK(others->ca_bundle == "/aws.pem");
        CHECK(others->proxies.for_https);
    }
    const auto plain = resolve({{"METAFLOW_S3_VERIFY_CERTIFICATE", "/mf.pem"}}).options.credentials_transport;
    REQUIRE(plain);
    CHECK(plain->ca_bundle.empty());

    s3_options own;
    own.transport.verify_certificate = false;  // of every service, since no variable says so
    CHECK_FALSE(transport({{"METAFLOW_S3_VERIFY_CERTIFICATE", "/mf.pem"}}, own)->verify_certificate);
    own.credentials_transport.emplace();
    CHECK(transport({}, own)->verify_certificate);
    CHECK(transport({}, own)->ca_bundle == "/aws.pem");
}

TEST_CASE("what is said of objects") {
    const auto object_options = [](variables values, s3_options options = {}) {
        return resolve(std::move(values), std::move(options)).options;
    };
    CHECK(object_options({}).server_side_encryption.empty());
    const variables metaflow{{"METAFLOW_S3_SERVER_SIDE_ENCRYPTION", "AES256"}};
    CHECK(object_options(metaflow).server_side_encryption == "AES256");
    CHECK(object_options(metaflow, {.server_side_encryption = "aws:kms"}).server_side_encryption == "aws:kms");
    CHECK(object_options({}, {.kms_key_id = "key"}).server_side_encryption == "aws:kms");
    CHECK(failure_of([&] { object_options(metaflow, {.kms_key_id = "key"}); }) == errc::invalid_argument);
    CHECK_FALSE(object_options({}).requester_pays);
    CHECK(object_options({{"AWS_REQUEST_PAYER", "requester"}}).requester_pays);
}

TEST_CASE("options that can never work") {
    const auto check = [](s3_options options) { return failure_of([&] { resolve({}, options); }); };
    CHECK(check({.part_size = (5U << 20) - 1}) == errc::invalid_argument);
    CHECK_FALSE(check({.part_size = 5U << 20}));
    CHECK_FALSE(check({.part_size = std::uint64_t{5} << 30}));
    CHECK(check({.part_size = (std::uint64_t{5} << 30) + 1}) == errc::invalid_argument);
    CHECK(check({.copy_part_size = (5U << 20) - 1}) == errc::invalid_argument);
    CHECK_FALSE(check({.copy_part_size = std::uint64_t{5} << 30}));
    CHECK(check({.connections = 0}) == errc::invalid_argument);
    CHECK(check({.deadline = std::chrono::milliseconds(0)}) == errc::invalid_argument);
    s3_options half;
    half.credentials = auth::aws_credentials{.access_key_id = "id", .secret_access_key = {}};
    CHECK(check(half) == errc::invalid_argument);
}
