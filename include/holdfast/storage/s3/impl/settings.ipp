#ifndef HOLDFAST_STORAGE_S3_IMPL_SETTINGS_IPP
#define HOLDFAST_STORAGE_S3_IMPL_SETTINGS_IPP

#include <holdfast/storage/s3/settings.hpp>

#include <utility>

#include <holdfast/auth/aws/endpoint.hpp>
#include <holdfast/core/error.hpp>

namespace holdfast::s3 {

HOLDFAST_DECL settings::settings(const environment& surroundings, const std::string& profile)
    : surroundings_(surroundings) {
    const auto profiles = auth::aws_profiles::load(surroundings);
    profile_ = profiles.chosen(surroundings, profile);
    const auto services = profile_.get("services");
    if (!services || services->empty()) return;
    const auth::aws_section* found = profiles.find_services(*services);
    if (found != nullptr) {
        services_ = *found;
        return;
    }
    throw error(errc::not_configured, "open store", "",
                "the AWS configuration file has no section [services " + *services + "], which the profile names");
}

inline std::optional<setting> setting_of_file(std::string name, std::optional<std::string> value) {
    if (!value || value->empty()) return std::nullopt;
    return setting{"`" + std::move(name) + "` of the AWS configuration file", std::move(*value)};
}

HOLDFAST_DECL std::optional<setting> settings::find(std::initializer_list<const char*> variables,
                                                    std::string_view field) const {
    for (const char* name : variables) {
        auto value = surroundings_.get(name);
        if (value && !value->empty()) return setting{name, std::move(*value)};
    }
    return field.empty() ? std::nullopt : setting_of_file(std::string(field), profile_.get(field));
}

HOLDFAST_DECL std::optional<setting> settings::in_section(std::string_view section, std::string_view field) const {
    return setting_of_file(std::string(field), profile_.get(section, field));
}

HOLDFAST_DECL std::optional<setting> settings::in_service(std::string_view field) const {
    return setting_of_file(std::string(field), services_.get("s3", field));
}

HOLDFAST_DECL std::optional<bool> settings::flag(std::initializer_list<const char*> variables,
                                                 std::string_view field) const {
    const auto found = find(variables, field);
    if (!found) return std::nullopt;
    const auto value = auth::to_flag(found->value);
    if (!value) throw_bad_setting(*found, "true or false");
    return value;
}

[[noreturn]] HOLDFAST_DECL void throw_bad_setting(const setting& what, std::string_view expected) {
    throw error(errc::not_configured, "open store", "",
                what.name + " is not " + std::string(expected) + "; correct it");
}

}  // namespace holdfast::s3

#endif
