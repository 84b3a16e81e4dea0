#ifndef HOLDFAST_STORAGE_OPEN_HPP
#define HOLDFAST_STORAGE_OPEN_HPP

#include <holdfast/core/store_url.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/storage/any.hpp>

namespace holdfast {

/// The store that a URL names; "memory" makes a new one at each call.
/// Errors: `unsupported` for a scheme that this build has no backend for.
HOLDFAST_DECL any_storage open_storage(const store_url& url);

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/impl/open.ipp>
#endif

#endif
