#ifndef HOLDFAST_AUTH_AWS_IMPL_INSTANCE_METADATA_IPP
#define HOLDFAST_AUTH_AWS_IMPL_INSTANCE_METADATA_IPP

#include <holdfast/auth/aws/instance_metadata.hpp>

#include <boost/json/object.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <holdfast/auth/aws/json_credentials.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/ascii.hpp>

namespace holdfast::detail {

// A number of seconds or attempts; nothing where neither place has one.
inline std::optional<unsigned> metadata_number(const auth::aws_settings& settings, const std::string& variable,
                                               std::string_view option) {
    const auto text = settings.get(variable, option);
    if (!text) return std::nullopt;
    const auto number = parse_decimal<unsigned>(*text);
    if (number && *number >= 1 && *number <= 3600) return number;
    throw error(errc::not_configured, "read AWS's configuration", variable,
                "the number is not one from 1 to 3600; correct it there or in the profile's " + std::string(option));
}

inline bool metadata_by_ipv6(const auth::aws_settings& settings) {
    const auto mode = settings.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
    if (!mode) return settings.get_bool("AWS_IMDS_USE_IPV6", "imds_use_ipv6").value_or(false);
    if (equals_ignoring_ascii_case(*mode, "ipv6")) return true;
    if (equals_ignoring_ascii_case(*mode, "ipv4")) return false;
    throw error(errc::not_configured, "read AWS's configuration", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                "the mode is neither IPv4 nor IPv6; correct it there or in the profile");
}

class metadata_service {
public:
    metadata_service(const auth::instance_metadata_options& options, const auth::aws_caller& caller)
        : options_(options), caller_(caller) {
        const std::string own = options.ipv6 ? "http://[fd00:ec2::254]/" : "http://169.254.169.254/";
        server_ = auth::parse_setting_url(options.endpoint.empty() ? own : options.endpoint,
                                          "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    }

    std::optional<auth::aws_credentials> find() const {
        const auto token = ask("PUT", "latest/api/token", "x-aws-ec2-metadata-token-ttl-seconds", "21600");
        if (!token) return std::nullopt;
        const auto role = ask("GET", roles, token_field, *token);
        if (!role) return std::nullopt;
        const std::string name = role->substr(0, role->find('\n'));
        const auto is_plain = [](char c) { return c > ' ' && c <= '~' && c != '?' && c != '#'; };
        if (!std::ranges::all_of(name, is_plain)) return std::nullopt;
        const auto document = ask("GET", std::string(roles) + name, token_field, *token);
        return document ? read(*document) : std::nullopt;
    }

private:
    static constexpr const char* roles = "latest/meta-data/iam/security-credentials/";
    static constexpr const char* token_field = "x-aws-ec2-metadata-token";

    std::optional<std::string> ask(const std::string& method, const std::string& path, const std::string& field,
                                   const std::string& value) const {
        http::request message = auth::request_to(method, server_, path);
        message.headers.set(field, value);
        message.direct = true;
        for (unsigned attempt = 0; attempt < options_.attempts; ++attempt) {
            try {
                auto answer = auth::ask_once(caller_, message, options_.timeout);
                if (answer.status == 200 && !answer.text.empty()) return std::move(answer.text);
                if (answer.status >= 400 && answer.status < 500) return std::nullopt;
            } catch (const error& failure) {
                if (!failure.is_retryable()) throw;
            }
        }
        return std::nullopt;
    }

    // An answer without keys says why there are none, which is nothing to stop for.
    std::optional<auth::aws_credentials> read(const std::string& text) const {
        try {
            auto found = auth::read_credentials(
                auth::parse_json_object(text, "the instance's metadata", server_.server.host_header()), "Token",
                "the instance's metadata", server_.server.host_header());
            const auto now = caller_.clock();
            if (found.expires && *found.expires - now < std::chrono::minutes(15)) {
                found.expires = now + std::chrono::minutes(20);
            }
            return found;
        } catch (const error&) {
            return std::nullopt;
        }
    }

    const auth::instance_metadata_options& options_;
    const auth::aws_caller& caller_;
    http::url server_;
};

}  // namespace holdfast::detail

namespace holdfast::auth {

HOLDFAST_DECL instance_metadata_options instance_metadata_options::from_settings(const environment& surroundings,
                                                                                 const aws_settings& settings) {
    instance_metadata_options options;
    options.disabled =
        detail::equals_ignoring_ascii_case(surroundings.get("AWS_EC2_METADATA_DISABLED").value_or(""), "true");
    options.endpoint = settings.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint").value_or("");
    options.ipv6 = detail::metadata_by_ipv6(settings);
    const auto seconds = detail::metadata_number(settings, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout");
    options.timeout = std::chrono::seconds(seconds.value_or(1));
    const auto attempts =
        detail::metadata_number(settings, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts");
    options.attempts = attempts.value_or(1);
    return options;
}

HOLDFAST_DECL aws_credentials_provider instance_metadata_credentials(instance_metadata_options options,
                                                                     aws_caller caller) {
    return [options = std::move(options), caller = std::move(caller)]() -> std::optional<aws_credentials> {
        if (options.disabled) return std::nullopt;
        return detail::metadata_service(options, caller).find();
    };
}

}  // namespace holdfast::auth

#endif
