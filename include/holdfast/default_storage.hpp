#ifndef HOLDFAST_DEFAULT_STORAGE_HPP
#define HOLDFAST_DEFAULT_STORAGE_HPP

#include <boost/json/object.hpp>

#include <string_view>

#include <holdfast/core/environment.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/metaflow/config.hpp>
#include <holdfast/storage/any.hpp>
#include <holdfast/storage/s3/config.hpp>

namespace holdfast {

/// The store that a Python flow would use here, by Metaflow's own configuration.
///
/// Errors: `not_configured`, naming the setting; `unsupported` for a kind of store that this build does not hold.
/// Wire: `ArtifactStoreContext.get` of metaflow-checkpoint.
HOLDFAST_DECL any_storage default_storage(const environment& surroundings = environment::of_process());

/// The store that a URL or a path names, reached as Metaflow's configuration says: its S3 endpoint, encryption,
/// certificate and client parameters apply.
///
/// Errors: as `default_storage`; `invalid_argument` for a text that is no URL.
HOLDFAST_DECL any_storage storage_at(std::string_view url, const environment& surroundings = environment::of_process());

/// How Metaflow's configuration reaches S3: its endpoint, encryption, certificate and client parameters.
///
/// @param store what one artifact store's `config` says besides, which wins: `role_arn`, `session_vars`,
///        `client_params`
/// Errors: `not_configured`.
/// Wire: the arguments that Metaflow gives to `boto3.client("s3", ...)`; parameters that concern only boto3 are
/// passed over.
HOLDFAST_DECL s3_options metaflow_s3_options(const metaflow::configuration& settings,
                                             const boost::json::object& store = {});

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/impl/default_storage.ipp>
#endif

#endif
