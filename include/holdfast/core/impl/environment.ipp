#ifndef HOLDFAST_CORE_IMPL_ENVIRONMENT_IPP
#define HOLDFAST_CORE_IMPL_ENVIRONMENT_IPP

#include <holdfast/core/environment.hpp>

#include <cstdlib>
#include <system_error>
#include <utility>

#include <holdfast/detail/system.hpp>

namespace holdfast {

HOLDFAST_DECL environment environment::of_process() {
    std::error_code failure;  // a directory that is gone has no name: an empty one
    environment surroundings({}, std::filesystem::current_path(failure), detail::home_directory());
    surroundings.values_.reset();
    return surroundings;
}

HOLDFAST_DECL environment::environment(variables values, std::filesystem::path working_directory,
                                       std::filesystem::path home)
    : values_(std::move(values)), working_directory_(std::move(working_directory)), home_(std::move(home)) {}

HOLDFAST_DECL std::optional<std::string> environment::get(const std::string& name) const {
    if (!values_) {
        const char* value = std::getenv(name.c_str());
        return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
    }
    const auto found = values_->find(name);
    return found != values_->end() ? std::optional<std::string>(found->second) : std::nullopt;
}

}  // namespace holdfast

#endif
