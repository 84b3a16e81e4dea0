#ifndef HOLDFAST_ARTIFACT_ANY_ARTIFACT_HPP
#define HOLDFAST_ARTIFACT_ANY_ARTIFACT_HPP

#include <filesystem>
#include <variant>

#include <holdfast/artifact/checkpoint_reader.hpp>
#include <holdfast/artifact/documented_tree.hpp>
#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/artifact/model_reader.hpp>
#include <holdfast/artifact/model_removal.hpp>
#include <holdfast/artifact/removal.hpp>
#include <holdfast/artifact/verification.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/reference.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

// The one place that decides from a key whether it is a checkpoint's, a hub entry's or a model's.
// Wire: `Factory` of metaflow-checkpoint.
namespace holdfast {

/// The document of whatever a reference names.
/// Errors: `key_not_compatible`, `incompatible_type`, `not_found`, `corrupt`.
template <storage_backend Storage>
artifact_reference resolve_artifact(const Storage& storage, const reference& which, const transfer_limits& limits) {
    if (metaflow::kind_of_key(which.key()) == metaflow::artifact_kind::model) {
        return model_reader<Storage>{storage, limits}.resolve(which);
    }
    return checkpoint_reader<Storage>{storage, limits}.resolve(which);
}

template <storage_backend Storage>
fetched_tree load_artifact(const Storage& storage, const artifact_reference& artifact,
                           const std::filesystem::path& directory, const load_options& options,
                           const transfer_limits& limits) {
    const auto tree = std::visit([](const auto& document) { return documented(document); }, artifact);
    return fetch_tree(storage, read_saved_tree(storage, tree, options.verify), directory, options, limits);
}

template <storage_backend Storage>
verification verify_artifact(const Storage& storage, const reference& which, const std::filesystem::path& temp_dir_root,
                             const transfer_limits& limits) {
    metaflow::kind_of_key(which.key());
    const auto find = [&] {
        return std::visit([](const auto& document) { return documented(document); },
                          resolve_artifact(storage, which, limits));
    };
    return verify_tree(storage, find, temp_dir_root, limits);
}

/// False where nothing was there. Errors: `key_not_compatible`; those of the storage.
template <storage_backend Storage>
bool remove_artifact(const Storage& storage, const reference& which, const transfer_limits& limits) {
    if (metaflow::kind_of_key(which.key()) == metaflow::artifact_kind::model) {
        return remove_model(storage, which, limits);
    }
    return remove_checkpoint(storage, which, limits);
}

}  // namespace holdfast

#endif
