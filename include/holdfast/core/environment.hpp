#ifndef HOLDFAST_CORE_ENVIRONMENT_HPP
#define HOLDFAST_CORE_ENVIRONMENT_HPP

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include <holdfast/detail/config.hpp>

namespace holdfast {

/// What a process sees of its surroundings, as a value: variables, working directory, home directory.
class environment {
public:
    using variables = std::map<std::string, std::string, std::less<>>;

    /// The process's own, read at each call of `get`; the directories as they are now, empty where unknown.
    /// Thread safety: `get` must not run while another thread changes the process's variables.
    HOLDFAST_DECL static environment of_process();

    /// A fixed one.
    HOLDFAST_DECL environment(variables values, std::filesystem::path working_directory, std::filesystem::path home);

    /// The value of a variable; a variable that is set to the empty text has a value.
    HOLDFAST_DECL std::optional<std::string> get(const std::string& name) const;

    const std::filesystem::path& working_directory() const noexcept { return working_directory_; }
    const std::filesystem::path& home() const noexcept { return home_; }

private:
    std::optional<variables> values_;  // none: the process's
    std::filesystem::path working_directory_;
    std::filesystem::path home_;
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/core/impl/environment.ipp>
#endif

#endif
