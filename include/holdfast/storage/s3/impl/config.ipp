#ifndef HOLDFAST_STORAGE_S3_IMPL_CONFIG_IPP
#define HOLDFAST_STORAGE_S3_IMPL_CONFIG_IPP

#include <holdfast/storage/s3/config.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

#include <holdfast/auth/aws/endpoint.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/ascii.hpp>
#include <holdfast/detail/percent_encoding.hpp>
#include <holdfast/http/message.hpp>
#include <holdfast/http/proxy.hpp>
#include <holdfast/storage/s3/endpoint.hpp>
#include <holdfast/storage/s3/settings.hpp>

namespace holdfast::s3 {

[[noreturn]] inline void throw_bad_option(std::string_view message) {
    throw error(errc::invalid_argument, "open store", "", message);
}

inline void resolve_region(s3_options& options, const settings& known) {
    if (options.region.empty()) {
        options.region = known.find({"AWS_REGION", "AWS_DEFAULT_REGION"}, "region").value_or(setting{}).value;
    }
    if (options.region.empty()) options.region = "us-east-1";
}

inline std::optional<setting> find_endpoint(const s3_options& options, const settings& known) {
    if (!options.endpoint.empty()) return setting{"the option `endpoint`", options.endpoint};
    if (auto own = known.find({"METAFLOW_S3_ENDPOINT_URL"}, {})) return own;
    if (known.flag({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"}, "ignore_configured_endpoint_urls").value_or(false)) {
        return std::nullopt;
    }
    if (auto variable = known.find({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}, {})) return variable;
    if (auto service = known.in_service("endpoint_url")) return service;
    return known.find({}, "endpoint_url");
}

inline http::url parse_endpoint(const setting& endpoint) {
    try {
        http::url parsed = http::url::parse(endpoint.value);
        if (parsed.target.find('?') == std::string::npos && detail::percent_decode(parsed.target)) return parsed;
    } catch (const error&) {
    }
    throw error(errc::not_configured, "open store", "",
                endpoint.name + " is no URL of an S3 endpoint; write https://host:port");
}

inline void complete_transport(http::transport_options& transport, const s3_options& options, const settings& known) {
    if (transport.ca_bundle.empty()) {
        transport.ca_bundle = known.find({"AWS_CA_BUNDLE"}, "ca_bundle").value_or(setting{}).value;
    }
    const auto& proxies = transport.proxies;
    if (!proxies.for_http && !proxies.for_https && proxies.direct.empty()) {
        transport.proxies = http::proxy_settings::from_environment(options.surroundings);
    }
}

inline void resolve_transports(s3_options& options, const settings& known) {
    http::transport_options& transport = options.transport;
    if (const auto certificate = known.find({"METAFLOW_S3_VERIFY_CERTIFICATE"}, {})) {
        if (!options.credentials_transport) options.credentials_transport = transport;
        const auto is_verified = auth::to_flag(certificate->value);
        if (is_verified == false) transport.verify_certificate = false;
        if (!is_verified && transport.ca_bundle.empty()) transport.ca_bundle = certificate->value;
    }
    complete_transport(transport, options, known);
    if (options.credentials_transport) complete_transport(*options.credentials_transport, options, known);
}

inline void resolve_attempts(s3_options& options, const settings& known) {
    const auto attempts = known.find({"AWS_MAX_ATTEMPTS"}, "max_attempts");
    if (!attempts || options.retry.attempts != http::retry_options{}.attempts) return;
    const char* const end = attempts->value.data() + attempts->value.size();
    const auto [stop, failure] = std::from_chars(attempts->value.data(), end, options.retry.attempts);
    if (failure != std::errc{} || stop != end || options.retry.attempts == 0) {
        throw_bad_setting(*attempts, "a number of attempts from 1 on");
    }
}

inline void resolve_integrity(s3_options& options, const settings& known, bool custom) {
    if (options.integrity != s3_integrity::automatic) return;
    options.integrity = custom ? s3_integrity::sha256 : s3_integrity::crc32c;
    const auto wish = known.find({"AWS_REQUEST_CHECKSUM_CALCULATION"}, "request_checksum_calculation");
    if (!wish) return;
    const std::string value = detail::to_ascii_lower(wish->value);
    if (value != "when_supported" && value != "when_required") {
        throw_bad_setting(*wish, "when_supported or when_required");
    }
    options.integrity = value == "when_supported" ? s3_integrity::crc32c : s3_integrity::sha256;
}

inline void resolve_object_options(s3_options& options, const settings& known) {
    if (options.server_side_encryption.empty()) {
        options.server_side_encryption =
            known.find({"METAFLOW_S3_SERVER_SIDE_ENCRYPTION"}, {}).value_or(setting{}).value;
    }
    if (!options.kms_key_id.empty() && options.server_side_encryption.empty()) {
        options.server_side_encryption = "aws:kms";
    }
    if (!options.kms_key_id.empty() && !options.server_side_encryption.starts_with("aws:kms")) {
        throw_bad_option("a KMS key goes with server-side encryption aws:kms; leave one of the two out");
    }
    const auto payer = known.find({"AWS_REQUEST_PAYER"}, {});
    if (payer && detail::to_ascii_lower(payer->value) == "requester") options.requester_pays = true;
}

inline void check_options(const s3_options& options) {
    constexpr std::uint64_t least = 5U << 20;
    constexpr std::uint64_t most = std::uint64_t{5} << 30;
    for (const std::uint64_t size : {options.part_size, options.copy_part_size}) {
        if (size < least || size > most) {
            throw_bad_option("the part size is not between 5 MiB and 5 GiB; S3 takes no other");
        }
    }
    if (options.connections == 0) throw_bad_option("no connection is allowed; allow at least one");
    if (options.deadline <= std::chrono::milliseconds::zero()) throw_bad_option("the deadline is not above zero");
    const auto& keys = options.credentials;
    if (keys && (keys->access_key_id.empty() || keys->secret_access_key.empty())) {
        throw_bad_option("the credentials lack the key id or the secret key; give both, or none");
    }
}

inline void check_bucket(const std::string& bucket) {
    if (bucket.ends_with("--x-s3")) {
        throw error(errc::unsupported, "open store", "s3://" + bucket,
                    "a directory bucket has a protocol of its own; use a general purpose bucket");
    }
    if (is_path_bucket(bucket)) return;
    throw error(errc::invalid_argument, "open store", "s3://" + bucket,
                "this is no bucket's name: 3 to 63 characters of a-z, 0-9, '-' and '.'; correct it");
}

inline s3_addressing find_addressing(const s3_options& options, const settings& known) {
    if (options.addressing != s3_addressing::automatic) return options.addressing;
    const auto style = known.in_section("s3", "addressing_style");
    if (!style || style->value == "auto") return s3_addressing::automatic;
    if (style->value == "path") return s3_addressing::path;
    if (style->value == "virtual") return s3_addressing::virtual_hosted;
    throw_bad_setting(*style, "auto, path or virtual");
}

inline bool is_virtual_hosted(const bucket_address& address, s3_addressing wish) {
    const auto& host = address.server.host;
    const bool is_address = host.find(':') != std::string::npos ||
                            std::ranges::all_of(host, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
    const bool is_possible = is_dns_bucket(address.bucket) && !is_address;
    if (wish == s3_addressing::virtual_hosted && !is_possible) {
        throw error(errc::invalid_argument, "open store", "s3://" + address.bucket,
                    "this bucket's name and this endpoint's host make no host name together; use path addressing");
    }
    if (wish != s3_addressing::automatic) return wish == s3_addressing::virtual_hosted;
    // a wildcard certificate covers no dot
    const bool is_covered = !address.server.tls || address.bucket.find('.') == std::string::npos;
    return !address.custom && is_possible && is_covered;
}

inline void place_at_custom(bucket_address& address, const setting& endpoint) {
    if (address.dual_stack || address.fips) {
        throw error(errc::not_configured, "open store", "",
                    "FIPS and dual stack are AWS's own, and " + endpoint.name + " names another endpoint; drop one");
    }
    http::url url = parse_endpoint(endpoint);
    while (url.target.ends_with('/')) url.target.pop_back();
    address.server = std::move(url.server);
    address.base_path = *detail::percent_decode(url.target);
    address.custom = true;
}

inline void place_at_aws(bucket_address& address) {
    if (!is_region(address.region)) {
        throw error(errc::invalid_argument, "open store", "s3://" + address.bucket,
                    "the region is no name of a region such as us-east-1; correct it");
    }
    address.server = {.tls = true, .host = aws_host(address.region, address.dual_stack, address.fips), .port = 443};
}

HOLDFAST_DECL bucket_address resolve(const store_url& url, s3_options& options) {
    if (url.scheme != "s3") {
        throw error(errc::invalid_argument, "open store", url.str(), "this is no S3 URL; write s3://bucket/prefix");
    }
    check_options(options);
    check_bucket(url.authority);
    const settings known(options.surroundings, options.profile);
    resolve_region(options, known);
    bucket_address address{.bucket = url.authority, .prefix = url.path, .region = options.region, .server = {}};
    if (!options.dual_stack) {
        options.dual_stack = known.flag({"AWS_USE_DUALSTACK_ENDPOINT"}, "use_dualstack_endpoint").value_or(false);
    }
    if (!options.fips) options.fips = known.flag({"AWS_USE_FIPS_ENDPOINT"}, "use_fips_endpoint").value_or(false);
    address.dual_stack = *options.dual_stack;
    address.fips = *options.fips;
    const auto endpoint = find_endpoint(options, known);
    if (endpoint) place_at_custom(address, *endpoint);
    if (!endpoint) place_at_aws(address);
    address.virtual_hosted = is_virtual_hosted(address, find_addressing(options, known));
    resolve_transports(options, known);
    resolve_attempts(options, known);
    resolve_integrity(options, known, address.custom);
    resolve_object_options(options, known);
    return address;
}

HOLDFAST_DECL bucket_address in_region(const bucket_address& address, std::string region) {
    bucket_address moved = address;
    moved.region = std::move(region);
    if (!moved.custom) place_at_aws(moved);
    return moved;
}

}  // namespace holdfast::s3

#endif
