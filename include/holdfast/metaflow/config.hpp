#ifndef HOLDFAST_METAFLOW_CONFIG_HPP
#define HOLDFAST_METAFLOW_CONFIG_HPP

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

#include <holdfast/core/environment.hpp>
#include <holdfast/core/store_url.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::metaflow {

/// Metaflow's settings as its own process would see them here.
///
/// A setting X is read from the variable METAFLOW_X, then from `config.json` in the nearest `.metaflow` folder
/// upward, then from `config.json` (with METAFLOW_PROFILE: `config_<profile>.json`, which must exist) in
/// METAFLOW_HOME (default `~/.metaflowconfig`). Wire: `metaflow_config_funcs.from_conf`.
class configuration {
public:
    /// Errors: `not_configured` where a named profile's file is missing or a file is no JSON object.
    HOLDFAST_DECL explicit configuration(environment surroundings);

    /// @param name without the METAFLOW_ prefix, e.g. "DEFAULT_DATASTORE"
    HOLDFAST_DECL std::optional<std::string> get(std::string_view name) const;

    const environment& surroundings() const noexcept { return surroundings_; }

private:
    environment surroundings_;
    boost::json::object project_;
    boost::json::object home_;
};

/// Where Python would put checkpoints here.
struct store_location {
    std::string type;  ///< "local", "s3", "azure", "gs" ("s3-compatible" and "coreweave" are read as "s3")
    store_url root;
    boost::json::object options;  ///< `config` of an artifact store without its root: role_arn, session_vars,
                                  ///< client_params; may hold secrets, so never printed
};

/// METAFLOW_CHECKPOINT_ARTIFACT_STORE_CONFIG, else METAFLOW_DEFAULT_DATASTORE with its DATASTORE_SYSROOT_<TYPE>.
/// A local root is `<DATASTORE_SYSROOT_LOCAL>/.metaflow`, else the nearest `.metaflow` folder upward, else one in
/// the working directory.
/// Errors: `not_configured`, naming the setting that is missing or wrong, never its value.
HOLDFAST_DECL store_location find_store(const configuration& settings);

}  // namespace holdfast::metaflow

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/metaflow/impl/config.ipp>
#endif

#endif
