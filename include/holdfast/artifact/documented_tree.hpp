#ifndef HOLDFAST_ARTIFACT_DOCUMENTED_TREE_HPP
#define HOLDFAST_ARTIFACT_DOCUMENTED_TREE_HPP

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <holdfast/artifact/documents.hpp>
#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/artifact/open_tree.hpp>
#include <holdfast/artifact/tree_check.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/digest.hpp>
#include <holdfast/metaflow/document.hpp>
#include <holdfast/metaflow/model_document.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

namespace holdfast {

/// Where a document says that data lies, and what they were; the same for checkpoints and models.
struct documented_tree {
    struct manifest_place {
        object_key key;
        object_key document;  ///< gone where the artifact was removed
        std::string sha256;
    };

    object_key key;
    std::string storage_format;              ///< "files" or "tar"
    std::optional<std::uint64_t> size;       ///< bytes; none: the document does not say
    std::optional<manifest_place> manifest;  ///< none: Python wrote it
};

/// Errors: `key_not_compatible` where a manifest travels with it and its key does not say where.
HOLDFAST_DECL documented_tree documented(const checkpoint_reference& document);
HOLDFAST_DECL documented_tree documented(const model_reference& document);

namespace detail {

template <storage_backend Storage>
manifest read_manifest(const Storage& storage, const object_key& data, const documented_tree::manifest_place& place,
                       const std::stop_token& stop) {
    const auto text = find_document_text(storage, place.key, stop, manifest_limit);
    if (!text) {
        if (!storage.head(place.document)) throw_missing_data(data.str());
        throw error(errc::corrupt, "load", data.str(), "its manifest " + place.key.str() + " is missing");
    }
    if (sha256_hex(*text) != place.sha256) {
        throw error(errc::corrupt, "load", data.str(), "its manifest " + place.key.str() + " is not what was saved");
    }
    return manifest::from_json(*text, place.key.str());
}

}  // namespace detail

/// Errors: `not_found`, `corrupt`, `cancelled`.
template <storage_backend Storage>
saved_tree read_saved_tree(const Storage& storage, const documented_tree& which, bool with_manifest = true,
                           const std::stop_token& stop = {}) {
    saved_tree tree{which.key, which.storage_format, which.size, std::nullopt};
    if (which.manifest && with_manifest) {
        tree.contents = detail::read_manifest(storage, which.key, *which.manifest, stop);
    }
    return tree;
}

/// The files of a saved tree; without digests where Python wrote it, and then an archive's headers are read for them,
/// whatever size the document says.
template <storage_backend Storage>
std::vector<stored_file> list_files(const Storage& storage, const documented_tree& which,
                                    const transfer_limits& limits) {
    const auto tree = read_saved_tree(storage, which);
    return tree.contents ? tree.contents->files : open_tree(storage, tree, {.verify = false}, limits).list();
}

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/artifact/impl/documented_tree.ipp>
#endif

#endif
