#ifndef HOLDFAST_ARTIFACT_REMOVAL_HPP
#define HOLDFAST_ARTIFACT_REMOVAL_HPP

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/artifact/documents.hpp>
#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/artifact/latest.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/metaflow/document.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/reference.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

namespace holdfast {
namespace detail {

/// The newest readable document of a task that is not of the checkpoint `removed`.
template <storage_backend Storage>
std::optional<checkpoint_reference> newest_of_task(const Storage& storage, std::string_view documents,
                                                   const std::string& removed, const transfer_limits& limits) {
    std::optional<checkpoint_reference> newest;
    read_documents(storage, list_documents(storage, documents, task_document_id), limits, {},
                   [&](checkpoint_reference found) {
                       if (found.key == removed) return true;
                       newest = std::move(found);
                       return false;
                   });
    return newest;
}

/// The same of a folder, where only the time tells the newest of several tasks.
template <storage_backend Storage>
std::optional<checkpoint_reference> newest_of_folder(const Storage& storage, std::string_view documents,
                                                     const std::string& removed, const transfer_limits& limits) {
    std::optional<checkpoint_reference> newest;
    read_documents(storage, list_documents(storage, documents, artifact_document_id), limits, {},
                   [&](checkpoint_reference found) {
                       const bool is_later = !newest || newest->created_on < found.created_on;
                       if (found.key != removed && is_later) newest = std::move(found);
                       return true;
                   });
    return newest;
}

/// The task that wrote a checkpoint, by its document, else by the reference; nothing where neither says.
template <storage_backend Storage>
std::optional<std::string> writing_task(const Storage& storage, const reference& which, const object_key& document) {
    std::optional<error> damage;
    const auto stored = read_document(storage, document, damage);
    if (stored && !stored->pathspec.empty()) return stored->pathspec;
    if (which.is_key()) return std::nullopt;
    const auto given = which.as_checkpoint();
    return given.pathspec.empty() ? std::nullopt : std::optional{given.pathspec};
}

template <storage_backend Storage>
void remove_from_task(const Storage& storage, const metaflow::checkpoint_location& where, const std::string& pathspec,
                      const transfer_limits& limits) {
    const auto& root = where.folder.root_prefix;
    const auto key = metaflow::data_key(where).str();
    retreat_latest(storage, metaflow::task_latest_key(root, pathspec), key, [&] {
        return newest_of_task(storage, metaflow::task_documents_prefix(root, pathspec), key, limits);
    });
    storage.remove(metaflow::task_document_key(root, pathspec, where.id));
}

}  // namespace detail

/// Removes a checkpoint: moves `latest` to the newest one left, takes the documents away, then frees the data.
/// False where nothing was there.
template <storage_backend Storage>
bool remove_checkpoint(const Storage& storage, const reference& which, const transfer_limits& limits) {
    const auto where = metaflow::parse_checkpoint_key(which.key());
    const auto key = metaflow::data_key(where);
    const auto document = metaflow::artifact_document_key(where);
    const bool existed = storage.head(document).has_value() || detail::has_data(storage, key);
    const auto task = detail::writing_task(storage, which, document);
    detail::retreat_latest(storage, metaflow::artifact_latest_key(where.folder), key.str(), [&] {
        return detail::newest_of_folder(storage, metaflow::artifact_documents_prefix(where.folder), key.str(), limits);
    });
    if (task) detail::remove_from_task(storage, where, *task, limits);
    storage.remove(document);
    remove_prefix(storage, key, limits);
    storage.remove(metaflow::manifest_key(where));
    return existed;
}

}  // namespace holdfast

#endif
