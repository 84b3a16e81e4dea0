#ifndef HOLDFAST_AUTH_AWS_IMPL_PROFILE_IPP
#define HOLDFAST_AUTH_AWS_IMPL_PROFILE_IPP

#include <holdfast/auth/aws/profile.hpp>

#include <vector>

#include <holdfast/auth/aws/ini.hpp>
#include <holdfast/auth/aws/text_file.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/command_line.hpp>

namespace holdfast::detail {

inline auth::aws_section::values parse_aws_block(std::string_view text, std::string_view section,
                                                 std::string_view option, std::string_view path) {
    auth::aws_section::values block;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string_view line = trim_blanks(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (line.empty()) continue;
        const auto delimiter = line.find('=');
        if (delimiter == line.npos) {
            throw error(errc::not_configured, "read AWS's configuration", path,
                        "a line of the block '" + std::string(option) + "' in [" + std::string(section) +
                            "] is not of the form name = value");
        }
        block.insert_or_assign(std::string(trim_blanks(line.substr(0, delimiter))),
                               std::string(trim_blanks(line.substr(delimiter + 1))));
    }
    return block;
}

inline auth::aws_section make_aws_section(std::string_view name, const auth::aws_ini::mapped_type& options,
                                          std::string_view path) {
    auth::aws_section section;
    for (const auto& [option, value] : options) {
        if (value.starts_with('\n')) {
            section.set_block(option, parse_aws_block(value, name, option, path));
        } else {
            section.set(option, value);
        }
    }
    return section;
}

struct aws_config_sections {
    auth::aws_profiles::sections profiles;
    auth::aws_profiles::sections sso_sessions;
    auth::aws_profiles::sections services;
};

inline aws_config_sections sort_aws_sections(const auth::aws_ini& file, std::string_view path) {
    aws_config_sections sorted;
    for (const auto& [title, options] : file) {
        const auto words = split_command_line(title).value_or(std::vector<std::string>());
        if (words == std::vector<std::string>{"default"}) {
            sorted.profiles.try_emplace("default", make_aws_section(title, options, path));
        }
        if (words.size() != 2) continue;
        if (words[0] == "profile") sorted.profiles.insert_or_assign(words[1], make_aws_section(title, options, path));
        if (words[0] == "sso-session") sorted.sso_sessions.emplace(words[1], make_aws_section(title, options, path));
        if (words[0] == "services") sorted.services.emplace(words[1], make_aws_section(title, options, path));
    }
    return sorted;
}

}  // namespace holdfast::detail

namespace holdfast::auth {

HOLDFAST_DECL std::optional<std::string> aws_section::get(std::string_view name) const {
    const auto found = texts_.find(name);
    return found != texts_.end() ? std::optional(found->second) : std::nullopt;
}

HOLDFAST_DECL std::optional<std::string> aws_section::get(std::string_view block, std::string_view name) const {
    const auto options = blocks_.find(block);
    if (options == blocks_.end()) return std::nullopt;
    const auto found = options->second.find(name);
    return found != options->second.end() ? std::optional(found->second) : std::nullopt;
}

HOLDFAST_DECL bool aws_section::contains(std::string_view name) const {
    return texts_.contains(name) || blocks_.contains(name);
}

HOLDFAST_DECL void aws_section::update(const aws_section& other) {
    for (const auto& [name, value] : other.texts_) {
        texts_.insert_or_assign(name, value);
        blocks_.erase(name);
    }
    for (const auto& [name, block] : other.blocks_) {
        blocks_.insert_or_assign(name, block);
        texts_.erase(name);
    }
}

HOLDFAST_DECL aws_profiles aws_profiles::parse(std::string_view config, std::string_view credentials,
                                               std::string_view config_path, std::string_view credentials_path) {
    aws_profiles profiles;
    auto sorted = detail::sort_aws_sections(parse_aws_ini(config, config_path), config_path);
    profiles.config_ = std::move(sorted.profiles);
    profiles.sso_sessions_ = std::move(sorted.sso_sessions);
    profiles.services_ = std::move(sorted.services);
    for (const auto& [name, options] : parse_aws_ini(credentials, credentials_path)) {
        profiles.credentials_.emplace(name, detail::make_aws_section(name, options, credentials_path));
    }
    profiles.merged_ = profiles.config_;
    for (const auto& [name, section] : profiles.credentials_) profiles.merged_[name].update(section);
    return profiles;
}

HOLDFAST_DECL aws_profiles aws_profiles::load(const environment& surroundings) {
    const std::string config =
        expand_user_path(surroundings, surroundings.get("AWS_CONFIG_FILE").value_or("~/.aws/config"));
    const std::string credentials =
        expand_user_path(surroundings, surroundings.get("AWS_SHARED_CREDENTIALS_FILE").value_or("~/.aws/credentials"));
    return parse(read_text_file(config).value_or(""), read_text_file(credentials).value_or(""), config, credentials);
}

HOLDFAST_DECL std::string aws_profiles::chosen_name(const environment& surroundings, std::string_view wanted) {
    if (!wanted.empty()) return std::string(wanted);
    for (const char* const variable : {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"}) {
        if (const auto name = surroundings.get(variable); name && !name->empty()) return *name;
    }
    return "default";
}

HOLDFAST_DECL const aws_section& aws_profiles::chosen(const environment& surroundings, std::string_view wanted) const {
    const std::string name = chosen_name(surroundings, wanted);
    if (const aws_section* const profile = find(name)) return *profile;
    const bool is_named = !wanted.empty() || !surroundings.get("AWS_DEFAULT_PROFILE").value_or("").empty() ||
                          !surroundings.get("AWS_PROFILE").value_or("").empty();
    if (!is_named) return none_;
    throw error(errc::not_configured, "read AWS's configuration", name,
                "there is no profile of this name in the configuration and credentials files; add it, or correct "
                "AWS_PROFILE or the profile that was asked for");
}

HOLDFAST_DECL std::string expand_user_path(const environment& surroundings, const std::string& path) {
    if (path == "~") return surroundings.home().string();
    if (path.starts_with("~/")) return (surroundings.home() / path.substr(2)).string();
    return (surroundings.working_directory() / path).string();
}

}  // namespace holdfast::auth

#endif
