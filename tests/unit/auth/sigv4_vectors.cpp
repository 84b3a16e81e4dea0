#include <holdfast/auth/sigv4.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <boost/json.hpp>

// vectors/README.md names the origin of each file.
namespace {

using namespace holdfast;
namespace json = boost::json;
using auth::sigv4_artefacts;
using auth::sigv4_path_rule;
using auth::sigv4_signer;

const std::chrono::sys_days epoch{};

struct vector {
    std::string name;
    sigv4_signer signer;
    auth::aws_credentials credentials;
    std::chrono::system_clock::time_point now;
    std::chrono::seconds lifetime;
    http::request message;
    std::string header_payload;
    std::string query_payload;
    json::object expected;
};

std::string text_of(const json::object& from, std::string_view name) {
    return std::string(from.at(name).as_string());
}

vector parse_vector(const json::object& from) {
    const auto rule = text_of(from, "path_rule") == "as_sent" ? sigv4_path_rule::as_sent : sigv4_path_rule::normalised;
    http::request message{.method = text_of(from, "method"),
                          .server = http::url::parse(text_of(from, "url")).server,
                          .target = text_of(from, "target"),
                          .headers = {},
                          .body = {}};
    for (const auto& field : from.at("headers").as_array()) {
        message.headers.add(std::string(field.at(0).as_string()), std::string(field.at(1).as_string()));
    }
    return {.name = text_of(from, "name"),
            .signer = sigv4_signer(text_of(from, "region"), text_of(from, "service"), rule),
            .credentials = {.access_key_id = text_of(from, "access_key_id"),
                            .secret_access_key = secret(text_of(from, "secret_access_key")),
                            .session_token = secret(text_of(from, "session_token"))},
            .now = epoch + std::chrono::seconds(from.at("time").to_number<std::int64_t>()),
            .lifetime = std::chrono::seconds(from.at("lifetime").to_number<std::int64_t>()),
            .message = std::move(message),
            .header_payload = text_of(from, "header_payload"),
            .query_payload = text_of(from, "query_payload"),
            .expected = from};
}

std::vector<vector> read_vectors(const char* file) {
    std::ifstream in(std::filesystem::path(HOLDFAST_VECTORS) / file, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    const json::value parsed = json::parse(text);
    std::vector<vector> vectors;
    for (const auto& each : parsed.as_array()) vectors.push_back(parse_vector(each.as_object()));
    return vectors;
}

void check_artefacts(const sigv4_artefacts& made, const json::object& expected) {
    CHECK(made.canonical_request == text_of(expected, "canonical_request"));
    CHECK(made.string_to_sign == text_of(expected, "string_to_sign"));
    CHECK(made.signature == text_of(expected, "signature"));
}

// The lines of the canonical request from its end: 1 is the payload, 2 the signed names.
std::string signed_names(const sigv4_artefacts& made) {
    const std::string_view text = made.canonical_request;
    const std::size_t end = text.rfind('\n');
    const std::size_t begin = text.rfind('\n', end - 1) + 1;
    return std::string(text.substr(begin, end - begin));
}

void check_header_form(const vector& each) {
    http::request message = each.message;
    const sigv4_artefacts made = each.signer.sign(message, each.credentials, each.now, each.header_payload);
    check_artefacts(made, each.expected.at("header").as_object());
    const std::string credential = each.credentials.access_key_id + "/" + made.string_to_sign.substr(34, 8) + "/" +
                                   text_of(each.expected, "region") + "/" + text_of(each.expected, "service") +
                                   "/aws4_request";
    REQUIRE(message.headers.find("Authorization") != nullptr);
    CHECK(*message.headers.find("Authorization") == "AWS4-HMAC-SHA256 Credential=" + credential + ", SignedHeaders=" +
                                                        signed_names(made) + ", Signature=" + made.signature);
    CHECK(*message.headers.find("X-Amz-Date") == made.string_to_sign.substr(17, 16));
    CHECK(message.target == each.message.target);
}

void check_query_form(const vector& each) {
    const auto made = each.signer.presign(each.message, each.credentials, each.now, each.lifetime, each.query_payload);
    check_artefacts(made.artefacts, each.expected.at("query").as_object());
    const std::string path = each.message.target.substr(0, each.message.target.find('?'));
    CHECK(made.target.starts_with(each.message.target));
    CHECK(made.target.substr(0, made.target.find('?')) == path);
    CHECK(made.target.ends_with("&X-Amz-Signature=" + made.artefacts.signature));
}

std::size_t check_vectors(const char* file) {
    const std::vector<vector> vectors = read_vectors(file);
    for (const vector& each : vectors) {
        CAPTURE(each.name);
        if (each.expected.contains("header")) check_header_form(each);
        if (each.expected.contains("query")) check_query_form(each);
    }
    return vectors.size();
}

TEST_CASE("sigv4: AWS's signing suite") {
    CHECK(check_vectors("aws_suite.json") == 38);
}

TEST_CASE("sigv4: the worked examples of the S3 documentation") {
    CHECK(check_vectors("s3_documentation.json") == 7);
}

TEST_CASE("sigv4: what botocore computes") {
    CHECK(check_vectors("botocore.json") == 37);
}

}  // namespace
