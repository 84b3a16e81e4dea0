#ifndef HOLDFAST_ARTIFACT_CHECKPOINT_READER_HPP
#define HOLDFAST_ARTIFACT_CHECKPOINT_READER_HPP

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/artifact/documented_tree.hpp>
#include <holdfast/artifact/documents.hpp>
#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/artifact/latest.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/artifact/open_tree.hpp>
#include <holdfast/artifact/options.hpp>
#include <holdfast/artifact/removal.hpp>
#include <holdfast/artifact/saved_files.hpp>
#include <holdfast/artifact/verification.hpp>
#include <holdfast/artifact/verify_tree.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/metaflow/document.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/reference.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

namespace holdfast {

/// Everything that needs a checkpoint's name and no task: resolves, loads, lists, verifies and removes.
template <storage_backend Storage>
class checkpoint_reader {
public:
    checkpoint_reader(Storage storage, transfer_limits limits) : storage_(std::move(storage)), limits_(limits) {}

    /// The document of a reference: read from the store for a key, taken as it is otherwise.
    /// Errors: `key_not_compatible`, `incompatible_type`, `not_found`, `corrupt`, `cancelled`.
    checkpoint_reference resolve(const reference& which, const std::stop_token& stop = {}) const {
        if (!which.is_key()) {
            auto given = which.as_checkpoint();
            metaflow::parse_checkpoint_key(given.key);
            return given;
        }
        const auto where = metaflow::parse_checkpoint_key(which.key());
        const auto key = metaflow::artifact_document_key(where);
        auto text = detail::find_document_text(storage_, key, stop);
        if (!text) {
            throw error(errc::not_found, "load", which.key(),
                        "no checkpoint has this key in this store; it was removed, or the store is another");
        }
        auto document = detail::parse_stored_document<checkpoint_reference>(std::move(*text), key.str());
        if (document.key != which.key()) {
            throw error(errc::corrupt, "load", key.str(),
                        "the document is that of another checkpoint: " + document.key);
        }
        return document;
    }

    fetched_tree load(const checkpoint_reference& document, const std::filesystem::path& directory,
                      const load_options& options) const {
        return fetch_tree(storage_, read_saved_tree(storage_, documented(document), options.verify, options.stop),
                          directory, options, limits_);
    }

    saved_files open(const checkpoint_reference& document, const load_options& options) const {
        return open_tree(storage_, read_saved_tree(storage_, documented(document), options.verify, options.stop),
                         options, limits_);
    }

    std::vector<checkpoint_reference> list_task(std::string_view pathspec, const list_options& options) const {
        const auto where = task_context::from_pathspec(pathspec).pathspec();
        auto documents = task_documents(where, options.stop);
        if (options.task && !options.attempt) detail::keep_latest_attempt(documents);
        auto found = collect(std::move(documents), options, options.limit);
        sort_newest_first(found);
        cut(found, options.limit);
        return found;
    }

    /// By time, so that a limit has to read every document of the folder.
    std::vector<checkpoint_reference> list_folder(const metaflow::artifact_folder& folder,
                                                  const list_options& options) const {
        auto found = collect(folder_documents(folder, options.stop), options, std::nullopt);
        sort_latest_created_first(found);
        cut(found, options.limit);
        return found;
    }

    /// Hands documents over in order of their names while further ones are read.
    /// @param root `metaflow::hub_prefix` for hub entries
    void search(std::string_view pathspec, const std::function<bool(const checkpoint_reference&)>& visit,
                const damage_handler& on_damage, const std::stop_token& stop = {},
                std::string_view root = metaflow::checkpoints_prefix) const {
        metaflow::check_search_path(pathspec);
        detail::read_documents<checkpoint_reference>(storage_, task_documents(pathspec, stop, root), limits_, on_damage,
                                                     visit, stop);
    }

    bool is_documented(const checkpoint_reference& document) const { return detail::is_documented(storage_, document); }

    detail::latest_state latest(const object_key& key) const { return detail::read_latest(storage_, key); }

    std::vector<stored_file> files_of(const checkpoint_reference& document) const {
        return list_files(storage_, documented(document), limits_);
    }

    verification verify(const reference& which, const verify_options& options = {}) const {
        metaflow::parse_checkpoint_key(which.key());
        return verify_tree(
            storage_, [&] { return documented(resolve(which, options.stop)); }, limits_, options);
    }

    /// False where nothing was there.
    bool remove(const reference& which, const std::stop_token& stop = {}) const {
        return remove_checkpoint(storage_, which, limits_, stop);
    }

private:
    std::vector<listed_document> task_documents(std::string_view pathspec, const std::stop_token& stop,
                                                std::string_view root = metaflow::checkpoints_prefix) const {
        return detail::list_documents(storage_, metaflow::task_documents_prefix(root, pathspec),
                                      metaflow::parse_task_document_id, stop);
    }

    std::vector<listed_document> folder_documents(const metaflow::artifact_folder& folder,
                                                  const std::stop_token& stop) const {
        return detail::list_documents(storage_, metaflow::artifact_documents_prefix(folder),
                                      metaflow::parse_artifact_document_id, stop);
    }

    std::vector<checkpoint_reference> collect(std::vector<listed_document> documents, const list_options& options,
                                              std::optional<std::size_t> limit) const {
        check_attempt_filter(options.attempt);
        std::erase_if(documents, [&](const listed_document& document) {
            return (options.name && document.id.name != *options.name) ||
                   (options.attempt && document.id.attempt != *options.attempt);
        });
        std::vector<checkpoint_reference> found;
        found.reserve(std::min(documents.size(), limit.value_or(documents.size())));
        const auto keep = [&](checkpoint_reference document) {
            found.push_back(std::move(document));
            return true;
        };
        for (std::size_t begin = 0; begin < documents.size() && (!limit || found.size() < *limit);) {
            const auto end = limit ? detail::end_of_newest(documents, begin + *limit - found.size()) : documents.size();
            const auto part = std::span(documents).subspan(begin, end - begin);
            detail::read_documents<checkpoint_reference>(storage_, part, limits_, options.on_damage, keep,
                                                         options.stop);
            begin = end;
        }
        return found;
    }

    static void cut(std::vector<checkpoint_reference>& found, std::optional<std::size_t> limit) {
        if (limit && found.size() > *limit) found.resize(*limit);
    }

    Storage storage_;
    transfer_limits limits_;
};

}  // namespace holdfast

#endif
