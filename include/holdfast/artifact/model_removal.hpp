#ifndef HOLDFAST_ARTIFACT_MODEL_REMOVAL_HPP
#define HOLDFAST_ARTIFACT_MODEL_REMOVAL_HPP

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/artifact/documents.hpp>
#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/metaflow/model_document.hpp>
#include <holdfast/reference.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

namespace holdfast {
namespace detail {

/// The document by which a model is listed. Where the stored document does not lead there, all names below the models'
/// metadata are looked through, so that what an interrupted removal of Python's left goes too.
template <storage_backend Storage>
std::vector<object_key> listed_documents_of_model(const Storage& storage, const std::string& id,
                                                  const std::stop_token& stop) {
    std::optional<error> damage;
    const auto model = read_document<model_reference>(storage, metaflow::model_artifact_document_key(id), damage, stop);
    if (model && metaflow::is_task_pathspec(model->pathspec)) {
        auto listed = metaflow::model_task_document_key(model->pathspec, model->attempt, id);
        if (storage.head(listed)) return {std::move(listed)};
    }
    std::vector<object_key> found;
    const auto look = [&](const object_key& key) {
        const auto where = metaflow::parse_model_task_document_key(key.str());
        if (where && where->model_id == id) found.push_back(key);
        return true;
    };
    list_keys(storage, metaflow::model_documents_prefix(""), look, stop);
    return found;
}

}  // namespace detail

/// Removes a model: takes its documents away, that of the list first, then frees the data; a removal that was
/// interrupted or stopped is finished by the next one of the same key. False where neither documents nor data
/// were there; a manifest that alone was left is freed.
/// Errors: `key_not_compatible`, `cancelled`; those of the storage.
template <storage_backend Storage>
bool remove_model(const Storage& storage, const reference& which, const transfer_limits& limits,
                  const std::stop_token& stop = {}) {
    const auto id = metaflow::parse_model_key(which.key());
    const auto key = metaflow::model_data_key(id);
    const auto document = metaflow::model_artifact_document_key(id);
    const auto listed = detail::listed_documents_of_model(storage, id, stop);
    detail::check_not_stopped(stop, "remove", key.str());
    const bool existed = storage.head(document) || !listed.empty() || detail::has_data(storage, key);
    for (const auto& each : listed) {
        detail::check_not_stopped(stop, "remove", key.str());
        storage.remove(each);
    }
    detail::check_not_stopped(stop, "remove", key.str());
    storage.remove(document);
    remove_prefix(storage, key, limits, stop);
    storage.remove(metaflow::model_manifest_key(id));
    return existed;
}

}  // namespace holdfast

#endif
