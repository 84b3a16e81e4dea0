#ifndef HOLDFAST_METAFLOW_IMPL_CONFIG_IPP
#define HOLDFAST_METAFLOW_IMPL_CONFIG_IPP

#include <holdfast/metaflow/config.hpp>

#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/python_json.hpp>

namespace holdfast {

namespace detail {

inline constexpr const char* metaflow_directory = ".metaflow";
inline constexpr const char* artifact_store_variable = "METAFLOW_CHECKPOINT_ARTIFACT_STORE_CONFIG";

[[noreturn]] inline void throw_not_configured(std::string_view where, std::string_view message) {
    throw error(errc::not_configured, "read Metaflow's configuration", where, message);
}

inline bool is_existing_directory(const std::filesystem::path& path) {
    std::error_code failure;
    return std::filesystem::is_directory(path, failure);
}

// The working directory's own may be a link, which Python resolves; those above it stay as they are.
inline std::optional<std::filesystem::path> find_metaflow_directory(const std::filesystem::path& working_directory) {
    if (working_directory.empty()) return std::nullopt;
    std::filesystem::path here = working_directory;
    std::error_code failure;
    if (const auto own = here / metaflow_directory; is_existing_directory(own)) {
        return std::filesystem::canonical(own, failure);
    }
    while (here.has_parent_path() && here != here.parent_path()) {
        here = here.parent_path();
        if (is_existing_directory(here / metaflow_directory)) return here / metaflow_directory;
    }
    return std::nullopt;
}

// Nothing where there is no such file.
inline std::optional<boost::json::object> read_settings_file(const std::filesystem::path& path) {
    std::error_code failure;
    if (!std::filesystem::exists(path, failure)) return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    boost::json::value settings;
    try {
        settings = parse_python_json(text, path.string());
    } catch (const error& unreadable) {
        throw_not_configured(path.string(), "the file is no JSON: " + unreadable.message() + "; correct or remove it");
    }
    if (!settings.is_object())
        throw_not_configured(path.string(), "the file holds no JSON object; correct or remove it");
    return std::move(settings.get_object());
}

inline boost::json::object read_project_settings(const environment& surroundings) {
    const auto directory = find_metaflow_directory(surroundings.working_directory());
    if (!directory) return {};
    return read_settings_file(*directory / "config.json").value_or(boost::json::object());
}

inline std::filesystem::path metaflow_home(const environment& surroundings) {
    const std::string home = surroundings.get("METAFLOW_HOME").value_or("~/.metaflowconfig");
    if (home == "~") return surroundings.home();
    if (home.starts_with("~/")) return surroundings.home() / home.substr(2);
    return surroundings.working_directory() / home;
}

inline boost::json::object read_home_settings(const environment& surroundings) {
    const std::string profile = surroundings.get("METAFLOW_PROFILE").value_or("");
    const auto path = metaflow_home(surroundings) / (profile.empty() ? "config.json" : "config_" + profile + ".json");
    auto settings = read_settings_file(path);
    if (!settings && !profile.empty()) {
        throw_not_configured(path.string(),
                             "METAFLOW_PROFILE names a profile whose file is not there; write the file "
                             "or correct METAFLOW_PROFILE or METAFLOW_HOME");
    }
    return std::move(settings).value_or(boost::json::object());
}

// As Python's str() prints what a JSON file holds.
inline std::optional<std::string> setting_text(const boost::json::value& setting) {
    if (setting.is_null()) return std::nullopt;
    if (setting.is_string()) return std::string(setting.get_string());
    if (setting.is_bool()) return setting.get_bool() ? "True" : "False";
    return dump_python_json(setting);
}

inline std::string normal_store_type(const std::string& type, std::string_view setting) {
    if (type == "s3-compatible" || type == "coreweave") return "s3";
    if (type == "local" || type == "s3" || type == "azure" || type == "gs") return type;
    throw_not_configured(setting,
                         "the store's type is none of local, s3, s3-compatible, coreweave, azure, gs; correct it");
}

inline store_url parse_store_root(const std::string& text, std::string_view setting) {
    try {
        return store_url::parse(text);
    } catch (const error& flaw) {
        throw_not_configured(setting, flaw.message());
    }
}

inline store_url local_store_root(const std::filesystem::path& path) {
    return {.scheme = "file", .authority = {}, .path = path.string()};
}

inline store_url remote_store_root(const std::string& type, const std::string& root, std::string_view setting) {
    if (type == "azure") {
        if (root.find("://") != std::string::npos) {
            throw_not_configured(setting, "an Azure store's root is container/prefix, without a scheme");
        }
        return parse_store_root("azure://" + root, setting);
    }
    if (!root.starts_with(type + "://")) {
        throw_not_configured(
            setting, "the store's root does not begin with " + type + "://; write " + type + "://bucket/prefix");
    }
    return parse_store_root(root, setting);
}

inline std::string text_member(const boost::json::object& object, std::string_view name) {
    const boost::json::value* member = object.if_contains(name);
    if (member == nullptr || !member->is_string() || member->get_string().empty()) {
        throw_not_configured(artifact_store_variable, "'" + std::string(name) +
                                                          "' is missing or no text; it is JSON "
                                                          "of the form {\"type\": ..., \"config\": {\"root\": ...}}");
    }
    return std::string(member->get_string());
}

inline boost::json::object parse_artifact_store(const std::string& text) {
    boost::json::value config;
    try {
        config = parse_python_json(text, artifact_store_variable);
    } catch (const error&) {
        throw_not_configured(artifact_store_variable, "it is no JSON; correct or unset it");
    }
    if (!config.is_object()) throw_not_configured(artifact_store_variable, "it is no JSON object; correct or unset it");
    return std::move(config.get_object());
}

inline metaflow::store_location find_artifact_store(const std::string& text, const environment& surroundings) {
    const boost::json::object store = parse_artifact_store(text);
    const std::string type = normal_store_type(text_member(store, "type"), artifact_store_variable);
    const boost::json::value* config = store.if_contains("config");
    if (config == nullptr || !config->is_object()) {
        throw_not_configured(artifact_store_variable, "'config' is missing or no object; it holds the store's root");
    }
    boost::json::object options = config->get_object();
    const std::string root = text_member(options, "root");
    options.erase("root");
    if (type == "local") return {type, local_store_root(surroundings.working_directory() / root), std::move(options)};
    return {type, remote_store_root(type, root, artifact_store_variable), std::move(options)};
}

inline std::filesystem::path default_local_root(const metaflow::configuration& settings) {
    const std::filesystem::path& here = settings.surroundings().working_directory();
    if (const auto root = settings.get("DATASTORE_SYSROOT_LOCAL")) return here / *root / metaflow_directory;
    return find_metaflow_directory(here).value_or(here / metaflow_directory);
}

inline std::string sysroot_name(const std::string& type) {
    if (type == "azure") return "DATASTORE_SYSROOT_AZURE";
    return type == "gs" ? "DATASTORE_SYSROOT_GS" : "DATASTORE_SYSROOT_S3";
}

}  // namespace detail

namespace metaflow {

HOLDFAST_DECL configuration::configuration(environment surroundings)
    : surroundings_(std::move(surroundings)),
      project_(detail::read_project_settings(surroundings_)),
      home_(detail::read_home_settings(surroundings_)) {}

HOLDFAST_DECL std::optional<std::string> configuration::get(std::string_view name) const {
    const std::string key = "METAFLOW_" + std::string(name);
    if (auto value = surroundings_.get(key)) return value;
    if (const boost::json::value* setting = project_.if_contains(key)) return detail::setting_text(*setting);
    if (const boost::json::value* setting = home_.if_contains(key)) return detail::setting_text(*setting);
    return std::nullopt;
}

HOLDFAST_DECL store_location find_store(const configuration& settings) {
    if (const auto store = settings.surroundings().get(detail::artifact_store_variable)) {
        return detail::find_artifact_store(*store, settings.surroundings());
    }
    const std::string type =
        detail::normal_store_type(settings.get("DEFAULT_DATASTORE").value_or("local"), "METAFLOW_DEFAULT_DATASTORE");
    if (type == "local") return {type, detail::local_store_root(detail::default_local_root(settings)), {}};
    const std::string name = detail::sysroot_name(type);
    const std::optional<std::string> root = settings.get(name);
    if (!root || root->empty()) {
        detail::throw_not_configured("METAFLOW_" + name, "it is not set, and METAFLOW_DEFAULT_DATASTORE is " + type +
                                                             "; set it to the store's root");
    }
    return {type, detail::remote_store_root(type, *root, "METAFLOW_" + name), {}};
}

}  // namespace metaflow
}  // namespace holdfast

#endif
