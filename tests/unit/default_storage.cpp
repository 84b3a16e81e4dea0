#include <holdfast/default_storage.hpp>

#include <doctest/doctest.h>

#include <string>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/metaflow/config.hpp>
#include <holdfast/storage/open.hpp>
#include <tests/support/tree_building.hpp>

using namespace holdfast;
using tree_building::failure_of;

namespace {

environment with(environment::variables variables) {
    return {std::move(variables), "/", "/"};
}

/// What the store of an environment would be opened with.
s3_options options_of(environment::variables variables) {
    const metaflow::configuration settings{with(std::move(variables))};
    return metaflow_s3_options(settings, metaflow::find_store(settings).options);
}

environment::variables artifact_store(const std::string& config) {
    return {{"METAFLOW_CHECKPOINT_ARTIFACT_STORE_CONFIG",
             R"({"type": "s3", "config": {"root": "s3://b/p")" + config + "}}"},
            {"METAFLOW_S3_ENDPOINT_URL", "http://for-all:1"}};
}

const environment::variables on_s3{{"METAFLOW_DEFAULT_DATASTORE", "s3"},
                                   {"METAFLOW_DATASTORE_SYSROOT_S3", "s3://bucket/mf"}};

environment::variables on_s3_with(const std::string& name, const std::string& value) {
    auto variables = on_s3;
    variables[name] = value;
    return variables;
}

}  // namespace

TEST_CASE("the store is where Metaflow's configuration says") {
    const detail::temp_directory folder;
    const environment configured{
        {{"METAFLOW_DATASTORE_SYSROOT_LOCAL", folder.path().string()}}, folder.path(), folder.path()};
    CHECK(default_storage(configured).url().str() == (folder.path() / ".metaflow").string());
    CHECK(default_storage(with(on_s3)).url().str() == "s3://bucket/mf");
    CHECK(storage_at("s3://other", with(on_s3)).url().str() == "s3://other");
    CHECK(storage_at(folder.path().string(), with({})).url().str() == folder.path().string());
}

TEST_CASE("a kind of store that this build does not hold is named") {
    CHECK(failure_of([] {
              default_storage(
                  with({{"METAFLOW_DEFAULT_DATASTORE", "gs"}, {"METAFLOW_DATASTORE_SYSROOT_GS", "gs://b/mf"}}));
          }) == errc::unsupported);
}

TEST_CASE("Metaflow's S3 settings reach the store") {
    CHECK(options_of(on_s3).endpoint.empty());
    CHECK(options_of(on_s3_with("METAFLOW_S3_ENDPOINT_URL", "http://h:1")).endpoint == "http://h:1");
    CHECK(options_of(on_s3_with("METAFLOW_S3_SERVER_SIDE_ENCRYPTION", "aws:kms")).server_side_encryption == "aws:kms");
    CHECK(options_of(on_s3).transport.verify_certificate);
    CHECK_FALSE(options_of(on_s3_with("METAFLOW_S3_VERIFY_CERTIFICATE", "False")).transport.verify_certificate);
    CHECK(options_of(on_s3_with("METAFLOW_S3_VERIFY_CERTIFICATE", "/ca.pem")).transport.ca_bundle == "/ca.pem");
    CHECK(options_of(on_s3_with("METAFLOW_DATATOOLS_CLIENT_PARAMS", R"({"region_name": "eu-west-1"})")).region ==
          "eu-west-1");
    for (const std::string wrong : {"{", "[]", "7"}) {
        CAPTURE(wrong);
        CHECK(failure_of([&] { options_of(on_s3_with("METAFLOW_DATATOOLS_CLIENT_PARAMS", wrong)); }) ==
              errc::not_configured);
    }
}

TEST_CASE("an endpoint in the client parameters wins over the setting") {
    auto variables = on_s3_with("METAFLOW_S3_ENDPOINT_URL", "http://h:1");
    variables["METAFLOW_DATATOOLS_CLIENT_PARAMS"] = R"({"endpoint_url": "http://own:2"})";
    CHECK(options_of(variables).endpoint == "http://own:2");
}

TEST_CASE("an artifact store's own configuration wins") {
    const auto options = options_of(artifact_store(
        R"(, "role_arn": "arn:aws:iam::1:role/r", "session_vars": {"RoleSessionName": "s", "DurationSeconds": 900,
                               "region": ["region", "AWS_X", null, null]},
             "client_params": {"endpoint_url": "https://own", "aws_access_key_id": "AK", "aws_secret_access_key": "SK",
                               "aws_session_token": "ST", "verify": false,
                               "config": {"s3": {"addressing_style": "virtual"}}})"));
    CHECK(options.endpoint == "https://own");
    CHECK(options.role_arn == "arn:aws:iam::1:role/r");
    CHECK(options.session_vars.at("RoleSessionName") == "s");
    CHECK(options.session_vars.at("DurationSeconds") == "900");
    CHECK(options.session_vars.size() == 2);
    CHECK(options.credentials->access_key_id == "AK");
    CHECK(options.credentials->secret_access_key.reveal() == "SK");
    CHECK(options.credentials->session_token.reveal() == "ST");
    CHECK_FALSE(options.transport.verify_certificate);
    REQUIRE(options.credentials_transport);
    CHECK(options.credentials_transport->verify_certificate);
    CHECK(options.addressing == s3_addressing::virtual_hosted);
    CHECK(options_of(artifact_store("")).endpoint == "http://for-all:1");
}

TEST_CASE("half a key is no credential") {
    for (const std::string half : {R"("aws_access_key_id": "AK")", R"("aws_secret_access_key": "SK")"}) {
        CAPTURE(half);
        const std::string config = R"(, "client_params": {)" + half + "}";
        CHECK(failure_of([&] { options_of(artifact_store(config)); }) == errc::not_configured);
    }
}
