// Prints which credentials the chain picks in this process's environment: "key <id>", "none", or "error <kind>".
// Usage: credentials_tool [PROFILE]

#include <exception>
#include <iostream>
#include <string>
#include <utility>

#include <holdfast/auth/aws_credential_chain.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/http/beast_transport.hpp>

namespace {

std::string outcome(holdfast::auth::aws_chain_options options) {
    try {
        return "key " + holdfast::auth::aws_credential_chain(std::move(options))().value().access_key_id;
    } catch (const holdfast::error& failure) {
        std::cerr << failure.what() << '\n';
        if (failure.operation() == "find AWS credentials") return "none";
        return "error " + std::string(to_string(failure.kind()));
    }
}

}  // namespace

int main(int count, char** words) try {
    holdfast::auth::aws_chain_options options;
    options.transport = holdfast::http::beast_transport();
    if (count > 1) options.profile = words[1];
    std::cout << outcome(std::move(options)) << '\n';
    return 0;
} catch (const std::exception& failure) {
    std::cerr << "credentials_tool: " << failure.what() << '\n';
    return 1;
}
