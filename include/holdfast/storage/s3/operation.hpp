#ifndef HOLDFAST_STORAGE_S3_OPERATION_HPP
#define HOLDFAST_STORAGE_S3_OPERATION_HPP

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <holdfast/auth/sigv4.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/http/message.hpp>
#include <holdfast/http/transport.hpp>
#include <holdfast/storage/s3/wire.hpp>

namespace holdfast::s3 {

/// A request in the terms of S3, before it has an address and a signature.
struct operation {
    std::string_view verb;   ///< for errors: "put"
    std::string shown = {};  ///< for errors: the key or prefix as the caller knows it
    std::string method = "GET";
    std::string object = {};  ///< the key as the bucket has it; empty: the bucket itself
    query fields = {};
    http::fields headers = {};
    byte_source body = {};
    std::string payload_hash{auth::empty_payload};
    std::stop_token stop = {};
    std::optional<std::chrono::milliseconds> deadline = {};  ///< none: the store's

    /// Changes the request of each exchange before it is signed.
    std::function<void(http::request&)> prepare = {};
    /// As `http::exchange_options::destination`.
    std::function<http::body_destination(const http::response&)> destination = {};
    /// Told of each exchange that ends, also where it failed.
    std::function<void(const http::exchange_state&)> finished = {};
    /// Told of each exchange that the server may have performed without saying so: no answer came, or 500, 502 or 504.
    std::function<void()> lost = {};
    /// Takes a success. An error of the kind `corrupt` counts as a passing failure of the server.
    std::function<void(const http::response&)> read = {};
    /// Asked before a request is sent again that the server may have performed; true: there is nothing left to do.
    std::function<bool()> settled = {};
};

/// What became of an operation.
struct outcome {
    http::response answer;
    bool repeated = false;    ///< an earlier exchange may have been performed, although its answer was no success
    bool settled = false;     ///< ended by `operation::settled`; the answer is then empty
    bool is_passing = false;  ///< the answer is a passing failure, of which there were too many
};

}  // namespace holdfast::s3

#endif
