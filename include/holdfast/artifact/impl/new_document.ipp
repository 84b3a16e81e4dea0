#ifndef HOLDFAST_ARTIFACT_IMPL_NEW_DOCUMENT_IPP
#define HOLDFAST_ARTIFACT_IMPL_NEW_DOCUMENT_IPP

#include <holdfast/artifact/new_document.hpp>

#include <chrono>

#include <holdfast/detail/system.hpp>

namespace holdfast::detail {

HOLDFAST_DECL void describe_new(artifact_document& document, const object_key& key, const store_url& root,
                                const task_context& context, std::string_view storage_format,
                                const clock_function& clock) {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(clock().time_since_epoch());
    document.key = key.str();
    document.url = root.of(key);
    document.pathspec = context.pathspec();
    document.attempt = context.attempt;
    document.created_on = local_iso_time(now.count());
    document.storage_format = storage_format;
}

}  // namespace holdfast::detail

#endif
