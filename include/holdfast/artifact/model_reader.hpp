#ifndef HOLDFAST_ARTIFACT_MODEL_READER_HPP
#define HOLDFAST_ARTIFACT_MODEL_READER_HPP

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/artifact/documented_tree.hpp>
#include <holdfast/artifact/documents.hpp>
#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/artifact/model_options.hpp>
#include <holdfast/artifact/model_removal.hpp>
#include <holdfast/artifact/verification.hpp>
#include <holdfast/artifact/verify_tree.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/metaflow/model_document.hpp>
#include <holdfast/reference.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

namespace holdfast {

/// Everything that needs a model's key and no task: resolves, loads, lists, verifies and removes.
template <storage_backend Storage>
class model_reader {
public:
    model_reader(Storage storage, transfer_limits limits) : storage_(std::move(storage)), limits_(limits) {}

    /// The stored document of a model, whatever the form of the reference: the document alone decides how the model
    /// is loaded, as in Python.
    /// Errors: `key_not_compatible`, `not_found`, `corrupt`, `cancelled`.
    model_reference resolve(const reference& which, const std::stop_token& stop = {}) const {
        const auto key = which.key();
        const auto document = metaflow::model_artifact_document_key(metaflow::parse_model_key(key));
        auto text = detail::find_document_text(storage_, document, stop);
        if (!text) {
            throw error(errc::not_found, "load", key,
                        "no model has this key in this store; it was removed, or the store is another");
        }
        auto model = detail::parse_stored_document<model_reference>(std::move(*text), document.str());
        if (model.key != key) {
            throw error(errc::corrupt, "load", document.str(), "the document is that of another model: " + model.key);
        }
        return model;
    }

    fetched_tree load(const model_reference& model, const std::filesystem::path& directory,
                      const load_options& options) const {
        return fetch_tree(storage_, read_saved_tree(storage_, documented(model), options.verify, options.stop),
                          directory, options, limits_);
    }

    /// Newest first by time.
    std::vector<model_reference> list(const model_list_options& options) const {
        std::vector<model_reference> found;
        visit(options, [&](model_reference model) {
            found.push_back(std::move(model));
            return true;
        });
        std::ranges::stable_sort(found, [](const auto& a, const auto& b) { return b.created_on < a.created_on; });
        if (options.limit && found.size() > *options.limit) found.resize(*options.limit);
        return found;
    }

    /// Hands documents over in order of their names while further ones are read.
    void search(std::string_view pathspec, const std::function<bool(const model_reference&)>& visitor,
                const damage_handler& on_damage, const std::stop_token& stop = {}) const {
        visit({.pathspec = std::string(pathspec), .on_damage = on_damage, .stop = stop}, visitor);
    }

    std::vector<stored_file> files_of(const model_reference& model) const {
        return list_files(storage_, documented(model), limits_);
    }

    verification verify(const reference& which, const verify_options& options = {}) const {
        metaflow::parse_model_key(which.key());
        return verify_tree(
            storage_, [&] { return documented(resolve(which, options.stop)); }, limits_, options);
    }

    /// False where nothing was there.
    bool remove(const reference& which, const std::stop_token& stop = {}) const {
        return remove_model(storage_, which, limits_, stop);
    }

private:
    template <class Visit>
    void visit(const model_list_options& options, Visit visitor) const {
        metaflow::check_search_path(options.pathspec);
        check_attempt_filter(options.attempt);
        std::vector<object_info> documents;
        const auto take = [&](const object_key& key) {
            const auto where = metaflow::parse_model_task_document_key(key.str());
            if (where && is_wanted(*where, options)) documents.push_back({.key = key});
            return true;
        };
        list_keys(storage_, metaflow::model_documents_prefix(options.pathspec), take, options.stop);
        detail::read_documents<model_reference>(storage_, documents, limits_, options.on_damage, visitor, options.stop);
    }

    static bool is_wanted(const metaflow::model_task_document_location& where, const model_list_options& options) {
        return (!options.attempt || where.attempt == *options.attempt) &&
               (!options.label || metaflow::label_of_model_id(where.model_id) == *options.label);
    }

    Storage storage_;
    transfer_limits limits_;
};

}  // namespace holdfast

#endif
