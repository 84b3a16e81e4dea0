#ifndef HOLDFAST_AUTH_AWS_IMPL_ENDPOINT_IPP
#define HOLDFAST_AUTH_AWS_IMPL_ENDPOINT_IPP

#include <holdfast/auth/aws/endpoint.hpp>

#include <algorithm>
#include <array>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/ascii.hpp>

namespace holdfast::detail {

struct aws_partition {
    std::string_view region_prefix;
    std::string_view suffix;
    std::string_view dual_stack_suffix;
};

inline constexpr aws_partition aws_partitions[] = {
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
};

}  // namespace holdfast::detail

namespace holdfast::auth {

HOLDFAST_DECL std::optional<bool> to_flag(std::string_view text) {
    constexpr std::array<std::string_view, 4> yes{"true", "1", "yes", "on"};
    constexpr std::array<std::string_view, 4> no{"false", "0", "no", "off"};
    const std::string lower = detail::to_ascii_lower(text);
    if (std::ranges::find(yes, lower) != yes.end()) return true;
    if (std::ranges::find(no, lower) != no.end()) return false;
    return std::nullopt;
}

HOLDFAST_DECL std::optional<std::string> aws_settings::get(const std::string& variable, std::string_view option) const {
    if (auto value = surroundings_->get(variable); value && !value->empty()) return value;
    auto value = profile_->get(option);
    return value && !value->empty() ? value : std::nullopt;
}

HOLDFAST_DECL std::optional<bool> aws_settings::get_bool(const std::string& variable, std::string_view option) const {
    const auto text = get(variable, option);
    if (!text) return std::nullopt;
    if (const auto value = to_flag(*text)) return value;
    throw error(errc::not_configured, "read AWS's configuration", variable,
                "this is neither true nor false; correct it there or in the profile's " + std::string(option));
}

HOLDFAST_DECL std::optional<std::string> aws_settings::region() const {
    if (auto region = surroundings_->get("AWS_REGION"); region && !region->empty()) return region;
    return get("AWS_DEFAULT_REGION", "region");
}

HOLDFAST_DECL std::optional<std::string> aws_settings::endpoint_url(std::string_view service) const {
    if (get_bool("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls").value_or(false)) {
        return std::nullopt;
    }
    std::string variable = "AWS_ENDPOINT_URL_";
    for (const char c : service) variable += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    for (const std::string& name : {variable, std::string("AWS_ENDPOINT_URL")}) {
        if (auto url = surroundings_->get(name); url && !url->empty()) return url;
    }
    if (const auto name = profile_->get("services")) {
        const aws_section* const services = profiles_->find_services(*name);
        if (services == nullptr) {
            throw error(errc::not_configured, "read AWS's configuration", *name,
                        "the profile names this services section, and there is none; add [services NAME] to the "
                        "configuration file");
        }
        if (auto url = services->get(service, "endpoint_url"); url && !url->empty()) return url;
    }
    auto url = profile_->get("endpoint_url");
    return url && !url->empty() ? url : std::nullopt;
}

HOLDFAST_DECL std::string aws_settings::service_url(std::string_view host, std::string_view region) const {
    const auto is_on = [&](std::optional<bool> chosen, const char* variable, std::string_view option) {
        return chosen ? *chosen : get_bool(variable, option).value_or(false);
    };
    const bool dual_stack = is_on(hosts_.dual_stack, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
    const bool fips = is_on(hosts_.fips, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
    std::string url = "https://" + std::string(host);
    if (fips && (dual_stack || !region.starts_with("us-gov-"))) url += "-fips";  // GovCloud's plain hosts are FIPS ones
    url += '.';
    url += region;
    url += '.';
    return url.append(aws_dns_suffix(region, dual_stack));
}

HOLDFAST_DECL std::string_view aws_dns_suffix(std::string_view region, bool dual_stack) {
    for (const auto& partition : detail::aws_partitions) {
        if (region.starts_with(partition.region_prefix)) {
            return dual_stack ? partition.dual_stack_suffix : partition.suffix;
        }
    }
    return dual_stack ? "api.aws" : "amazonaws.com";
}

}  // namespace holdfast::auth

#endif
