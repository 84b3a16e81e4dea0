#ifndef HOLDFAST_ARTIFACT_REMOVAL_HPP
#define HOLDFAST_ARTIFACT_REMOVAL_HPP

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/artifact/checkpoints_left.hpp>
#include <holdfast/artifact/documents.hpp>
#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/artifact/latest.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/metaflow/document.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/reference.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

namespace holdfast {
namespace detail {

/// The task among whose documents is that of a checkpoint which nothing else tells of any more: an interrupted removal
/// of Python's takes that document last.
template <storage_backend Storage>
std::optional<std::string> listing_task(const Storage& storage, const metaflow::checkpoint_location& where,
                                        const std::stop_token& stop) {
    std::optional<std::string> found;
    const auto look = [&](const object_key& key) {
        const auto listed = metaflow::parse_task_document_key(key.str());
        if (listed && listed->id == where.id) found = listed->pathspec;
        return !found;
    };
    list_keys(storage, metaflow::task_documents_prefix(where.folder.root_prefix, ""), look, stop);
    return found;
}

/// The task that wrote a checkpoint, by its document, else by the reference.
template <storage_backend Storage>
std::optional<std::string> told_task(const Storage& storage, const reference& which,
                                     const metaflow::checkpoint_location& where, const std::stop_token& stop) {
    std::optional<error> damage;
    const auto stored =
        read_document<checkpoint_reference>(storage, metaflow::artifact_document_key(where), damage, stop);
    if (stored && metaflow::is_task_pathspec(stored->pathspec)) return stored->pathspec;
    if (which.is_key()) return std::nullopt;
    const auto given = which.as_checkpoint();
    return metaflow::is_task_pathspec(given.pathspec) ? std::optional(given.pathspec) : std::nullopt;
}

template <storage_backend Storage>
bool is_listed(const Storage& storage, const metaflow::checkpoint_location& where, const std::string& pathspec) {
    return storage.head(metaflow::task_document_key(where.folder.root_prefix, pathspec, where.id)).has_value();
}

/// The task that lists a checkpoint, as far as anything tells: where the one that is told does not list it, the names
/// of all documents are looked through.
template <storage_backend Storage>
std::optional<std::string> writing_task(const Storage& storage, const reference& which,
                                        const metaflow::checkpoint_location& where, const std::stop_token& stop) {
    auto told = told_task(storage, which, where, stop);
    if (told && is_listed(storage, where, *told)) return told;
    auto listing = listing_task(storage, where, stop);
    return listing ? listing : told;
}

template <storage_backend Storage>
void retreat_task(const Storage& storage, const metaflow::checkpoint_location& where, const std::string& pathspec,
                  const transfer_limits& limits, const std::stop_token& stop) {
    const auto& root = where.folder.root_prefix;
    const auto key = metaflow::data_key(where).str();
    checkpoints_left others(storage, key, documents_of_task(root, pathspec), root, limits);
    retreat_latest(storage, metaflow::task_latest_key(root, pathspec), others, stop);
}

template <storage_backend Storage>
void retreat_folder(const Storage& storage, const metaflow::checkpoint_location& where, const transfer_limits& limits,
                    const std::stop_token& stop) {
    const auto key = metaflow::data_key(where).str();
    checkpoints_left others(storage, key, documents_of_folder(where.folder), where.folder.root_prefix, limits);
    retreat_latest(storage, metaflow::artifact_latest_key(where.folder), others, stop);
}

/// Both pointers. Errors: as `retreat_latest`.
template <storage_backend Storage>
void retreat(const Storage& storage, const metaflow::checkpoint_location& where, const std::optional<std::string>& task,
             const transfer_limits& limits, const std::stop_token& stop) {
    retreat_folder(storage, where, limits, stop);
    if (task) retreat_task(storage, where, *task, limits, stop);
    check_not_stopped(stop, "remove", metaflow::data_key(where).str());
}

}  // namespace detail

/// Removes a checkpoint: moves `latest` back to the newest one left that may be restored, takes the documents away,
/// then frees the data; a removal that was interrupted or stopped is finished by the next one of the same key. False
/// where neither documents nor data were there; a manifest that alone was left is freed.
///
/// Errors: `key_not_compatible`, `cancelled`; those of the storage.
template <storage_backend Storage>
bool remove_checkpoint(const Storage& storage, const reference& which, const transfer_limits& limits,
                       const std::stop_token& stop = {}) {
    const auto where = metaflow::parse_checkpoint_key(which.key());
    const auto key = metaflow::data_key(where);
    const auto document = metaflow::artifact_document_key(where);
    const auto task = detail::writing_task(storage, which, where, stop);
    detail::check_not_stopped(stop, "remove", key.str());
    const bool existed =
        storage.head(document) || detail::has_data(storage, key) || (task && detail::is_listed(storage, where, *task));
    detail::retreat(storage, where, task, limits, stop);
    if (task) storage.remove(metaflow::task_document_key(where.folder.root_prefix, *task, where.id));
    detail::check_not_stopped(stop, "remove", key.str());
    storage.remove(document);
    detail::retreat(storage, where, task, limits, stop);  // another removal may have moved a pointer here meanwhile
    remove_prefix(storage, key, limits, stop);
    storage.remove(metaflow::manifest_key(where));
    return existed;
}

}  // namespace holdfast

#endif
