#include <holdfast/auth/aws/ini.hpp>

#include <doctest/doctest.h>

#include <string>

#include <tests/support/aws_surroundings.hpp>

using namespace holdfast;
using auth::parse_aws_ini;

TEST_CASE("sections hold options, whose names are lower case and whose values are as written") {
    const auto file = parse_aws_ini(
        "# a comment\n"
        "[default]\n"
        "Region = eu-west-1\n"
        "key=a=b:c ; not a comment # either\n"
        "colon : x = y\r\n"
        "empty =\n"
        "; another\n"
        "\n"
        "[ profile  with blanks ]\n"
        "  a = 1\n"
        "[x]y]\n"
        "b=2",
        "path");
    CHECK(file.at("default").at("region") == "eu-west-1");
    CHECK(file.at("default").at("key") == "a=b:c ; not a comment # either");
    CHECK(file.at("default").at("colon") == "x = y");
    CHECK(file.at("default").at("empty").empty());
    CHECK(file.at(" profile  with blanks ").at("a") == "1");
    CHECK(file.at("x]y").at("b") == "2");
    CHECK(file.size() == 3);
}

TEST_CASE("lines that are indented further go on with a value, over comments and empty lines") {
    const auto file = parse_aws_ini(
        "[default]\n"
        "s3 =\n"
        "  a = 1\n"
        "  # comment\n"
        "\n"
        "    b = 2\n"
        "after = x\n"
        "  indented = y\n"
        "last = z\n"
        "\n\n",
        "path");
    CHECK(file.at("default").at("s3") == "\na = 1\n\nb = 2");
    CHECK(file.at("default").at("after") == "x\nindented = y");
    CHECK(file.at("default").at("last") == "z");
}

TEST_CASE("an option that is indented is one of its section where no option stands before it") {
    const auto file = parse_aws_ini("[a]\n   x = 1\n   y = 2\n z = 3\n", "path");
    CHECK(file.at("a").at("x") == "1");
    CHECK(file.at("a").at("y") == "2");
    CHECK(file.at("a").at("z") == "3");
}

TEST_CASE("an empty file, and one with a byte order mark") {
    CHECK(parse_aws_ini("", "path").empty());
    CHECK(parse_aws_ini("\xEF\xBB\xBF[a]\n", "path").contains("a"));
}

TEST_CASE("what is wrong is named with its file and line, without its text") {
    for (const char* const text : {"planted = 1\n", "[a]\nplanted\n", "[a]\nplanted=1\nPLANTED=2\n",
                                   "[planted]\n[planted]\n", "[a]\n= planted\n", "[a\nplanted = x\n"}) {
        CAPTURE(text);
        const error failure = testing_support::error_of([&] { parse_aws_ini(text, "/somewhere/.aws/config"); });
        CHECK(failure.kind() == errc::not_configured);
        CHECK(failure.key() == "/somewhere/.aws/config");
        CHECK(failure.message().starts_with("line "));
    }
    CHECK(testing_support::error_of([] { parse_aws_ini("[a]\n\nx\n", "p"); }).message().starts_with("line 3:"));
}
