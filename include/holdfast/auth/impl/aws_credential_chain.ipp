#ifndef HOLDFAST_AUTH_IMPL_AWS_CREDENTIAL_CHAIN_IPP
#define HOLDFAST_AUTH_IMPL_AWS_CREDENTIAL_CHAIN_IPP

#include <holdfast/auth/aws_credential_chain.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <holdfast/auth/aws/assumed_role.hpp>
#include <holdfast/auth/aws/profile_chain.hpp>
#include <holdfast/auth/aws/refreshing.hpp>
#include <holdfast/core/error.hpp>

namespace holdfast::detail {

inline auth::sts_client make_sts_client(const auth::aws_chain_options& options,
                                        const auth::aws_chain_context& context) {
    const auth::aws_settings settings = context.settings();
    const auto region = options.region.empty() ? settings.region() : options.region;
    std::string url = options.sts_endpoint;
    if (url.empty()) url = settings.endpoint_url("sts").value_or("");
    if (url.empty()) url = region ? settings.service_url("sts", *region) : "https://sts.amazonaws.com";
    return {context.caller, region.value_or("us-east-1"), url};
}

// The chain before any refreshing: looks for a source once, and asks that one ever after.
class aws_chain {
public:
    explicit aws_chain(auth::aws_chain_options options) : options_(std::move(options)) {}

    std::optional<auth::aws_credentials> ask() {
        const std::lock_guard lock(mutex_);
        if (!context_) context_ = make_context();
        try {
            return ask_all();
        } catch (...) {
            context_.reset();  // what its files say may have been the reason
            throw;
        }
    }

    // What was read from files is read again by the next call.
    void forget() {
        const std::lock_guard lock(mutex_);
        context_.reset();
    }

private:
    std::optional<auth::aws_credentials> ask_all() {
        if (options_.role_arn.empty()) return ask_source();
        return auth::assumed_role_credentials(auth::role_from_parameters(options_.role_arn, options_.session_vars),
                                              context_->sts(), [this] { return ask_source(); })();
    }

    std::optional<auth::aws_credentials> ask_source() {
        const auto sources = make_sources();
        if (found_) return sources[*found_].ask();
        std::size_t index = 0;
        auto credentials = auth::ask_first(sources, &index);
        if (!credentials) throw_no_credentials(sources);
        found_ = index;
        return credentials;
    }

    std::shared_ptr<const auth::aws_chain_context> make_context() const {
        auto context = std::make_shared<auth::aws_chain_context>(
            auth::aws_chain_context{options_.surroundings,
                                    auth::aws_profiles::load(options_.surroundings),
                                    {options_.transport, options_.clock, options_.sleep},
                                    {},
                                    {},
                                    options_.hosts});
        context->chosen = context->profiles.chosen(options_.surroundings, options_.profile);
        context->sts = [options = options_, context = context.get()] { return make_sts_client(options, *context); };
        return context;
    }

    std::vector<auth::aws_source> make_sources() const {
        const std::string profile = auth::aws_profiles::chosen_name(options_.surroundings, options_.profile);
        const bool with_environment = options_.profile.empty();
        std::vector<auth::aws_source> sources;
        if (with_environment) sources.push_back(auth::environment_source(context_));
        sources.push_back(auth::role_source(context_, profile));
        for (auto& source : auth::profile_sources(context_, profile, with_environment)) {
            sources.push_back(std::move(source));
        }
        sources.push_back(auth::container_source(context_));
        sources.push_back(auth::instance_source(context_));
        return sources;
    }

    [[noreturn]] static void throw_no_credentials(const std::vector<auth::aws_source>& sources) {
        std::string names;
        for (const auto& source : sources) names += (names.empty() ? "" : ", ") + source.name;
        throw error(errc::access_denied, "find AWS credentials", "",
                    "none of these has any: " + names +
                        "; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a "
                        "profile, or ask for anonymous access");
    }

    const auth::aws_chain_options options_;
    std::mutex mutex_;
    std::shared_ptr<const auth::aws_chain_context> context_;
    std::optional<std::size_t> found_;  // among the sources, which are always the same ones
};

}  // namespace holdfast::detail

namespace holdfast::auth {

HOLDFAST_DECL refreshing_credentials aws_credential_chain(aws_chain_options options) {
    clock_function clock = options.clock;
    auto chain = std::make_shared<detail::aws_chain>(std::move(options));
    return refreshing_credentials([chain] { return chain->ask(); }, std::move(clock), {}, [chain] { chain->forget(); });
}

}  // namespace holdfast::auth

#endif
