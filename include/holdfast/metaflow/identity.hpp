#ifndef HOLDFAST_METAFLOW_IDENTITY_HPP
#define HOLDFAST_METAFLOW_IDENTITY_HPP

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <holdfast/core/environment.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast::metaflow {

/// Lower-case hex SHA-256 of `json.dumps(value, sort_keys=True)`. Wire: `safe_hash` of the Python package.
HOLDFAST_DECL std::string json_hash(const boost::json::value& value);

/// 8 hex digits. Wire: `pathspec_hash`.
HOLDFAST_DECL std::string pathspec_hash(std::string_view pathspec);

/// 12 hex digits of a task that is no foreach split. Wire: `TaskIdentifier.from_flowspec`.
HOLDFAST_DECL std::string task_identifier(std::string_view step);

/// 12 hex digits of a foreach split. @param values of the foreach stack, outermost first
HOLDFAST_DECL std::string foreach_task_identifier(std::span<const boost::json::value> values);

/// 12 hex digits of all tasks of a gang (`@parallel`). @param outer values of the foreach stack without the innermost
/// Wire: `TaskIdentifier.for_parallel_task_index`.
HOLDFAST_DECL std::string gang_task_identifier(std::span<const boost::json::value> outer, std::int64_t index = 0);

/// 12 hex digits of a namespace ("user:alice"). Wire: `ScopeResolver.from_namespace`.
HOLDFAST_DECL std::string scope_of_namespace(std::string_view name);

/// The scope that a run's tags choose: that of the first (in bytewise order) tag `checkpoint:NAME`, else of the first
/// that holds "checkpoint:" anywhere, where NAME follows the first ':'; nothing where there is none. NAME ends at a
/// further ':'. Wire: `ScopeResolver.from_tags`, which takes any of several.
HOLDFAST_DECL std::optional<std::string> scope_of_tags(std::span<const std::string> tags);

/// "production:<token>" where METAFLOW_PRODUCTION_TOKEN is set, else "user:<name>" of the setting USER
/// (METAFLOW_USER), SUDO_USER, USERNAME, USER; "user:root" where these name only root or nobody at all.
/// Errors: as `configuration`. Wire: `metaflow.util.resolve_identity`.
HOLDFAST_DECL std::string current_namespace(const environment& surroundings);

}  // namespace holdfast::metaflow

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/metaflow/impl/identity.ipp>
#endif

#endif
