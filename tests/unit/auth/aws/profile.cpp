#include <holdfast/auth/aws/profile.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include <tests/support/aws_surroundings.hpp>

using namespace holdfast;
using auth::aws_profiles;
using testing_support::aws_surroundings;
using testing_support::error_of;

TEST_CASE("profiles have their prefix in the configuration file, and none in the credentials file") {
    const auto profiles = aws_profiles::parse(
        "[default]\nregion = r0\n[profile plain]\nregion = r1\n[profile \"two words\"]\nregion = r2\n"
        "[profile 'single']\nregion = r3\n[profile too many words]\nregion = r4\n[bare]\nregion = r5\n"
        "[profile open\"]\nregion = r6\n",
        "[default]\naws_access_key_id = K0\n[two words]\naws_access_key_id = K2\n[only here]\naws_access_key_id = "
        "K7\n");
    CHECK(profiles.find("default")->get("region") == "r0");
    CHECK(profiles.find("plain")->get("region") == "r1");
    CHECK(profiles.find("two words")->get("region") == "r2");
    CHECK(profiles.find("single")->get("region") == "r3");
    CHECK(profiles.find("two words")->get("aws_access_key_id") == "K2");
    CHECK(profiles.find("only here")->get("aws_access_key_id") == "K7");
    for (const char* const name : {"too many words", "bare", "open", "profile plain"}) {
        CAPTURE(name);
        CHECK(profiles.find(name) == nullptr);
    }
    CHECK(profiles.find_in_config("only here") == nullptr);
    CHECK_FALSE(profiles.find_in_config("default")->get("aws_access_key_id"));
    CHECK_FALSE(profiles.find_in_credentials("default")->get("region"));
}

TEST_CASE("the credentials file's options win in a profile of both") {
    const auto profiles = aws_profiles::parse("[default]\nregion = config\noutput = json\ns3 =\n  a = 1\n",
                                              "[default]\nregion = keys\ns3 = x\n");
    CHECK(profiles.find("default")->get("region") == "keys");
    CHECK(profiles.find("default")->get("output") == "json");
    CHECK(profiles.find("default")->get("s3") == "x");
    CHECK_FALSE(profiles.find("default")->get("s3", "a"));
    CHECK(profiles.find_in_config("default")->get("region") == "config");
}

TEST_CASE("[profile default] goes before [default]") {
    for (const char* const config : {"[profile default]\nregion = a\n[default]\nregion = b\nx = y\n",
                                     "[default]\nregion = b\nx = y\n[profile default]\nregion = a\n"}) {
        const auto profiles = aws_profiles::parse(config, "");
        CHECK(profiles.find("default")->get("region") == "a");
        CHECK_FALSE(profiles.find("default")->contains("x"));
    }
}

TEST_CASE("indented lines are a block with options of its own") {
    const auto profiles = aws_profiles::parse(
        "[default]\ns3 =\n    addressing_style = path\n    Use_Something=a = b\nregion = r\nempty =\n", "");
    const auto& section = *profiles.find("default");
    CHECK(section.get("s3", "addressing_style") == "path");
    CHECK(section.get("s3", "Use_Something") == "a = b");
    CHECK_FALSE(section.get("s3", "missing"));
    CHECK_FALSE(section.get("region", "x"));
    CHECK_FALSE(section.get("s3"));
    CHECK(section.contains("s3"));
    CHECK(section.get("region") == "r");
    CHECK(section.get("empty") == "");
}

TEST_CASE("sso-session and services are sections of their own kind, of the configuration file only") {
    const auto profiles = aws_profiles::parse(
        "[sso-session corp]\nsso_region = r\n[services local]\ns3 =\n  endpoint_url = http://localhost:9000\n",
        "[sso-session other]\nsso_region = x\n");
    CHECK(profiles.find_sso_session("corp")->get("sso_region") == "r");
    CHECK(profiles.find_services("local")->get("s3", "endpoint_url") == "http://localhost:9000");
    CHECK(profiles.find("corp") == nullptr);
    CHECK(profiles.find_sso_session("other") == nullptr);
    CHECK(profiles.find_services("corp") == nullptr);
}

