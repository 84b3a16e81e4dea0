#ifndef HOLDFAST_STORAGE_S3_IMPL_ENDPOINT_IPP
#define HOLDFAST_STORAGE_S3_IMPL_ENDPOINT_IPP

#include <holdfast/storage/s3/endpoint.hpp>

#include <algorithm>

#include <holdfast/auth/aws/endpoint.hpp>

namespace holdfast::s3 {

constexpr bool is_lower_or_digit(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

HOLDFAST_DECL std::string aws_host(std::string_view region, bool dual_stack, bool fips) {
    const std::string_view suffix = auth::aws_dns_suffix(region);
    std::string host = fips ? "s3-fips." : "s3.";
    if (dual_stack && suffix.starts_with("amazonaws.")) host += "dualstack.";  // the isolated partitions have none
    return host.append(region).append(".").append(suffix);
}

HOLDFAST_DECL bool is_region(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
           std::ranges::all_of(text, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

HOLDFAST_DECL bool is_dns_bucket(std::string_view name) noexcept {
    if (name.size() < 3 || name.size() > 63) return false;
    if (!is_lower_or_digit(name.front()) || !is_lower_or_digit(name.back())) return false;
    if (!std::ranges::all_of(name, [](char c) { return is_lower_or_digit(c) || c == '-' || c == '.'; })) return false;
    const bool is_address = std::ranges::count(name, '.') == 3 &&
                            std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
    return !is_address && name.find("..") == std::string_view::npos;
}

HOLDFAST_DECL bool is_path_bucket(std::string_view name) noexcept {
    const auto is_allowed = [](char c) {
        return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
    };
    return name.size() >= 3 && name.size() <= 255 && std::ranges::all_of(name, is_allowed) && name.front() != '.';
}

}  // namespace holdfast::s3

#endif
