#ifndef HOLDFAST_STORAGE_S3_ENDPOINT_HPP
#define HOLDFAST_STORAGE_S3_ENDPOINT_HPP

#include <string>
#include <string_view>

#include <holdfast/detail/config.hpp>

namespace holdfast::s3 {

/// AWS's host for S3 in a region, in the partition that the region's name belongs to.
/// Wire: the endpoint rule set of S3 in the AWS SDKs.
HOLDFAST_DECL std::string aws_host(std::string_view region, bool dual_stack, bool fips);

/// Whether the text is a region's name, so that it may become part of a host's.
HOLDFAST_DECL bool is_region(std::string_view text) noexcept;

/// Whether a bucket of that name can exist at AWS: 3 to 63 of a-z 0-9 - . between letters or digits, no "..", no
/// IPv4 address. It can then be part of a host name.
HOLDFAST_DECL bool is_dns_bucket(std::string_view name) noexcept;

/// Whether a path can carry the name: 3 to 255 of A-Z a-z 0-9 - . _, as other servers and AWS's oldest buckets have.
HOLDFAST_DECL bool is_path_bucket(std::string_view name) noexcept;

}  // namespace holdfast::s3

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/s3/impl/endpoint.ipp>
#endif

#endif
