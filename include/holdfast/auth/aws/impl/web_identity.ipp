#ifndef HOLDFAST_AUTH_AWS_IMPL_WEB_IDENTITY_IPP
#define HOLDFAST_AUTH_AWS_IMPL_WEB_IDENTITY_IPP

#include <holdfast/auth/aws/web_identity.hpp>

#include <optional>
#include <utility>

#include <holdfast/auth/aws/text_file.hpp>
#include <holdfast/core/error.hpp>

namespace holdfast::auth {

HOLDFAST_DECL aws_credentials_provider web_identity_credentials(web_identity_options options, sts_client service) {
    return [options = std::move(options), service = std::move(service)]() -> std::optional<aws_credentials> {
        auto token = read_text_file(options.token_file);
        if (!token) {
            throw error(errc::not_configured, "read web identity token", options.token_file,
                        "there is no such file; correct AWS_WEB_IDENTITY_TOKEN_FILE or web_identity_token_file");
        }
        const sts_client::parameters fields{
            {"RoleArn", options.role_arn},
            {"RoleSessionName",
             options.session_name.empty() ? default_session_name(service.now()) : options.session_name},
            {"WebIdentityToken", *std::move(token)}};
        return service.call("AssumeRoleWithWebIdentity", fields, std::nullopt, options.role_arn);
    };
}

}  // namespace holdfast::auth

#endif
