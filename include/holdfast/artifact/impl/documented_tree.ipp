#ifndef HOLDFAST_ARTIFACT_IMPL_DOCUMENTED_TREE_IPP
#define HOLDFAST_ARTIFACT_IMPL_DOCUMENTED_TREE_IPP

#include <holdfast/artifact/documented_tree.hpp>

#include <utility>

#include <holdfast/metaflow/document_fields.hpp>
#include <holdfast/metaflow/layout.hpp>

namespace holdfast {
namespace detail {

inline documented_tree without_manifest(const artifact_document& document) {
    documented_tree tree{object_key{document.key}, document.storage_format, std::nullopt, std::nullopt};
    const auto fields = document.fields();
    if (document_fields(fields, document.key).optional_count("size")) tree.size = document.size;
    return tree;
}

}  // namespace detail

HOLDFAST_DECL documented_tree documented(const checkpoint_reference& document) {
    auto tree = detail::without_manifest(document);
    if (auto sha256 = document.manifest_sha256()) {
        const auto where = metaflow::parse_checkpoint_key(document.key);
        tree.manifest = {metaflow::manifest_key(where), metaflow::artifact_document_key(where), std::move(*sha256)};
    }
    return tree;
}

HOLDFAST_DECL documented_tree documented(const model_reference& document) {
    auto tree = detail::without_manifest(document);
    if (auto sha256 = document.manifest_sha256()) {
        const auto id = metaflow::parse_model_key(document.key);
        tree.manifest = {metaflow::model_manifest_key(id), metaflow::model_artifact_document_key(id),
                         std::move(*sha256)};
    }
    return tree;
}

}  // namespace holdfast

#endif
