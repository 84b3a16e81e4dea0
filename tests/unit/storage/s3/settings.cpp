#include <holdfast/storage/s3/settings.hpp>

#include <optional>

#include <doctest/doctest.h>

#include <holdfast/core/error.hpp>
#include <tests/support/aws_surroundings.hpp>

namespace {

using namespace holdfast;
using namespace holdfast::s3;
using testing_support::aws_surroundings;
using testing_support::error_of;

TEST_CASE("find: the first variable that is set, else the profile's field; an empty value is none") {
    aws_surroundings around;
    around.write_config(
        "[default]\nregion = from-file\n[profile other]\nregion = from-other\n[profile bare]\nregion =\n");
    around.set("SECOND", "from-second");
    around.set("FIRST", "");
    const auto read = [&](const char* profile) {
        const auto surroundings = around.get();
        const settings all(surroundings, profile);
        return all.find({"FIRST", "SECOND"}, "region");
    };
    CHECK(read("").value_or(setting{}).value == "from-second");
    CHECK(read("").value_or(setting{}).name == "SECOND");
    around.unset("SECOND");
    CHECK(read("").value_or(setting{}).value == "from-file");
    CHECK(read("").value_or(setting{}).name.find("`region`") != std::string::npos);
    CHECK(read("other").value_or(setting{}).value == "from-other");
    CHECK_FALSE(read("bare"));
}

TEST_CASE("in_section and in_service: nested fields, and the services section that the profile names") {
    aws_surroundings around;
    around.write_config(
        "[default]\nservices = mine\ns3 =\n  addressing_style = path\n[services mine]\ns3 =\n  endpoint_url = "
        "http://a\n");
    const auto surroundings = around.get();
    const settings all(surroundings, "");
    CHECK(all.in_section("s3", "addressing_style").value_or(setting{}).value == "path");
    CHECK(all.in_service("endpoint_url").value_or(setting{}).value == "http://a");
    CHECK_FALSE(all.in_section("s3", "use_dualstack_endpoint"));
    CHECK_FALSE(all.in_service("region"));
}

TEST_CASE("a services section that is not there is named") {
    aws_surroundings around;
    around.write_config("[default]\nservices = lost\n");
    const auto surroundings = around.get();
    const auto failure = error_of([&] { settings(surroundings, ""); });
    CHECK(failure.kind() == errc::not_configured);
    CHECK(failure.message().find("[services lost]") != std::string::npos);
}

TEST_CASE("flag: neither true nor false is an error that names the setting, not its value") {
    aws_surroundings around;
    around.set("ON", "Yes");
    around.set("OFF", "0");
    around.set("BAD", "planted");
    const auto surroundings = around.get();
    const settings all(surroundings, "");
    CHECK(all.flag({"ON"}, "") == std::optional(true));
    CHECK(all.flag({"OFF"}, "") == std::optional(false));
    CHECK_FALSE(all.flag({"UNSET"}, ""));
    const auto failure = error_of([&] { all.flag({"BAD"}, ""); });
    CHECK(failure.kind() == errc::not_configured);
    CHECK(failure.message().find("BAD") != std::string::npos);
}

}  // namespace
