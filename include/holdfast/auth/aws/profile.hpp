#ifndef HOLDFAST_AUTH_AWS_PROFILE_HPP
#define HOLDFAST_AUTH_AWS_PROFILE_HPP

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/core/environment.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::auth {

/// One section of AWS's configuration files. Its values may be secrets: never print them.
class aws_section {
public:
    using values = std::map<std::string, std::string, std::less<>>;

    /// The text of an option, also the empty one; nothing where it is missing or a nested block.
    /// @param name in lower case
    HOLDFAST_DECL std::optional<std::string> get(std::string_view name) const;

    /// The text of an option of the nested block `block`; its names keep their case.
    HOLDFAST_DECL std::optional<std::string> get(std::string_view block, std::string_view name) const;

    /// Whether the option is there, as a text or as a block.
    HOLDFAST_DECL bool contains(std::string_view name) const;

    /// Takes over the options of `other`; its options win.
    HOLDFAST_DECL void update(const aws_section& other);

    void set(std::string name, std::string value) { texts_.insert_or_assign(std::move(name), std::move(value)); }
    void set_block(std::string name, values block) { blocks_.insert_or_assign(std::move(name), std::move(block)); }

private:
    values texts_;
    std::map<std::string, values, std::less<>> blocks_;
};

/// The profiles of `~/.aws/config` (or AWS_CONFIG_FILE) and `~/.aws/credentials` (or AWS_SHARED_CREDENTIALS_FILE).
///
/// A file that is missing is an empty one.
class aws_profiles {
public:
    using sections = std::map<std::string, aws_section, std::less<>>;

    aws_profiles() = default;

    /// Errors: `not_configured` naming the file and the line; `access_denied` for a file that can't be read.
    HOLDFAST_DECL static aws_profiles load(const environment& surroundings);

    /// The same from the texts of the two files. @param config_path, credentials_path for messages
    HOLDFAST_DECL static aws_profiles parse(std::string_view config, std::string_view credentials,
                                            std::string_view config_path = "config",
                                            std::string_view credentials_path = "credentials");

    /// The options of a profile of both files, those of the credentials file before those of the other; null where
    /// neither has it.
    const aws_section* find(std::string_view name) const { return find_in(merged_, name); }

    /// A profile as one of the files has it.
    const aws_section* find_in_config(std::string_view name) const { return find_in(config_, name); }
    const aws_section* find_in_credentials(std::string_view name) const { return find_in(credentials_, name); }

    /// `[sso-session NAME]` and `[services NAME]` of the configuration file.
    const aws_section* find_sso_session(std::string_view name) const { return find_in(sso_sessions_, name); }
    const aws_section* find_services(std::string_view name) const { return find_in(services_, name); }

    /// The profile that is meant here: `wanted`, else AWS_DEFAULT_PROFILE, else AWS_PROFILE, else "default". An
    /// empty name is none. Wire: botocore's order.
    HOLDFAST_DECL static std::string chosen_name(const environment& surroundings, std::string_view wanted);

    /// The options of the profile that is meant here; empty where nobody named one and "default" is missing.
    /// Errors: `not_configured` where a profile that was named is missing.
    HOLDFAST_DECL const aws_section& chosen(const environment& surroundings, std::string_view wanted) const;

private:
    static const aws_section* find_in(const sections& all, std::string_view name) {
        const auto found = all.find(name);
        return found != all.end() ? &found->second : nullptr;
    }

    sections merged_;
    sections config_;
    sections credentials_;
    sections sso_sessions_;
    sections services_;
    aws_section none_;
};

/// `path` as a shell would read its beginning: "~" and "~/" stand for the home directory; a relative path begins
/// at the working directory.
HOLDFAST_DECL std::string expand_user_path(const environment& surroundings, const std::string& path);

}  // namespace holdfast::auth

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/auth/aws/impl/profile.ipp>
#endif

#endif
