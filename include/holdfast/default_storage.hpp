#ifndef HOLDFAST_DEFAULT_STORAGE_HPP
#define HOLDFAST_DEFAULT_STORAGE_HPP

#include <holdfast/core/environment.hpp>
#include <holdfast/metaflow/config.hpp>
#include <holdfast/storage/any.hpp>
#include <holdfast/storage/open.hpp>

namespace holdfast {

/// The store that a Python flow would use here, by Metaflow's own configuration.
///
/// Errors: `not_configured`; `unsupported` for a kind of store that this build does not hold.
/// Wire: `ArtifactStoreContext.get` of metaflow-checkpoint.
inline any_storage default_storage(const environment& surroundings = environment::of_process()) {
    return open_storage(metaflow::find_store(metaflow::configuration{surroundings}).root);
}

}  // namespace holdfast

#endif
