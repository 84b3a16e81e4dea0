#ifndef HOLDFAST_TESTS_SUPPORT_AWS_SURROUNDINGS_HPP
#define HOLDFAST_TESTS_SUPPORT_AWS_SURROUNDINGS_HPP

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/auth/aws/exchange.hpp>
#include <holdfast/auth/aws_credentials.hpp>
#include <holdfast/core/environment.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/http/transport.hpp>

namespace testing_support {

using namespace holdfast;

/// 2026-01-02T03:04:05Z
inline std::chrono::system_clock::time_point test_now() {
    return std::chrono::sys_days(std::chrono::year(2026) / 1 / 2) + std::chrono::hours(3) + std::chrono::minutes(4) +
           std::chrono::seconds(5);
}

/// A caller whose clock stands still and which never sleeps.
inline auth::aws_caller test_caller(http::any_transport transport) {
    return {std::move(transport), [] { return test_now(); }, [](std::chrono::milliseconds, std::stop_token) {}};
}

/// A home directory with files, and variables that are set one by one.
class aws_surroundings {
public:
    std::filesystem::path home() const { return directory_.path(); }

    std::string write(const std::filesystem::path& path, std::string_view text) const {
        std::filesystem::create_directories((home() / path).parent_path());
        std::ofstream(home() / path, std::ios::binary) << text;
        return (home() / path).string();
    }
    std::string read(const std::filesystem::path& path) const {
        std::ifstream file(home() / path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
    void write_config(std::string_view text) const { write(".aws/config", text); }
    void write_credentials(std::string_view text) const { write(".aws/credentials", text); }

    void set(std::string name, std::string value) { variables_.insert_or_assign(std::move(name), std::move(value)); }
    void unset(const std::string& name) { variables_.erase(name); }

    environment get() const { return {variables_, home(), home()}; }

private:
    detail::temp_directory directory_{{}, "holdfast-aws"};
    environment::variables variables_;
};

inline http::response answer(unsigned status, std::string text) {
    http::response response;
    response.status = status;
    response.text = std::move(text);
    return response;
}

/// What STS answers for a call of `action`.
inline http::response sts_answer(std::string_view action, std::string_view key_id,
                                 std::string_view expiration = "2026-01-02T04:04:05Z") {
    const std::string name(action);
    return answer(200, "<" + name + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <" + name +
                           "Result>\n    <AssumedRoleUser><AssumedRoleId>A:b</AssumedRoleId>"
                           "<Arn>arn:aws:sts::1:assumed-role/r/b</Arn></AssumedRoleUser>\n    <Credentials>\n"
                           "      <AccessKeyId>" +
                           std::string(key_id) +
                           "</AccessKeyId>\n      <SecretAccessKey>planted+STS+secret</SecretAccessKey>\n"
                           "      <SessionToken>planted+STS+token</SessionToken>\n      <Expiration>" +
                           std::string(expiration) + "</Expiration>\n    </Credentials>\n  </" + name +
                           "Result>\n  <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>\n</" + name +
                           "Response>\n");
}

/// What the metadata services answer; `token_name` is "Token" or "SessionToken".
inline std::string credential_document(std::string_view key_id, std::string_view token_name = "Token",
                                       std::string_view expiration = "2026-01-02T04:04:05Z") {
    return R"({"Code": "Success", "Version": 1, "AccessKeyId": ")" + std::string(key_id) +
           R"(", "SecretAccessKey": "planted/secret", ")" + std::string(token_name) +
           R"(": "planted/token", "Expiration": ")" + std::string(expiration) + "\"}";
}

/// The error that `call` ends with; it must end with one, of one line, that holds none of the secrets which the tests
/// plant: each of them has "planted" in it.
template <class Call>
error error_of(Call call) {
    try {
        call();
    } catch (const error& failure) {
        CHECK(std::string_view(failure.what()).find("planted") == std::string_view::npos);
        CHECK(std::string_view(failure.what()).find('\n') == std::string_view::npos);
        return failure;
    }
    FAIL("nothing was thrown");
    return error(errc::io_failure, "", "", "");
}

/// The value of a header; a text that no header can have where it is missing.
inline std::string header(const http::request& message, std::string_view name) {
    const std::string* const value = message.headers.find(name);
    return value != nullptr ? *value : "(none)";
}

}  // namespace testing_support

#endif
