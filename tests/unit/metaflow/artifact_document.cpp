#include <holdfast/metaflow/artifact_document.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <holdfast/core/error.hpp>
#include <tests/support/failures.hpp>

using namespace holdfast;
using testing_support::error_of;
using testing_support::failure_of;

namespace json = boost::json;

namespace {

const std::string digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

artifact_document with_text(std::string text) {
    artifact_document document;
    document.key = "a/document";
    document.text = std::move(text);
    return document;
}

}  // namespace

TEST_CASE("a document of no text has nothing in it") {
    const artifact_document document;
    CHECK(document.attempt == "0");
    CHECK(document.to_json().empty());
    CHECK(document.fields().empty());
    CHECK(document.metadata().empty());
    CHECK_FALSE(document.manifest_sha256());
}

TEST_CASE("the text is handed out as it is, and taken apart with what nobody knows") {
    const std::string text = R"({"colour" :"red","size": 7, "metadata": {"loss": NaN, "epoch": 3}})";
    const artifact_document document = with_text(text);
    CHECK(document.to_json() == text);
    CHECK(document.fields().at("colour") == "red");
    CHECK(document.fields().at("size") == 7);
    CHECK(document.metadata().at("epoch") == 3);
    CHECK(std::isnan(document.metadata().at("loss").as_double()));
    CHECK(document.metadata().size() == 2);
}

TEST_CASE("the fields are those of the text, not those of the members") {
    artifact_document document = with_text(R"({"size": 7})");
    document.size = 8;
    CHECK(document.fields() == json::object{{"size", 7}});
}

TEST_CASE("metadata that is missing, or no object, counts as none") {
    for (const std::string text : {"{}", R"({"metadata": null})", R"({"metadata": [1]})", R"({"metadata": "x"})"}) {
        CAPTURE(text);
        CHECK(with_text(text).metadata().empty());
    }
}

TEST_CASE("a text that was damaged is corrupt, and the error names the document") {
    for (const std::string text : {"{", "{} {}", "\xEF\xBB\xBF{}", "{\"note\": \"\xFC\"}", "nil"}) {
        CAPTURE(text);
        const artifact_document document = with_text(text);
        const auto failure = error_of([&] { document.fields(); });
        REQUIRE(failure);
        CHECK(failure->kind() == errc::corrupt);
        CHECK(failure->key() == "a/document");
        CHECK(failure_of([&] { document.metadata(); }) == errc::corrupt);
        CHECK(failure_of([&] { document.manifest_sha256(); }) == errc::corrupt);
    }
}

TEST_CASE("the digest of a manifest is told where the document has one") {
    CHECK(with_text(R"({"holdfast": {"manifest_sha256": ")" + digest + R"("}})").manifest_sha256() == digest);
    CHECK(detail::manifest_sha256_of({{"holdfast", json::object{{"parent", "p"}, {"manifest_sha256", digest}}}}) ==
          digest);
}

TEST_CASE("what is no digest in its one spelling is none") {
    const auto digest_of = [](json::value own) { return detail::manifest_sha256_of({{"holdfast", std::move(own)}}); };
    CHECK_FALSE(detail::manifest_sha256_of({}));
    CHECK_FALSE(detail::manifest_sha256_of({{"manifest_sha256", digest}}));
    CHECK_FALSE(digest_of(nullptr));
    CHECK_FALSE(digest_of(json::string(digest)));
    CHECK_FALSE(digest_of(json::object{}));
    CHECK_FALSE(digest_of(json::object{{"manifest_sha256", 7}}));
    std::string upper = digest;
    upper[10] = 'A';
    std::string no_digit = digest;
    no_digit[63] = 'g';
    for (const std::string& text : {std::string(), digest.substr(1), digest + "0", upper, no_digit}) {
        CAPTURE(text);
        CHECK_FALSE(digest_of(json::object{{"manifest_sha256", json::string(text)}}));
    }
}

TEST_CASE("metadata are read as Python writes them") {
    const json::object read =
        parse_metadata(R"( {"loss": NaN, "best": -Infinity, "worst": Infinity, "note": "\u00fc"} )");
    CHECK(std::isnan(read.at("loss").as_double()));
    CHECK(read.at("best").as_double() == -std::numeric_limits<double>::infinity());
    CHECK(read.at("worst").as_double() == std::numeric_limits<double>::infinity());
    CHECK(read.at("note") == "\u00fc");
    CHECK(parse_metadata("{}").empty());
}

TEST_CASE("metadata that are no JSON object are the caller's mistake") {
    const std::string deep = R"({"nest": )" + std::string(600, '[') + std::string(600, ']') + "}";
    for (const std::string& text :
         {std::string(), std::string("epoch=3"), std::string("[]"), std::string("null"), std::string("3"),
          std::string(R"("{}")"), std::string("{"), std::string("{}{}"), std::string("{\"note\": \"\xFC\"}"), deep}) {
        CAPTURE(text);
        const auto failure = error_of([&] { parse_metadata(text); });
        REQUIRE(failure);
        CHECK(failure->kind() == errc::invalid_argument);
        CHECK(failure->key() == "the metadata");
    }
}

TEST_CASE("a value is spelled as json.dumps spells it") {
    // what CPython's json.dumps prints for the same values
    CHECK(to_python_json({{"a", json::array{1, 2.5, 1e16, -0.0}}, {"b", nullptr}, {"c", true}}) ==
          R"({"a": [1, 2.5, 1e+16, -0.0], "b": null, "c": true})");
    CHECK(to_python_json("\u00fc\n\x7F\U0001F600") == R"("\u00fc\n\u007f\ud83d\ude00")");
    CHECK(to_python_json(std::numeric_limits<double>::quiet_NaN()) == "NaN");
    CHECK(to_python_json(-std::numeric_limits<double>::infinity()) == "-Infinity");
    CHECK(to_python_json(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(to_python_json(json::object{}) == "{}");
}

TEST_CASE("what json.dumps spells is read back") {
    const json::object metadata{{"epoch", 3}, {"nested", json::array{nullptr, json::object{{"x", 0.1}}}}};
    CHECK(parse_metadata(to_python_json(metadata)) == metadata);
    CHECK(failure_of([] { to_python_json("\xC3"); }) == errc::invalid_argument);
}
