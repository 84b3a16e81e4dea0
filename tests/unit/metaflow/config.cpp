#include <holdfast/metaflow/config.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/metaflow/identity.hpp>

using namespace holdfast;
using metaflow::configuration;
using metaflow::find_store;
using metaflow::store_location;

namespace fs = std::filesystem;

namespace {

// A home and a project, in which a process runs two levels down.
class place {
public:
    place() { fs::create_directories(work()); }

    fs::path home() const { return root() / "home"; }
    fs::path project() const { return root() / "project"; }
    fs::path work() const { return project() / "a" / "b"; }

    void write(const fs::path& path, std::string_view text) const {
        fs::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
    }
    void write_home(std::string_view text) const { write(home() / ".metaflowconfig" / "config.json", text); }
    void write_project(std::string_view text) const { write(project() / ".metaflow" / "config.json", text); }

    environment surroundings(environment::variables values = {}) const { return {std::move(values), work(), home()}; }
    configuration settings(environment::variables values = {}) const {
        return configuration(surroundings(std::move(values)));
    }
    store_location store(environment::variables values = {}) const { return find_store(settings(std::move(values))); }

private:
    fs::path root() const { return directory_.path(); }

    detail::temp_directory directory_;
};

template <class Action>
error refusal(Action action) {
    try {
        action();
    } catch (const error& failure) {
        return failure;
    }
    return {errc::io_failure, "test", "", "nothing was refused"};
}

environment::variables artifact_store(std::string text) {
    return {{"METAFLOW_CHECKPOINT_ARTIFACT_STORE_CONFIG", std::move(text)}};
}

}  // namespace

TEST_CASE("a setting comes from the variable, then the project, then the home") {
    const place here;
    here.write_home(R"({"METAFLOW_A": "home", "METAFLOW_B": "home", "METAFLOW_C": "home"})");
    here.write_project(R"({"METAFLOW_A": "project", "METAFLOW_B": "project"})");
    const configuration settings = here.settings({{"METAFLOW_A", "variable"}});
    CHECK(settings.get("A") == "variable");
    CHECK(settings.get("B") == "project");
    CHECK(settings.get("C") == "home");
    CHECK_FALSE(settings.get("D"));
}

TEST_CASE("an empty variable and a null in the project hide what comes after, as in Python") {
    const place here;
    here.write_home(R"({"METAFLOW_A": "home", "METAFLOW_B": "home"})");
    here.write_project(R"({"METAFLOW_A": null})");
    const configuration settings = here.settings({{"METAFLOW_B", ""}});
    CHECK_FALSE(settings.get("A"));
    CHECK(settings.get("B") == "");
}

TEST_CASE("keys of the files carry the prefix") {
    const place here;
    here.write_home(R"({"DEFAULT_DATASTORE": "s3"})");
    CHECK_FALSE(here.settings().get("DEFAULT_DATASTORE"));
}

TEST_CASE("values that are no texts read as Python prints them") {
    const place here;
    here.write_home(R"({"METAFLOW_A": 7, "METAFLOW_B": true, "METAFLOW_C": false, "METAFLOW_D": 1.5,
                        "METAFLOW_E": {"k": [1]}})");
    const configuration settings = here.settings();
    CHECK(settings.get("A") == "7");
    CHECK(settings.get("B") == "True");
    CHECK(settings.get("C") == "False");
    CHECK(settings.get("D") == "1.5");
    CHECK(settings.get("E") == R"({"k": [1]})");
}

TEST_CASE("the nearest .metaflow folder is the project, even without a file") {
    const place here;
    here.write_home(R"({"METAFLOW_A": "home"})");
    here.write_project(R"({"METAFLOW_A": "project"})");
    fs::create_directories(here.work() / ".metaflow");
    CHECK(here.settings().get("A") == "home");
    here.write(here.work() / ".metaflow" / "config.json", R"({"METAFLOW_A": "nearest"})");
    CHECK(here.settings().get("A") == "nearest");
}

TEST_CASE("a file named .metaflow is no project") {
    const place here;
    here.write_project(R"({"METAFLOW_A": "project"})");
    here.write(here.work() / ".metaflow", "x");
    CHECK(here.settings().get("A") == "project");
}

TEST_CASE("the home is where METAFLOW_HOME says") {
    const place here;
    here.write_home(R"({"METAFLOW_A": "default"})");
    here.write(here.home() / "other" / "config.json", R"({"METAFLOW_A": "other"})");
    here.write(here.work() / "local" / "config.json", R"({"METAFLOW_A": "local"})");
    CHECK(here.settings({{"METAFLOW_HOME", (here.home() / "other").string()}}).get("A") == "other");
    CHECK(here.settings({{"METAFLOW_HOME", "~/other"}}).get("A") == "other");
    CHECK(here.settings({{"METAFLOW_HOME", "local"}}).get("A") == "local");
    CHECK_FALSE(here.settings({{"METAFLOW_HOME", "~"}}).get("A"));
    CHECK_FALSE(here.settings({{"METAFLOW_HOME", "nowhere"}}).get("A"));
}

