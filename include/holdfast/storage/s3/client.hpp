#ifndef HOLDFAST_STORAGE_S3_CLIENT_HPP
#define HOLDFAST_STORAGE_S3_CLIENT_HPP

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/auth/sigv4.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/http/message.hpp>
#include <holdfast/http/retry.hpp>
#include <holdfast/http/transport.hpp>
#include <holdfast/storage/s3/block_pool.hpp>
#include <holdfast/storage/s3/config.hpp>
#include <holdfast/storage/s3/operation.hpp>

namespace holdfast::s3 {

/// Lets so many exchanges run at a time.
class exchange_slots {
public:
    explicit exchange_slots(unsigned count) : free_(count) {}

    /// Waits for a slot. Errors: `cancelled`, `timed_out`.
    HOLDFAST_DECL void take(const std::stop_token& stop, std::chrono::steady_clock::time_point deadline);
    HOLDFAST_DECL void give_back() noexcept;

private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    unsigned free_;
};

/// Sends operations to one bucket: addresses and signs them, repeats what failed for a passing reason, and turns
/// what the server refuses into errors.
///
/// Effects: each attempt is signed anew, with the credentials and the server's time of that moment. A request for a
/// bucket in another region, one whose time was refused and one whose credentials had expired are sent once more,
/// corrected; the region and the clock's offset are kept for later requests. Where the answer does not say which of
/// them it is, as none to a HEAD does, a list of the bucket is asked for, once, whose answer does; where that fails
/// for a passing reason, the request counts as failed for it too. While credentials are asked for, a request takes
/// none of `s3_options::connections`.
/// Thread safety: all calls from any number of threads.
class client {
public:
    HOLDFAST_DECL client(bucket_address address, s3_options options);

    const s3_options& options() const noexcept { return options_; }
    const std::string& bucket() const noexcept { return bucket_; }
    const std::string& prefix() const noexcept { return prefix_; }
    block_pool& blocks() noexcept { return blocks_; }

    /// The key as the bucket has it. Errors: `invalid_argument` where it and the store's prefix are beyond 1024 bytes.
    HOLDFAST_DECL std::string object_name(std::string_view verb, const object_key& key) const;

    /// The last answer, whatever its status. Errors: where there is none; `access_denied` without credentials.
    HOLDFAST_DECL outcome send(const operation& what);

    /// The answer of a success. Errors: as `send`; what a failure stands for.
    HOLDFAST_DECL http::response require(const operation& what);

    /// Errors: always, the one that the answer of a failure stands for.
    [[noreturn]] HOLDFAST_DECL void fail(const operation& what, const http::response& answer) const;

    /// Errors: `not_configured` where the bucket does not exist. Asks the server only while no answer has shown that
    /// it does, since a HEAD of an object doesn't tell.
    HOLDFAST_DECL void require_bucket(const operation& what);

    /// The server's time, as far as it is known.
    HOLDFAST_DECL std::chrono::system_clock::time_point now() const;

private:
    struct site {
        bucket_address address;
        auth::sigv4_signer signer;
    };
    struct corrections {
        bool reason = false;
        bool region = false;
        bool clock = false;
        bool credentials = false;
        bool expectation = false;
        auth::aws_credentials used = {};
        std::chrono::seconds offset = {};  // of the clock, as it was for `signed_at`
        std::chrono::system_clock::time_point signed_at = {};
    };
    using deadline_point = std::chrono::steady_clock::time_point;
    // `refused`: where not null, what the server takes for over
    using provider = std::function<std::optional<auth::aws_credentials>(const auth::aws_credentials* refused,
                                                                        const std::stop_token&, deadline_point)>;

    HOLDFAST_DECL std::shared_ptr<const site> current_site() const;
    HOLDFAST_DECL http::request make_request(const operation& what, const site& place) const;
    HOLDFAST_DECL http::response exchange(const operation& what, corrections& done, http::exchange_state& state,
                                          deadline_point deadline);
    HOLDFAST_DECL http::response exchange_once(const operation& what, const site& place, corrections& done,
                                               http::exchange_state& state, deadline_point deadline);
    HOLDFAST_DECL http::verdict judge(const operation& what, const http::response& answer);
    HOLDFAST_DECL void ask_reason(const operation& what, http::response& answer, const site& place, corrections& done,
                                  deadline_point deadline);
    HOLDFAST_DECL bool correct(const operation& what, const http::response& answer, const site& place,
                               corrections& done, deadline_point deadline);
    HOLDFAST_DECL bool correct_region(const failure& why, const site& place, corrections& done);
    HOLDFAST_DECL bool correct_clock(const http::response& answer, corrections& done);
    HOLDFAST_DECL bool correct_credentials(const operation& what, const failure& why, corrections& done,
                                           deadline_point deadline);
    HOLDFAST_DECL bool correct_expectation(const http::response& answer, corrections& done);
    HOLDFAST_DECL provider choose_provider(bool custom_endpoint) const;
    HOLDFAST_DECL std::optional<auth::aws_credentials> credentials(const auth::aws_credentials* refused,
                                                                   const std::stop_token& stop,
                                                                   deadline_point deadline) const;

    s3_options options_;
    std::string bucket_;
    std::string prefix_;
    http::any_transport transport_;
    // seconds to add to the local clock; shared with the thread that asks for credentials
    std::shared_ptr<std::atomic<std::int64_t>> clock_offset_ = std::make_shared<std::atomic<std::int64_t>>(0);
    provider provider_;
    http::retry retry_;
    exchange_slots slots_;
    block_pool blocks_;
    mutable std::mutex mutex_;
    std::shared_ptr<const site> site_;           // guarded by mutex_
    std::atomic<bool> bucket_is_known_ = false;  // an answer showed that the bucket exists and takes requests
    std::atomic<bool> may_expect_ = true;        // no answer has refused "Expect: 100-continue"
};

}  // namespace holdfast::s3

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/s3/impl/client.ipp>
#include <holdfast/storage/s3/impl/client_corrections.ipp>
#endif

#endif
