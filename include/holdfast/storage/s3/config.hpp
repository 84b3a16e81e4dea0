#ifndef HOLDFAST_STORAGE_S3_CONFIG_HPP
#define HOLDFAST_STORAGE_S3_CONFIG_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/core/clock.hpp>
#include <holdfast/core/environment.hpp>
#include <holdfast/core/store_url.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/http/beast_transport.hpp>
#include <holdfast/http/retry.hpp>
#include <holdfast/http/transport.hpp>

namespace holdfast {

enum class s3_addressing : std::uint8_t {
    automatic,      ///< virtual-hosted at AWS where the bucket's name allows it, else path
    path,           ///< https://host/bucket/key
    virtual_hosted  ///< https://bucket.host/key
};

enum class s3_integrity : std::uint8_t {
    automatic,  ///< crc32c at AWS, sha256 at any other endpoint; AWS_REQUEST_CHECKSUM_CALCULATION `when_supported`
                ///< and `when_required` choose crc32c and sha256
    none,       ///< unsigned payload, no checksum
    crc32c,     ///< unsigned payload, x-amz-checksum-crc32c with each part, kept by the server and checked on reads
    sha256      ///< signed payload; understood by every server
};

/// How a bucket is reached. What is left empty is looked for in the environment and in the profile of the AWS
/// configuration files, then has the default that is named.
struct s3_options {
    std::string region = {};    ///< AWS_REGION, AWS_DEFAULT_REGION, profile, us-east-1; corrected by what S3 answers
    std::string endpoint = {};  ///< URL; METAFLOW_S3_ENDPOINT_URL, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, profile, AWS
    s3_addressing addressing = s3_addressing::automatic;
    std::optional<bool> dual_stack = {};  ///< AWS_USE_DUALSTACK_ENDPOINT, profile, false
    std::optional<bool> fips = {};        ///< AWS_USE_FIPS_ENDPOINT, profile, false

    std::optional<auth::aws_credentials> credentials = {};  ///< none: `auth::aws_credential_chain`
    auth::aws_credentials_provider provider = {};           ///< asked before each request, which waits for it however
                                                            ///< long it takes; wins over `credentials`
    bool anonymous = false;                                 ///< sign nothing
    std::string profile = {};
    std::string role_arn = {};
    std::map<std::string, std::string> session_vars = {};

    s3_integrity integrity = s3_integrity::automatic;
    std::string server_side_encryption = {};  ///< "AES256", "aws:kms"; METAFLOW_S3_SERVER_SIDE_ENCRYPTION
    std::string kms_key_id = {};
    std::string storage_class = {};
    bool requester_pays = false;

    std::uint64_t part_size = 16U << 20;        ///< bytes, 5 MiB to 5 GiB; larger where 10,000 parts would not do
    std::uint64_t copy_part_size = 512U << 20;  ///< bytes; larger objects are copied in such parts, several at once
    unsigned connections = 16;                  ///< requests at a time, all calls together
    bool resume = true;                         ///< continue an unfinished upload of the same key whose parts match;
                                                ///< never where encryption or a storage class is asked for, since the
                                                ///< upload may have been begun without
    std::chrono::milliseconds deadline{std::chrono::hours{1}};  ///< of one request and its retries; at most a year

    http::transport_options transport = {};  ///< its certificates: METAFLOW_S3_VERIFY_CERTIFICATE, AWS_CA_BUNDLE; its
                                             ///< proxies: as `from_environment`
    std::optional<http::transport_options> credentials_transport = {};  ///< of the services that give credentials;
                                                                        ///< none: as `transport`, but without
                                                                        ///< Metaflow's variable, which is S3's alone
    http::retry_options retry = {};                                     ///< its attempts: AWS_MAX_ATTEMPTS where set
    http::any_transport custom_transport = {};                          ///< wins over both
    environment surroundings = environment::of_process();
    clock_function clock = system_clock();
};

namespace s3 {

/// Where a bucket is and how it is spoken to, every choice made.
struct bucket_address {
    std::string bucket;
    std::string prefix;  ///< of every key, no '/' at either end
    std::string region;
    http::origin server;         ///< without the bucket
    std::string base_path = {};  ///< of a custom endpoint, decoded: "/storage/v1/s3"; mostly empty
    bool custom = false;         ///< not AWS
    bool virtual_hosted = false;
    bool dual_stack = false;
    bool fips = false;
};

/// Fills in what `options` leaves open and checks what it says.
/// Errors: `invalid_argument` (a bucket name, a region that AWS can't have, a part size), `not_configured` (any other
/// setting of the environment that is wrong, a profile that is missing, FIPS or dual stack with a custom endpoint),
/// naming the setting.
HOLDFAST_DECL bucket_address resolve(const store_url& url, s3_options& options);

/// The same bucket in another region: AWS's host for it, or the same custom host.
HOLDFAST_DECL bucket_address in_region(const bucket_address& address, std::string region);

}  // namespace s3

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/s3/impl/config.ipp>
#endif

#endif
