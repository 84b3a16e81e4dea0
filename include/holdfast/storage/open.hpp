#ifndef HOLDFAST_STORAGE_OPEN_HPP
#define HOLDFAST_STORAGE_OPEN_HPP

#include <holdfast/core/store_url.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/storage/any.hpp>
#include <holdfast/storage/s3/config.hpp>

namespace holdfast {

/// What backends need beside the URL; each takes its own.
struct open_options {
    s3_options s3 = {};
};

/// The store that a URL names; "memory" makes a new one at each call.
/// Errors: `unsupported` for a scheme that this build has no backend for; those of the backend's constructor.
HOLDFAST_DECL any_storage open_storage(const store_url& url, const open_options& options = {});

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/impl/open.ipp>
#endif

#endif
