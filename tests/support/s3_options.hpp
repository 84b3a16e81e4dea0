#ifndef HOLDFAST_TESTS_SUPPORT_S3_OPTIONS_HPP
#define HOLDFAST_TESTS_SUPPORT_S3_OPTIONS_HPP

#include <chrono>
#include <utility>

#include <holdfast/core/environment.hpp>
#include <holdfast/core/secret.hpp>
#include <holdfast/http/transport.hpp>
#include <holdfast/storage/s3/config.hpp>

namespace testing_support {

/// Options that know nothing of this machine, retry at once, and speak through `transport`.
inline holdfast::s3_options options_for(holdfast::http::any_transport transport) {
    holdfast::s3_options options;
    options.surroundings = holdfast::environment({}, "/", "/nonexistent");
    options.endpoint = "http://127.0.0.1:9";
    options.credentials = {.access_key_id = "AKIDEXAMPLE", .secret_access_key = holdfast::secret("a secret key")};
    options.custom_transport = std::move(transport);
    options.retry.transient_delay = options.retry.throttled_delay = std::chrono::milliseconds(0);
    options.part_size = 5U << 20;
    options.connections = 4;
    return options;
}

}  // namespace testing_support

#endif
