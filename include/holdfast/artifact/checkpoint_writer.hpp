#ifndef HOLDFAST_ARTIFACT_CHECKPOINT_WRITER_HPP
#define HOLDFAST_ARTIFACT_CHECKPOINT_WRITER_HPP

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/archive/file_tree.hpp>
#include <holdfast/archive/format.hpp>
#include <holdfast/artifact/documents.hpp>
#include <holdfast/artifact/latest.hpp>
#include <holdfast/artifact/new_document.hpp>
#include <holdfast/artifact/options.hpp>
#include <holdfast/artifact/store_tree.hpp>
#include <holdfast/artifact/versions.hpp>
#include <holdfast/core/clock.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/metaflow/document.hpp>
#include <holdfast/metaflow/identity.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/metaflow/task_context.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

namespace holdfast {

/// Writes the checkpoints of one task: claims a version, stores data and manifest, commits the documents, moves
/// `latest`; in this order.
template <storage_backend Storage>
class checkpoint_writer {
public:
    /// @param context resolved
    checkpoint_writer(Storage storage, task_context context, transfer_limits limits, clock_function clock)
        : storage_(storage),
          context_(context),
          limits_(limits),
          clock_(std::move(clock)),
          versions_(std::move(storage), std::move(context)) {}

    /// @param parent the key of the checkpoint that this state came from; empty for none
    template <archive_format Archive>
    checkpoint_reference save(const std::filesystem::path& path, const save_options& options,
                              const std::string& parent) {
        metaflow::check_checkpoint_name(options.name);
        return save<Archive>(scan_tree(path, options.symlinks.value_or(Archive::default_symlinks)), options, parent);
    }

    template <archive_format Archive>
    checkpoint_reference save(const file_tree& tree, const save_options& options, const std::string& parent) {
        metaflow::check_checkpoint_name(options.name);
        const auto where = location(options.name, versions_.claim(options.name));
        auto reference = describe(where, Archive::storage_format);
        try {
            const auto stored =
                store_tree<Archive>(storage_, metaflow::data_key(where), tree, options.digest, limits_, options.stop);
            reference.size = stored.size;
            const auto manifest = detail::store_manifest(storage_, metaflow::manifest_key(where), stored.contents);
            metaflow::write_document(reference, options.metadata, context_.attempt_is_text, manifest, parent);
            commit(where, reference, options.stop);
        } catch (...) {
            withdraw(where, reference.text);
            throw;
        }
        if (options.latest) move_latest(where, reference);
        return reference;
    }

    object_key key_of(std::string_view name, std::optional<std::uint64_t> version) {
        metaflow::check_checkpoint_name(name);
        return metaflow::data_key(location(std::string(name), version ? *version : versions_.peek()));
    }

private:
    metaflow::checkpoint_location location(std::string name, std::uint64_t version) const {
        return {metaflow::folder_of(context_),
                {metaflow::pathspec_hash(context_.pathspec()), context_.attempt, std::move(name), version}};
    }

    checkpoint_reference describe(const metaflow::checkpoint_location& where, std::string_view storage_format) const {
        checkpoint_reference reference;
        detail::describe_new(reference, metaflow::data_key(where), storage_.url(), context_, storage_format, clock_);
        reference.pathspec_hash = where.id.pathspec_hash;
        reference.name = where.id.name;
        reference.version = where.id.version;
        return reference;
    }

    object_key task_document(const metaflow::checkpoint_location& where) const {
        return metaflow::task_document_key(where.folder.root_prefix, context_.pathspec(), where.id);
    }

    /// From the second document on, Python and C++ list the checkpoint.
    void commit(const metaflow::checkpoint_location& where, const checkpoint_reference& reference,
                std::stop_token stop) {
        if (stop.stop_requested()) throw error(errc::cancelled, "save", reference.key, "the caller asked to stop");
        const auto text = reference.to_json();
        const auto document = metaflow::artifact_document_key(where);
        detail::check_readable(document, text.size(), detail::document_limit);
        put_document(document, text);
        put_document(task_document(where), text);
    }

    /// Python claims no version, so it may have saved under this key meanwhile.
    void put_document(const object_key& key, const std::string& text) const {
        if (put_if_absent(storage_, key, byte_source::from_text(text)) || holds(key, text)) return;
        throw error(errc::precondition_failed, "save", key.str(),
                    "another program saved a checkpoint of this name and version meanwhile, and it stays; save again");
    }

    bool holds(const object_key& key, const std::string& text) const {
        return detail::find_document_text(storage_, key, {}) == text;
    }

    void move_latest(const metaflow::checkpoint_location& where, const checkpoint_reference& reference) {
        try {
            detail::advance_latest(storage_, metaflow::artifact_latest_key(where.folder), reference);
            detail::advance_latest(storage_, metaflow::task_latest_key(where.folder.root_prefix, context_.pathspec()),
                                   reference);
        } catch (const error& failed) {
            throw error(failed.kind(), "save", reference.key,
                        "it is saved and listed, but `latest` could not be moved to it: " + failed.message());
        }
    }

    /// Takes back what a failed save left; what cannot be removed is invisible and its version is never reused. What
    /// another program saved under the key stays.
    /// @param text of the documents; empty where none was put
    void withdraw(const metaflow::checkpoint_location& where, const std::string& text) noexcept {
        try {
            bool is_free = true;
            for (const auto& document : {task_document(where), metaflow::artifact_document_key(where)}) {
                const auto found = detail::find_document_text(storage_, document, {});
                const bool is_own = found && !text.empty() && *found == text;
                if (is_own) storage_.remove(document);
                is_free = is_free && (!found || is_own);
            }
            if (is_free) remove_prefix(storage_, metaflow::data_key(where), limits_);
            storage_.remove(metaflow::manifest_key(where));
        } catch (...) {
            return;  // the error that made the save fail is the one to tell
        }
    }

    Storage storage_;
    task_context context_;
    transfer_limits limits_;
    clock_function clock_;
    detail::version_counter<Storage> versions_;
};

}  // namespace holdfast

#endif