TEST_CASE("a profile takes the place of the home's file, and must exist") {
    const place here;
    here.write_home(R"({"METAFLOW_A": "default"})");
    here.write(here.home() / ".metaflowconfig" / "config_test.json", R"({"METAFLOW_B": "test"})");
    const configuration settings = here.settings({{"METAFLOW_PROFILE", "test"}});
    CHECK_FALSE(settings.get("A"));
    CHECK(settings.get("B") == "test");
    CHECK(here.settings({{"METAFLOW_PROFILE", ""}}).get("A") == "default");

    const error failure = refusal([&] { here.settings({{"METAFLOW_PROFILE", "missing"}}); });
    CHECK(failure.kind() == errc::not_configured);
    CHECK(failure.key().ends_with("config_missing.json"));
    CHECK(failure.message().find("METAFLOW_PROFILE") != std::string::npos);
}

TEST_CASE("files that are no JSON objects are told by name") {
    for (const char* text : {"", "{", "[]", "null", "\"x\"", "{\"METAFLOW_A\": \"\xFC\"}"}) {
        CAPTURE(text);
        const place home;
        home.write_home(text);
        CHECK(refusal([&] { home.settings(); }).kind() == errc::not_configured);
        const place project;
        project.write_project(text);
        const error failure = refusal([&] { project.settings(); });
        CHECK(failure.kind() == errc::not_configured);
        CHECK(failure.key() == (project.project() / ".metaflow" / "config.json").string());
    }
}

TEST_CASE("the user of a file's METAFLOW_USER comes before SUDO_USER") {
    const place here;
    here.write_home(R"({"METAFLOW_USER": "alice"})");
    CHECK(metaflow::current_namespace(here.surroundings({{"SUDO_USER", "bob"}})) == "user:alice");
}

TEST_CASE("a local store without settings is the nearest .metaflow folder, or one to be made here") {
    const place here;
    const store_location fresh = here.store();
    CHECK(fresh.type == "local");
    CHECK(fresh.root == store_url{"file", "", (here.work() / ".metaflow").string()});
    fs::create_directories(here.project() / ".metaflow");
    CHECK(here.store().root.path == (here.project() / ".metaflow").string());
    CHECK_FALSE(fs::exists(here.work() / ".metaflow"));
}

TEST_CASE("a link to a store's folder is followed in the working directory, as Python does") {
    const place here;
    fs::create_directories(here.home() / "store");
    fs::create_directory_symlink(here.home() / "store", here.work() / ".metaflow");
    CHECK(here.store().root.path == fs::canonical(here.home() / "store").string());
}

TEST_CASE("DATASTORE_SYSROOT_LOCAL names the folder that holds .metaflow") {
    const place here;
    fs::create_directories(here.project() / ".metaflow");
    CHECK(here.store({{"METAFLOW_DATASTORE_SYSROOT_LOCAL", "/data"}}).root.path == "/data/.metaflow");
    CHECK(here.store({{"METAFLOW_DATASTORE_SYSROOT_LOCAL", "x y"}}).root.path ==
          (here.work() / "x y" / ".metaflow").string());
    CHECK(here.store({{"METAFLOW_DATASTORE_SYSROOT_LOCAL", ""}}).root.path == (here.work() / ".metaflow").string());
    CHECK(here.store({{"METAFLOW_DATASTORE_SYSROOT_LOCAL", "/a:b"}}).root.path == "/a:b/.metaflow");
}

TEST_CASE("remote stores") {
    const place here;
    const store_location s3 =
        here.store({{"METAFLOW_DEFAULT_DATASTORE", "s3"}, {"METAFLOW_DATASTORE_SYSROOT_S3", "s3://bucket/a/b/"}});
    CHECK(s3.type == "s3");
    CHECK(s3.root == store_url{"s3", "bucket", "a/b"});
    CHECK(s3.options.empty());
    const store_location gs =
        here.store({{"METAFLOW_DEFAULT_DATASTORE", "gs"}, {"METAFLOW_DATASTORE_SYSROOT_GS", "gs://bucket"}});
    CHECK(gs.root == store_url{"gs", "bucket", ""});
    const store_location azure =
        here.store({{"METAFLOW_DEFAULT_DATASTORE", "azure"}, {"METAFLOW_DATASTORE_SYSROOT_AZURE", "box/mf"}});
    CHECK(azure.root == store_url{"azure", "box", "mf"});
    CHECK(here.store({{"METAFLOW_DEFAULT_DATASTORE", "s3-compatible"}, {"METAFLOW_DATASTORE_SYSROOT_S3", "s3://b"}})
              .type == "s3");
}

