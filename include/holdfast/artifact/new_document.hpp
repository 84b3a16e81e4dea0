#ifndef HOLDFAST_ARTIFACT_NEW_DOCUMENT_HPP
#define HOLDFAST_ARTIFACT_NEW_DOCUMENT_HPP

#include <string_view>

#include <holdfast/core/clock.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/core/store_url.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/metaflow/artifact_document.hpp>
#include <holdfast/metaflow/task_context.hpp>

namespace holdfast::detail {

/// What every document says of a new artifact before its data is stored.
HOLDFAST_DECL void describe_new(artifact_document& document, const object_key& key, const store_url& root,
                                const task_context& context, std::string_view storage_format,
                                const clock_function& clock);

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/artifact/impl/new_document.ipp>
#endif

#endif
