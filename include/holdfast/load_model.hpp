#ifndef HOLDFAST_LOAD_MODEL_HPP
#define HOLDFAST_LOAD_MODEL_HPP

#include <filesystem>
#include <stop_token>

#include <holdfast/artifact/any_artifact.hpp>
#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/reference.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

namespace holdfast {

struct delete_options {
    bool must_exist = false;  ///< fail with `not_found` where nothing is stored under the key
    transfer_limits limits = {};
    std::stop_token stop = {};
};

/// Loads a model, checkpoint or hub entry into a directory, which is made where it is missing and keeps its other
/// entries.
///
/// Effects: all or nothing.
/// Errors: `key_not_compatible` for a key of no kind; `not_found` where nothing is stored under it; `corrupt` where
/// what is stored is not what was saved; `invalid_argument` where `directory` can be no directory;
/// `precondition_failed` where a mount, a file or a directory in it is in the way; those of the storage. Wire:
/// `load_model` of metaflow-checkpoint.
template <class Storage>
fetched_tree load_model(const Storage& storage, const reference& which, const std::filesystem::path& directory,
                        const load_options& options = {}, const transfer_limits& limits = {}) {
    static_assert(require_storage_backend<Storage>());
    return load_artifact(storage, resolve_artifact(storage, which, limits, options.stop), directory, options, limits);
}

/// Removes a model, checkpoint or hub entry and frees its bytes; false where there was none.
///
/// Effects: the documents go before the data, so that nothing broken is ever listed; a removal that was interrupted
/// or stopped is finished by the next one of the same key. A `latest` that named it moves to the newest one left.
/// Errors: `key_not_compatible`; `not_found` where `options` ask for it; `cancelled`; those of the storage.
/// Wire: `delete_model` of metaflow-checkpoint.
template <class Storage>
bool delete_model(const Storage& storage, const reference& which, const delete_options& options = {}) {
    static_assert(require_storage_backend<Storage>());
    const bool existed = remove_artifact(storage, which, options.limits, options.stop);
    if (existed || !options.must_exist) return existed;
    throw error(errc::not_found, "delete", which.key(),
                "nothing is stored under this key; it was deleted before, "
                "or the store is another");
}

}  // namespace holdfast

#endif