TEST_CASE("the store may come from the files") {
    const place here;
    here.write_home(R"({"METAFLOW_DEFAULT_DATASTORE": "s3", "METAFLOW_DATASTORE_SYSROOT_S3": "s3://home/x"})");
    here.write_project(R"({"METAFLOW_DATASTORE_SYSROOT_S3": "s3://project/x"})");
    CHECK(here.store().root.authority == "project");
}

TEST_CASE("what is missing or wrong is named, and its value is not") {
    const place here;
    const std::vector<std::pair<environment::variables, std::string>> rows{
        {{{"METAFLOW_DEFAULT_DATASTORE", "secret-ftp"}}, "METAFLOW_DEFAULT_DATASTORE"},
        {{{"METAFLOW_DEFAULT_DATASTORE", ""}}, "METAFLOW_DEFAULT_DATASTORE"},
        {{{"METAFLOW_DEFAULT_DATASTORE", "gcs"}}, "METAFLOW_DEFAULT_DATASTORE"},
        {{{"METAFLOW_DEFAULT_DATASTORE", "s3"}}, "METAFLOW_DATASTORE_SYSROOT_S3"},
        {{{"METAFLOW_DEFAULT_DATASTORE", "gs"}, {"METAFLOW_DATASTORE_SYSROOT_GS", ""}},
         "METAFLOW_DATASTORE_SYSROOT_GS"},
        {{{"METAFLOW_DEFAULT_DATASTORE", "azure"}}, "METAFLOW_DATASTORE_SYSROOT_AZURE"},
        {{{"METAFLOW_DEFAULT_DATASTORE", "azure"}, {"METAFLOW_DATASTORE_SYSROOT_AZURE", "https://secret/x"}},
         "METAFLOW_DATASTORE_SYSROOT_AZURE"},
        {{{"METAFLOW_DEFAULT_DATASTORE", "s3"}, {"METAFLOW_DATASTORE_SYSROOT_S3", "secret/x"}},
         "METAFLOW_DATASTORE_SYSROOT_S3"},
        {{{"METAFLOW_DEFAULT_DATASTORE", "s3"}, {"METAFLOW_DATASTORE_SYSROOT_S3", "s3://user:secret@b/x"}},
         "METAFLOW_DATASTORE_SYSROOT_S3"},
        {artifact_store("secret"), "METAFLOW_CHECKPOINT_ARTIFACT_STORE_CONFIG"},
        {artifact_store(""), "METAFLOW_CHECKPOINT_ARTIFACT_STORE_CONFIG"},
        {artifact_store("[]"), "METAFLOW_CHECKPOINT_ARTIFACT_STORE_CONFIG"},
        {artifact_store("{}"), "METAFLOW_CHECKPOINT_ARTIFACT_STORE_CONFIG"},
        {artifact_store(R"({"type": "secret", "config": {"root": "/x"}})"),
         "METAFLOW_CHECKPOINT_ARTIFACT_STORE_CONFIG"},
        {artifact_store(R"({"type": "local"})"), "METAFLOW_CHECKPOINT_ARTIFACT_STORE_CONFIG"},
        {artifact_store(R"({"type": "local", "config": "secret"})"), "METAFLOW_CHECKPOINT_ARTIFACT_STORE_CONFIG"},
        {artifact_store(R"({"type": "local", "config": {"key": "secret"}})"),
         "METAFLOW_CHECKPOINT_ARTIFACT_STORE_CONFIG"},
        {artifact_store(R"({"type": "s3", "config": {"root": 7, "key": "secret"}})"),
         "METAFLOW_CHECKPOINT_ARTIFACT_STORE_CONFIG"},
        {artifact_store(R"({"type": "s3", "config": {"root": "secret"}})"),
         "METAFLOW_CHECKPOINT_ARTIFACT_STORE_CONFIG"},
    };
    for (const auto& [variables, name] : rows) {
        CAPTURE(variables.begin()->second);
        const error failure = refusal([&] { here.store(variables); });
        CHECK(failure.kind() == errc::not_configured);
        CHECK(failure.key() == name);
        CHECK(std::string_view(failure.what()).find("secret") == std::string_view::npos);
    }
}

TEST_CASE("an artifact store overrides the default store, and its local root is taken as it is") {
    const place here;
    environment::variables variables = artifact_store(R"({"type": "local", "config": {"root": "/other/place"}})");
    variables["METAFLOW_DEFAULT_DATASTORE"] = "s3";
    CHECK(here.store(variables).root == store_url{"file", "", "/other/place"});
    CHECK(here.store(artifact_store(R"({"type": "local", "config": {"root": "below"}})")).root.path ==
          (here.work() / "below").string());
}

TEST_CASE("an artifact store's options are kept without its root") {
    const place here;
    for (const char* type : {"s3", "s3-compatible", "coreweave"}) {
        const store_location store = here.store(artifact_store(
            R"({"type": ")" + std::string(type) +
            R"(", "config": {"root": "s3://b/p", "role_arn": "r", "client_params": {"endpoint_url": "http://e"}}})"));
        CHECK(store.type == "s3");
        CHECK(store.root == store_url{"s3", "b", "p"});
        CHECK(store.options ==
              boost::json::object{{"role_arn", "r"},
                                  {"client_params", boost::json::object{{"endpoint_url", "http://e"}}}});
    }
}
