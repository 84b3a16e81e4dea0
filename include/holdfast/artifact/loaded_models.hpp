#ifndef HOLDFAST_ARTIFACT_LOADED_MODELS_HPP
#define HOLDFAST_ARTIFACT_LOADED_MODELS_HPP

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/reference.hpp>

namespace holdfast {

/// One loaded model, checkpoint or hub entry.
struct loaded_model {
    std::string name;
    std::filesystem::path directory;
    artifact_reference info;  ///< its document
};

/// One that was asked for and could not be loaded.
struct failed_model {
    std::string name;
    error problem;
};

/// What was loaded, by name, in the order in which it was loaded. Temporary directories live as long as this object
/// or until `cleanup`; a directory that the caller gave is never removed.
///
/// Thread safety: as a container's. Wire: `LoadedModels` of metaflow-checkpoint.
class loaded_models {
public:
    using const_iterator = std::vector<loaded_model>::const_iterator;

    const_iterator begin() const noexcept { return models_.begin(); }
    const_iterator end() const noexcept { return models_.end(); }
    std::size_t size() const noexcept { return models_.size(); }
    bool empty() const noexcept { return models_.empty(); }

    HOLDFAST_DECL bool contains(std::string_view name) const noexcept;

    /// Errors: `not_found`, with the names that are there.
    HOLDFAST_DECL const loaded_model& at(std::string_view name) const;

    /// The directory. Errors: as `at`.
    const std::filesystem::path& operator[](std::string_view name) const { return at(name).directory; }

    /// The document. Errors: as `at`.
    const artifact_reference& info(std::string_view name) const { return at(name).info; }

    /// What `model_options::best_effort` passed over.
    const std::vector<failed_model>& failures() const noexcept { return failures_; }

    /// Forgets a model, and removes its directory where it is a temporary one. Errors: as `at`.
    HOLDFAST_DECL void cleanup(std::string_view name);

    /// Takes a model in, in the place of one of the same name. @param own none: the caller gave the directory
    HOLDFAST_DECL void insert(loaded_model model, std::optional<detail::temp_directory> own);

    void insert_failure(failed_model failed) { failures_.push_back(std::move(failed)); }

private:
    std::vector<loaded_model> models_;
    std::vector<failed_model> failures_;
    std::map<std::string, detail::temp_directory, std::less<>> own_;
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/artifact/impl/loaded_models.ipp>
#endif

#endif
