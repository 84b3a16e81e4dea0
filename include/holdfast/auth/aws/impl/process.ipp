#ifndef HOLDFAST_AUTH_AWS_IMPL_PROCESS_IPP
#define HOLDFAST_AUTH_AWS_IMPL_PROCESS_IPP

#include <holdfast/auth/aws/process.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <optional>
#include <utility>

#include <holdfast/auth/aws/json_credentials.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/process.hpp>

namespace holdfast::detail {

inline std::string run_credential_process(const std::string& command_line, std::string_view profile) {
    try {
        return run_for_output(command_line);
    } catch (const error& failure) {  // what it says may quote the command line, which may hold a password
        const bool too_slow = failure.kind() == errc::timed_out;
        throw error(too_slow ? errc::timed_out : errc::access_denied, "run credential_process", profile,
                    too_slow ? "the profile's program did not end in time; run it by hand to see what it waits for"
                             : "the profile's program failed; run it by hand to see why");
    }
}

}  // namespace holdfast::detail

namespace holdfast::auth {

HOLDFAST_DECL aws_credentials_provider process_credentials(std::string command_line, std::string profile) {
    return [command_line = std::move(command_line), profile = std::move(profile)]() -> std::optional<aws_credentials> {
        const std::string output = detail::run_credential_process(command_line, profile);
        const boost::json::object answer = parse_json_object(output, "credential_process", profile);
        const boost::json::value* const version = answer.if_contains("Version");
        if (version == nullptr || *version != 1) {
            throw error(errc::access_denied, "run credential_process", profile,
                        "the profile's program printed no document with \"Version\": 1; update the program");
        }
        return read_credentials(answer, "SessionToken", "credential_process", profile);
    };
}

}  // namespace holdfast::auth

#endif
