#ifndef HOLDFAST_IMPL_DEFAULT_STORAGE_IPP
#define HOLDFAST_IMPL_DEFAULT_STORAGE_IPP

#include <holdfast/default_storage.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/core/secret.hpp>
#include <holdfast/core/store_url.hpp>
#include <holdfast/detail/python_json.hpp>
#include <holdfast/metaflow/config.hpp>
#include <holdfast/storage/open.hpp>

namespace holdfast {

namespace detail {

class s3_settings {
public:
    explicit s3_settings(const metaflow::configuration& settings) {
        options_.surroundings = settings.surroundings();
        options_.server_side_encryption = settings.get("S3_SERVER_SIDE_ENCRYPTION").value_or("");
        if (const auto params = settings.get("DATATOOLS_CLIENT_PARAMS")) client_params_ = parse(*params);
        set_default("endpoint_url", settings.get("S3_ENDPOINT_URL"));
        if (const auto verify = settings.get("S3_VERIFY_CERTIFICATE"); verify && !verify->empty()) {
            client_params_["verify"] = *verify;
        }
    }

    /// What the configuration of one artifact store says wins over the settings for all.
    void add_store(const boost::json::object& store) {
        options_.role_arn = text(store, "role_arn").value_or("");
        if (const auto* vars = member(store, "session_vars")) add_session_vars(*vars);
        if (const auto* params = member(store, "client_params")) {
            for (const auto& [name, value] : *params) client_params_[name] = value;
        }
    }

    s3_options options() {
        options_.endpoint = text(client_params_, "endpoint_url").value_or("");
        options_.region = text(client_params_, "region_name").value_or("");
        set_credentials();
        set_verification();
        set_addressing();
        return std::move(options_);
    }

private:
    static boost::json::object parse(const std::string& params) {
        boost::json::value value;
        try {
            value = parse_python_json(params, "METAFLOW_DATATOOLS_CLIENT_PARAMS");
        } catch (const error&) {
        }
        if (value.is_object()) return std::move(value.get_object());
        throw error(errc::not_configured, "read Metaflow's configuration", "METAFLOW_DATATOOLS_CLIENT_PARAMS",
                    "it is no JSON object; correct or unset it");
    }

    static std::optional<std::string> text(const boost::json::object& object, std::string_view name) {
        const auto* value = object.if_contains(name);
        if (value == nullptr || !value->is_string() || value->get_string().empty()) return std::nullopt;
        return std::string(value->get_string());
    }

    static const boost::json::object* member(const boost::json::object& object, std::string_view name) {
        const auto* value = object.if_contains(name);
        return value == nullptr ? nullptr : value->if_object();
    }

    void set_default(std::string_view name, const std::optional<std::string>& value) {
        if (value && !value->empty() && !client_params_.contains(name)) client_params_[name] = *value;
    }

    // Any other name defines a variable of botocore's session, which has no meaning here.
    void add_session_vars(const boost::json::object& vars) {
        for (const std::string name : {"RoleSessionName", "ExternalId", "DurationSeconds", "Policy"}) {
            if (!vars.contains(name)) continue;
            const auto& value = vars.at(name);
            options_.session_vars[name] = value.is_string() ? std::string(value.get_string()) : dump_python_json(value);
        }
    }

    void set_credentials() {
        const auto key = text(client_params_, "aws_access_key_id");
        const auto secret_key = text(client_params_, "aws_secret_access_key");
        if (!key && !secret_key) return;
        if (!key || !secret_key) {
            throw error(errc::not_configured, "read Metaflow's configuration", "client_params",
                        "aws_access_key_id and aws_secret_access_key belong together; one is missing");
        }
        options_.credentials = auth::aws_credentials{
            *key, secret(*secret_key), secret(text(client_params_, "aws_session_token").value_or("")), {}};
    }

    // boto3's `verify`: a bool, or the path of a CA bundle; from the environment always a text, which is a path
    // unless it says a bool.
    void set_verification() {
        const auto* verify = client_params_.if_contains("verify");
        if (verify == nullptr) return;
        options_.credentials_transport = options_.transport;  // Metaflow checks those of STS and SSO as always
        if (verify->is_bool()) options_.transport.verify_certificate = verify->get_bool();
        const auto value = text(client_params_, "verify");
        if (!value) return;
        if (*value == "False" || *value == "false" || *value == "0") {
            options_.transport.verify_certificate = false;
        } else if (*value != "True" && *value != "true" && *value != "1") {
            options_.transport.ca_bundle = *value;
        }
    }

    void set_addressing() {
        const auto* config = member(client_params_, "config");
        const auto* s3 = config == nullptr ? nullptr : member(*config, "s3");
        const auto style = s3 == nullptr ? std::nullopt : text(*s3, "addressing_style");
        if (style == "path") options_.addressing = s3_addressing::path;
        if (style == "virtual") options_.addressing = s3_addressing::virtual_hosted;
    }

    boost::json::object client_params_;
    s3_options options_;
};

}  // namespace detail

HOLDFAST_DECL any_storage default_storage(const environment& surroundings) {
    const metaflow::configuration settings{surroundings};
    const auto location = metaflow::find_store(settings);
    return open_storage(location.root, {.s3 = metaflow_s3_options(settings, location.options)});
}

HOLDFAST_DECL any_storage storage_at(std::string_view url, const environment& surroundings) {
    return open_storage(store_url::parse(url), {.s3 = metaflow_s3_options(metaflow::configuration{surroundings})});
}

HOLDFAST_DECL s3_options metaflow_s3_options(const metaflow::configuration& settings,
                                             const boost::json::object& store) {
    detail::s3_settings found{settings};
    found.add_store(store);
    return found.options();
}

}  // namespace holdfast

#endif
