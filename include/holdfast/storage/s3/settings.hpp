#ifndef HOLDFAST_STORAGE_S3_SETTINGS_HPP
#define HOLDFAST_STORAGE_S3_SETTINGS_HPP

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/auth/aws/profile.hpp>
#include <holdfast/core/environment.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::s3 {

/// A setting's value, and what to call the place where it stands.
struct setting {
    std::string name = {};
    std::string value = {};
};

/// What the environment and the profile of the AWS configuration files say. An empty value counts as none.
/// Errors of the constructor: as `auth::aws_profiles`.
class settings {
public:
    /// @param profile as `auth::aws_profiles::chosen_name`
    HOLDFAST_DECL settings(const environment& surroundings, const std::string& profile);

    /// The first variable that is set, else the profile's field; an empty `field` is none.
    HOLDFAST_DECL std::optional<setting> find(std::initializer_list<const char*> variables,
                                              std::string_view field) const;

    /// A field of the profile's nested section, as `s3 =` has.
    HOLDFAST_DECL std::optional<setting> in_section(std::string_view section, std::string_view field) const;

    /// A field of `s3 =` in the services section that the profile names.
    HOLDFAST_DECL std::optional<setting> in_service(std::string_view field) const;

    /// As `auth::to_flag`. Errors: `not_configured` for what is neither true nor false.
    HOLDFAST_DECL std::optional<bool> flag(std::initializer_list<const char*> variables, std::string_view field) const;

private:
    const environment& surroundings_;
    auth::aws_section profile_;
    auth::aws_section services_;
};

/// Errors: always, `not_configured`; its message names the setting, not its value.
[[noreturn]] HOLDFAST_DECL void throw_bad_setting(const setting& what, std::string_view expected);

}  // namespace holdfast::s3

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/s3/impl/settings.ipp>
#endif

#endif