TEST_CASE("a line of a block that is no option is named by its place") {
    const error failure = error_of([] { aws_profiles::parse("[default]\ns3 =\n  planted\n", "", "c"); });
    CHECK(failure.kind() == errc::not_configured);
    CHECK(failure.key() == "c");
    CHECK(failure.message().find("'s3' in [default]") != std::string::npos);
}

TEST_CASE("the files are found at home, or where variables say") {
    aws_surroundings place;
    CHECK(aws_profiles::load(place.get()).find("default") == nullptr);
    place.write_config("[default]\nregion = home\n");
    place.write_credentials("[default]\naws_access_key_id = home\n");
    CHECK(aws_profiles::load(place.get()).find("default")->get("region") == "home");
    CHECK(aws_profiles::load(place.get()).find("default")->get("aws_access_key_id") == "home");

    place.write("elsewhere/c", "[default]\nregion = elsewhere\n");
    place.set("AWS_CONFIG_FILE", "~/elsewhere/c");
    place.set("AWS_SHARED_CREDENTIALS_FILE", place.write("k", "[default]\naws_access_key_id = absolute\n"));
    CHECK(aws_profiles::load(place.get()).find("default")->get("region") == "elsewhere");
    CHECK(aws_profiles::load(place.get()).find("default")->get("aws_access_key_id") == "absolute");

    place.set("AWS_CONFIG_FILE", "elsewhere/c");
    CHECK(aws_profiles::load(place.get()).find("default")->get("region") == "elsewhere");
    place.set("AWS_CONFIG_FILE", "missing");
    CHECK_FALSE(aws_profiles::load(place.get()).find("default")->get("region"));
}

TEST_CASE("the path of a file that is wrong is in the error") {
    aws_surroundings place;
    place.write_credentials("planted\n");
    const error failure = error_of([&] { aws_profiles::load(place.get()); });
    CHECK(failure.kind() == errc::not_configured);
    CHECK(failure.key() == (place.home() / ".aws" / "credentials").string());
}

TEST_CASE("the profile is chosen in code, by AWS_DEFAULT_PROFILE, by AWS_PROFILE, else it is default") {
    aws_surroundings place;
    CHECK(aws_profiles::chosen_name(place.get(), "") == "default");
    place.set("AWS_PROFILE", "b");
    CHECK(aws_profiles::chosen_name(place.get(), "") == "b");
    place.set("AWS_DEFAULT_PROFILE", "a");
    CHECK(aws_profiles::chosen_name(place.get(), "") == "a");
    CHECK(aws_profiles::chosen_name(place.get(), "code") == "code");
    place.set("AWS_DEFAULT_PROFILE", "");
    CHECK(aws_profiles::chosen_name(place.get(), "") == "b");
}

TEST_CASE("a profile that was named must be there, default need not") {
    aws_surroundings place;
    const auto profiles = aws_profiles::parse("[profile a]\nregion = r\n", "");
    CHECK_FALSE(profiles.chosen(place.get(), "").contains("region"));
    CHECK(profiles.chosen(place.get(), "a").get("region") == "r");
    CHECK(error_of([&] { profiles.chosen(place.get(), "b"); }).kind() == errc::not_configured);
    CHECK(error_of([&] { profiles.chosen(place.get(), "b"); }).key() == "b");
    place.set("AWS_PROFILE", "default");
    CHECK(error_of([&] { profiles.chosen(place.get(), ""); }).key() == "default");
}

TEST_CASE("the beginning of a path is read as a shell reads it") {
    const environment surroundings({}, "/over/here", "/users/u");
    CHECK(auth::expand_user_path(surroundings, "~") == "/users/u");
    CHECK(auth::expand_user_path(surroundings, "~/x") == "/users/u/x");
    CHECK(auth::expand_user_path(surroundings, "/x/~") == "/x/~");
    CHECK(auth::expand_user_path(surroundings, "x") == "/over/here/x");
    CHECK(auth::expand_user_path(surroundings, "~other/x") == "/over/here/~other/x");
}
