#include <holdfast/metaflow/identity.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

// Every digest here was printed by metaflow-checkpoint 0.2.14 (identity_utils.py, core.py: ScopeResolver) under
// metaflow 2.19.39, or seen in a run of both.
using namespace holdfast;
using namespace holdfast::metaflow;

namespace json = boost::json;

namespace {

std::string identifier_of(const std::vector<json::value>& values) {
    return foreach_task_identifier(values);
}

environment with(environment::variables values) {
    return {std::move(values), {}, {}};
}

}  // namespace

TEST_CASE("json_hash hashes the JSON text with its quotes and escapes") {
    CHECK(json_hash("start") == "a92ae9615600f7f0bcb0edf9703b379c163bef33ed749ae40c48a0830d4ab6ae");
    const json::value one{{"b", 1}, {"a", 2}};
    const json::value other{{"a", 2}, {"b", 1}};
    CHECK(json_hash(one) == json_hash(other));
}

TEST_CASE("pathspec hash") {
    CHECK(pathspec_hash("F7/1795456525973463/start/1") == "fc6851aa");
    CHECK(pathspec_hash("F\u00fc/1/s/1") == "6d5cdc86");
    CHECK(pathspec_hash("F/argo-f.x-9/s/t-\U0001f680") == "0fea310e");
}

TEST_CASE("identifier of a plain task") {
    CHECK(task_identifier("start") == "a92ae9615600");
    CHECK(task_identifier("train") == "80d5b9c7c81e");
    CHECK(task_identifier("tr\u00e4in") == "fb0f06b38122");
    CHECK(task_identifier("\u6b65") == "ba5cca45d4df");
    CHECK(task_identifier("\U0001f680_x") == "cfd626da3b46");
}

TEST_CASE("identifier of a foreach task") {
    CHECK(identifier_of({"x"}) == "9fedb9a7aaf4");
    CHECK(identifier_of({"y z"}) == "0bc292cb53f3");
    CHECK(identifier_of({"\u00fc"}) == "d1d2e763be79");
    CHECK(identifier_of({"\U0001f680"}) == "ecf0a13c48d8");
    CHECK(identifier_of({""}) == "d9ae7ded488e");
    CHECK(identifier_of({0}) == "07b4183333fb");
    CHECK(identifier_of({1}) == "5773cc76a738");
    CHECK(identifier_of({-3}) == "e21fbd682cf1");
    CHECK(identifier_of({12345678901234567890U}) == "857fb17ccec6");
    CHECK(identifier_of({0.1}) == "c4b058e870d1");
    CHECK(identifier_of({1e16}) == "1add9174dd02");
    CHECK(identifier_of({1e22}) == "07abfcd93b69");
    CHECK(identifier_of({std::numeric_limits<double>::quiet_NaN()}) == "64a8b7ce6878");
    CHECK(identifier_of({std::numeric_limits<double>::infinity()}) == "e4efb71a3fff");
    CHECK(identifier_of({json::object{{"b", 1}, {"a", 2}}}) == "393d5b47a49d");
    CHECK(identifier_of({json::object{{"\u00e9", 1}, {"z", json::object{{"y", nullptr}}}}}) == "07ce3e7ed6b1");
    CHECK(identifier_of({json::array{1, json::array{2}}}) == "13efd8422d7d");
}

TEST_CASE("identifier of a nested foreach task") {
    CHECK(identifier_of({"x", 2.5}) == "7b23afcb3084");
    CHECK(identifier_of({"x", json::object{{"a", 1}, {"b", json::array{1.0, "\u00e9"}}}}) == "58ce1d5ad795");
    CHECK(identifier_of({"x", nullptr}) == "f18db789fd10");
    CHECK(identifier_of({"x", true}) == "f5ca518917e3");
    CHECK(identifier_of({"a", "b", "c"}) == "9b8b9a51555a");
}

TEST_CASE("identifier of a gang") {
    const std::vector<json::value> x{"x"};
    const std::vector<json::value> nested{"x", 2.5};
    CHECK(gang_task_identifier({}) == "c2df85824caf");
    CHECK(gang_task_identifier({}, 1) == "82426c45b9b5");
    CHECK(gang_task_identifier(x) == "7897933e5726");
    CHECK(gang_task_identifier(x, -1) == "6d16240c94aa");
    CHECK(gang_task_identifier(nested) == "b564fd0f3c7e");
}

TEST_CASE("scope of a namespace") {
    CHECK(scope_of_namespace("user:alice") == "dabd1db8d35a");
    CHECK(scope_of_namespace("user:bob") == "3cf105295f91");
    CHECK(scope_of_namespace("production:token") == "e090b84ca964");
    CHECK(scope_of_namespace("user:\u00fc") == "ae8a891d2a82");
    CHECK(scope_of_namespace("user:root") == "6f2fcfd29c49");
}

TEST_CASE("scope of tags") {
    const auto scope = [](const std::vector<std::string>& tags) { return scope_of_tags(tags).value_or("none"); };
    CHECK(scope({}) == "none");
    CHECK(scope({"a", "checkpoint", "checkpoints:x"}) == "none");
    CHECK(scope({"checkpoint:exp:1"}) == "dd7a946de80a");
    CHECK(scope({"a", "checkpoint:exp"}) == "dd7a946de80a");
    CHECK(scope({"checkpoint:"}) == "e3b0c44298fc");
    CHECK(scope({"checkpoint:\u00fc"}) == "607474ca475a");
    CHECK(scope({"my-checkpoint:zeta"}) == "5cc10d9143b2");
}

TEST_CASE("D-33 of several tags the same one is chosen in any order") {
    const std::vector<std::string> one{"checkpoint:zeta", "checkpoint:exp", "a-checkpoint:first"};
    const std::vector<std::string> other{"a-checkpoint:first", "checkpoint:exp", "checkpoint:zeta"};
    CHECK(scope_of_tags(one) == scope_of_namespace("exp"));
    CHECK(scope_of_tags(other) == scope_of_namespace("exp"));
}

TEST_CASE("the namespace of a process") {
    CHECK(current_namespace(with({{"METAFLOW_PRODUCTION_TOKEN", "t-1"}, {"METAFLOW_USER", "alice"}})) ==
          "production:t-1");
    CHECK(current_namespace(with({{"METAFLOW_USER", "alice"}, {"SUDO_USER", "bob"}})) == "user:alice");
    CHECK(current_namespace(with({{"SUDO_USER", "bob"}, {"USERNAME", "carol"}, {"USER", "dave"}})) == "user:bob");
    CHECK(current_namespace(with({{"USERNAME", "carol"}, {"USER", "dave"}})) == "user:carol");
    CHECK(current_namespace(with({{"USER", "dave"}})) == "user:dave");
}

TEST_CASE("empty names and root are passed over, as Python does") {
    CHECK(current_namespace(with({{"METAFLOW_PRODUCTION_TOKEN", ""}, {"METAFLOW_USER", ""}, {"USER", "dave"}})) ==
          "user:dave");
    CHECK(current_namespace(with({{"METAFLOW_USER", "root"}, {"SUDO_USER", "root"}, {"USER", "dave"}})) == "user:dave");
}

TEST_CASE("a process of nobody or of root, which Python refuses, is the user root's") {
    CHECK(current_namespace(with({})) == "user:root");
    CHECK(current_namespace(with({{"USER", "root"}})) == "user:root");
}
