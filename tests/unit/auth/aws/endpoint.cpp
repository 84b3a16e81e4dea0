#include <holdfast/auth/aws/endpoint.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

#include <tests/support/aws_surroundings.hpp>

using namespace holdfast;
using auth::aws_profiles;
using auth::aws_settings;
using testing_support::aws_surroundings;
using testing_support::error_of;

namespace {

struct settings_of {
    environment surroundings;
    aws_profiles profiles;
    auth::aws_host_choice hosts = {};
    aws_settings operator*() const { return {surroundings, profiles, *profiles.find("default"), hosts}; }
};

}  // namespace

TEST_CASE("what is a flag, and what is none") {
    using auth::to_flag;
    for (const std::string_view text : {"true", "TRUE", "1", "yes", "On"}) CHECK(to_flag(text) == std::optional(true));
    for (const std::string_view text : {"false", "0", "NO", "off"}) CHECK(to_flag(text) == std::optional(false));
    for (const std::string_view text : {"", "2", "y", " true", "truee"}) CHECK_FALSE(to_flag(text));
}

TEST_CASE("a variable goes before the profile, and an empty one is none") {
    aws_surroundings place;
    const auto profiles = aws_profiles::parse("[default]\noption = profile\nflag = TRUE\nother = planted\n", "");
    place.set("EMPTY", "");
    place.set("FULL", "variable");
    place.set("OFF", "false");
    const settings_of settings{place.get(), profiles};
    CHECK((*settings).get("FULL", "option") == "variable");
    CHECK((*settings).get("EMPTY", "option") == "profile");
    CHECK((*settings).get("MISSING", "option") == "profile");
    CHECK_FALSE((*settings).get("EMPTY", "missing"));
    CHECK((*settings).get_bool("MISSING", "flag") == true);
    CHECK((*settings).get_bool("OFF", "flag") == false);
    CHECK_FALSE((*settings).get_bool("MISSING", "missing"));
    const error failure = error_of([&] { (*settings).get_bool("MISSING", "other"); });
    CHECK(failure.kind() == errc::not_configured);
    CHECK(failure.key() == "MISSING");
    CHECK(failure.message().find("other") != std::string::npos);
}

TEST_CASE("the region") {
    aws_surroundings place;
    const auto profiles = aws_profiles::parse("[default]\nregion = profile\n", "");
    CHECK((*settings_of{place.get(), profiles}).region() == "profile");
    place.set("AWS_DEFAULT_REGION", "default-variable");
    CHECK((*settings_of{place.get(), profiles}).region() == "default-variable");
    place.set("AWS_REGION", "variable");
    CHECK((*settings_of{place.get(), profiles}).region() == "variable");
}

TEST_CASE("a service's URL is looked for in four places") {
    aws_surroundings place;
    const auto profiles = aws_profiles::parse(
        "[default]\nservices = mine\nendpoint_url = http://profile\n"
        "[services mine]\ns3 =\n  endpoint_url = http://service\nsso_oidc =\n  endpoint_url = http://oidc\n",
        "");
    CHECK((*settings_of{place.get(), profiles}).endpoint_url("s3") == "http://service");
    CHECK((*settings_of{place.get(), profiles}).endpoint_url("sso_oidc") == "http://oidc");
    CHECK((*settings_of{place.get(), profiles}).endpoint_url("sts") == "http://profile");
    place.set("AWS_ENDPOINT_URL", "http://all");
    CHECK((*settings_of{place.get(), profiles}).endpoint_url("s3") == "http://all");
    place.set("AWS_ENDPOINT_URL_S3", "http://one");
    place.set("AWS_ENDPOINT_URL_SSO_OIDC", "http://other");
    CHECK((*settings_of{place.get(), profiles}).endpoint_url("s3") == "http://one");
    CHECK((*settings_of{place.get(), profiles}).endpoint_url("sso_oidc") == "http://other");
    CHECK((*settings_of{place.get(), profiles}).endpoint_url("sts") == "http://all");
    for (const char* const flag : {"True", "1", "yes"}) {
        place.set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", flag);
        CHECK_FALSE((*settings_of{place.get(), profiles}).endpoint_url("s3"));
    }
}

TEST_CASE("without a URL there is none, and a services section that is named must be there") {
    aws_surroundings place;
    const auto plain = aws_profiles::parse("[default]\nregion = r\n", "");
    CHECK_FALSE((*settings_of{place.get(), plain}).endpoint_url("s3"));
    const auto wrong = aws_profiles::parse("[default]\nservices = gone\n", "");
    const error failure = error_of([&] { (*settings_of{place.get(), wrong}).endpoint_url("s3"); });
    CHECK(failure.kind() == errc::not_configured);
    CHECK(failure.key() == "gone");
}

TEST_CASE("AWS's own URLs follow the partition, dual stack and FIPS") {
    aws_surroundings place;
    const auto profiles = aws_profiles::parse("[default]\nx = y\n", "");
    const auto url = [&](std::string_view host, std::string_view region) {
        return (*settings_of{place.get(), profiles}).service_url(host, region);
    };
    CHECK(url("sts", "eu-west-1") == "https://sts.eu-west-1.amazonaws.com");
    CHECK(url("sts", "cn-north-1") == "https://sts.cn-north-1.amazonaws.com.cn");
    CHECK(url("portal.sso", "us-iso-east-1") == "https://portal.sso.us-iso-east-1.c2s.ic.gov");
    CHECK(url("oidc", "us-isob-east-1") == "https://oidc.us-isob-east-1.sc2s.sgov.gov");
    CHECK(url("sts", "us-isof-south-1") == "https://sts.us-isof-south-1.csp.hci.ic.gov");
    CHECK(url("sts", "eu-isoe-west-1") == "https://sts.eu-isoe-west-1.cloud.adc-e.uk");
    CHECK(url("sts", "eusc-de-east-1") == "https://sts.eusc-de-east-1.amazonaws.eu");
    place.set("AWS_USE_FIPS_ENDPOINT", "1");
    CHECK(url("sts", "us-east-1") == "https://sts-fips.us-east-1.amazonaws.com");
    CHECK(url("sts", "us-gov-west-1") == "https://sts.us-gov-west-1.amazonaws.com");
    place.set("AWS_USE_DUALSTACK_ENDPOINT", "true");
    CHECK(url("sts", "us-east-1") == "https://sts-fips.us-east-1.api.aws");
    place.set("AWS_USE_FIPS_ENDPOINT", "false");
    CHECK(url("sts", "cn-north-1") == "https://sts.cn-north-1.api.amazonwebservices.com.cn");
}

TEST_CASE("a choice of hosts wins over the settings") {
    aws_surroundings place;
    place.set("AWS_USE_FIPS_ENDPOINT", "true");
    const auto profiles = aws_profiles::parse("[default]\nuse_dualstack_endpoint = true\n", "");
    const auto url = [&](auth::aws_host_choice hosts) {
        return (*settings_of{place.get(), profiles, hosts}).service_url("sts", "us-east-1");
    };
    CHECK(url({}) == "https://sts-fips.us-east-1.api.aws");
    CHECK(url({.dual_stack = false}) == "https://sts-fips.us-east-1.amazonaws.com");
    CHECK(url({.fips = false}) == "https://sts.us-east-1.api.aws");
    place.unset("AWS_USE_FIPS_ENDPOINT");
    CHECK(url({.dual_stack = false, .fips = true}) == "https://sts-fips.us-east-1.amazonaws.com");
}
