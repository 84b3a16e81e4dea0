#ifndef HOLDFAST_ARTIFACT_ANY_ARTIFACT_HPP
#define HOLDFAST_ARTIFACT_ANY_ARTIFACT_HPP

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string_view>
#include <variant>

#include <holdfast/artifact/checkpoint_reader.hpp>
#include <holdfast/artifact/documented_tree.hpp>
#include <holdfast/artifact/documents.hpp>
#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/artifact/model_reader.hpp>
#include <holdfast/artifact/model_removal.hpp>
#include <holdfast/artifact/removal.hpp>
#include <holdfast/artifact/verification.hpp>
#include <holdfast/artifact/verify_tree.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/reference.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

// The one place that decides from a key whether it is a checkpoint's, a hub entry's or a model's.
// Wire: `Factory` of metaflow-checkpoint.
namespace holdfast {

/// The document of whatever a reference names.
/// Errors: `key_not_compatible`, `incompatible_type`, `not_found`, `corrupt`, `cancelled`.
template <storage_backend Storage>
artifact_reference resolve_artifact(const Storage& storage, const reference& which, const transfer_limits& limits,
                                    const std::stop_token& stop = {}) {
    if (metaflow::kind_of_key(which.key()) == metaflow::artifact_kind::model) {
        return model_reader<Storage>{storage, limits}.resolve(which, stop);
    }
    return checkpoint_reader<Storage>{storage, limits}.resolve(which, stop);
}

inline documented_tree documented(const artifact_reference& artifact) {
    return std::visit([](const auto& document) { return documented(document); }, artifact);
}

template <storage_backend Storage>
fetched_tree load_artifact(const Storage& storage, const artifact_reference& artifact,
                           const std::filesystem::path& directory, const load_options& options,
                           const transfer_limits& limits) {
    return fetch_tree(storage, read_saved_tree(storage, documented(artifact), options.verify, options.stop), directory,
                      options, limits);
}

template <storage_backend Storage>
verification verify_artifact(const Storage& storage, const reference& which, const transfer_limits& limits,
                             const verify_options& options = {}) {
    metaflow::kind_of_key(which.key());
    return verify_tree(
        storage, [&] { return documented(resolve_artifact(storage, which, limits, options.stop)); }, limits, options);
}

/// Every checkpoint, hub entry and model below "", "flow", "flow/run", "flow/run/step" or a task, in this order, until
/// `visit` returns false. Errors: `invalid_argument` for any other text; `cancelled`.
template <storage_backend Storage>
void search_artifacts(const Storage& storage, std::string_view pathspec,
                      const std::function<bool(const artifact_reference&)>& visit, const damage_handler& on_damage,
                      const transfer_limits& limits, const std::stop_token& stop = {}) {
    bool goes_on = true;
    const auto pass_on = [&](const auto& found) { return goes_on = visit(found); };
    const checkpoint_reader<Storage> checkpoints{storage, limits};
    checkpoints.search(pathspec, pass_on, on_damage, stop);
    if (goes_on) checkpoints.search(pathspec, pass_on, on_damage, stop, metaflow::hub_prefix);
    if (goes_on) model_reader<Storage>{storage, limits}.search(pathspec, pass_on, on_damage, stop);
}

/// False where nothing was there. Errors: `key_not_compatible`, `cancelled`; those of the storage.
template <storage_backend Storage>
bool remove_artifact(const Storage& storage, const reference& which, const transfer_limits& limits,
                     const std::stop_token& stop = {}) {
    if (metaflow::kind_of_key(which.key()) == metaflow::artifact_kind::model) {
        return remove_model(storage, which, limits, stop);
    }
    return remove_checkpoint(storage, which, limits, stop);
}

}  // namespace holdfast

#endif
