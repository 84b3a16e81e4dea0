#ifndef HOLDFAST_MODEL_HPP
#define HOLDFAST_MODEL_HPP

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/archive/file_tree.hpp>
#include <holdfast/archive/format.hpp>
#include <holdfast/archive/named_file.hpp>
#include <holdfast/archive/tar.hpp>
#include <holdfast/artifact/any_artifact.hpp>
#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/artifact/loaded_models.hpp>
#include <holdfast/artifact/model_options.hpp>
#include <holdfast/artifact/model_reader.hpp>
#include <holdfast/artifact/model_writer.hpp>
#include <holdfast/artifact/open_tree.hpp>
#include <holdfast/artifact/saved_files.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/metaflow/model_document.hpp>
#include <holdfast/metaflow/task_context.hpp>
#include <holdfast/reference.hpp>
#include <holdfast/storage/backend.hpp>

namespace holdfast {

/// Saves, loads, lists and removes models, in the layout that Python's metaflow-checkpoint reads and writes.
///
/// Thread safety: one object is used by one thread at a time; any number of objects, in any number of processes, may
/// work on one store.
/// Wire: `@model` and `current.model` of metaflow-checkpoint.
/// `Storage` models `storage_backend`, `Archive` models `archive_format`.
template <class Storage, class Archive = tar>
class model {
    static_assert(require_storage_backend<Storage>() && require_archive_format<Archive>());

public:
    /// Effects: loads `options.load`. Errors: as `task_context::resolved`, and as `load`.
    model(Storage storage, task_context context, model_options options = {})
        : context_(context.resolved(options.surroundings)),
          options_(std::move(options)),
          storage_(storage),
          writer_(std::in_place, std::move(storage), *context_, options_.limits, options_.clock) {
        load_wanted();
    }

    /// Outside any task: all but `save` work, which fails with `not_in_task`.
    explicit model(Storage storage, model_options options = {})
        : options_(std::move(options)), storage_(std::move(storage)) {
        load_wanted();
    }

    /// Saves a file, or what a directory holds.
    ///
    /// Effects: the data first, then the documents; before they stand no reader sees anything, and after an error
    /// nothing is visible.
    /// Errors: `invalid_argument` for a bad label; `not_found`, `access_denied` and `unsafe_path` for the path;
    /// `precondition_failed` where a file changed meanwhile; `no_space`, `cancelled`; those of the storage.
    model_reference save(const std::filesystem::path& path, const model_save_options& options = {}) const {
        const auto& writer = this->writer();
        return writer.template save<Archive>(scan_tree(path, options.symlinks.value_or(Archive::default_symlinks)),
                                             options);
    }

    /// Saves what is not on disk: `tree_of` makes the tree of buffers in memory and of generators.
    model_reference save(const file_tree& tree, const model_save_options& options = {}) const {
        return writer().template save<Archive>(tree, options);
    }

    /// Loads a model, checkpoint or hub entry, and keeps it in `loaded()` under its key.
    ///
    /// Effects: all or nothing. The directory is made where it is missing and keeps its other entries; without one
    /// it is a temporary one, which lives as long as this object, or until the same key is loaded again or
    /// `loaded().cleanup(key)` is called.
    /// Errors: as `load_model`.
    /// @return where its files are
    std::filesystem::path load(const reference& which,
                               const std::optional<std::filesystem::path>& directory = std::nullopt,
                               const load_options& options = {}) {
        return load_as(which.key(), which, directory, options);
    }

    /// Looks into a model, checkpoint or hub entry, to read its files into memory without unpacking it to disk.
    ///
    /// Effects: as `open_tree`. Errors: as `load_model`.
    saved_files open(const reference& which, const load_options& options = {}) const {
        const auto tree = documented(resolve_artifact(storage_, which, options_.limits, options.stop));
        return open_tree(storage_, read_saved_tree(storage_, tree, options.verify, options.stop), options,
                         options_.limits);
    }

    const loaded_models& loaded() const noexcept { return loaded_; }
    loaded_models& loaded() noexcept { return loaded_; }

    /// The models of the store, newest first by time. Vanished and damaged documents are passed over.
    /// Errors: `invalid_argument`, `cancelled`.
    std::vector<model_reference> list(const model_list_options& options = {}) const { return reader().list(options); }

    /// Every model below "", "flow", "flow/run", "flow/run/step" or a task, in no order of time, while further
    /// documents are read, until `visit` returns false.
    /// Errors: `invalid_argument` for any other text; `cancelled`.
    void search(std::string_view pathspec, const std::function<bool(const model_reference&)>& visit,
                const damage_handler& on_damage = {}, const std::stop_token& stop = {}) const {
        reader().search(pathspec, visit, on_damage, stop);
    }

    /// The stored document; nothing where there is no such model. Errors: `key_not_compatible`, `corrupt`.
    std::optional<model_reference> find(const reference& which) const {
        try {
            return reader().resolve(which);
        } catch (const error& failed) {
            if (failed.kind() != errc::not_found) throw;
            return std::nullopt;
        }
    }

    /// The stored document. Errors: as `find`, and `not_found`.
    model_reference show(const reference& which) const { return reader().resolve(which); }

    /// The files of a model; without digests where Python wrote it.
    std::vector<stored_file> files_of(const reference& which) const { return reader().files_of(show(which)); }

    /// Reads every byte. Errors: only those that say nothing about the model (`unavailable`, `access_denied`,
    /// `cancelled`).
    verification verify(const reference& which, const verify_options& options = {}) const {
        return reader().verify(which, options);
    }

    /// Removes a model and frees its bytes; false where there was none.
    ///
    /// Effects: the documents go before the data; a removal that was interrupted or stopped is finished by the next
    /// one. Errors: `key_not_compatible`, `cancelled`; those of the storage.
    bool remove(const reference& which, const std::stop_token& stop = {}) const { return reader().remove(which, stop); }

    /// Errors: `not_in_task`.
    const task_context& context() const {
        if (!context_) throw_outside_task();
        return *context_;
    }

private:
    [[noreturn]] static void throw_outside_task() {
        throw error(errc::not_in_task, "save", "",
                    "to save a model needs a task: give the model a task_context, or run inside a Metaflow task, "
                    "where METAFLOW_CHECKPOINT_UID says which one it is");
    }

    const model_writer<Storage>& writer() const {
        if (!writer_) throw_outside_task();
        return *writer_;
    }

    model_reader<Storage> reader() const { return {storage_, options_.limits}; }

    void load_wanted() {
        for (const auto& wanted : options_.load) {
            const bool are_several = wanted.references.size() > 1;
            for (std::size_t i = 0; i < wanted.references.size(); ++i) {
                const auto index = std::to_string(i);
                const auto& which = wanted.references[i];
                auto directory = wanted.directory;
                if (are_several && directory) *directory /= index;
                load_one(are_several && !wanted.name.empty() ? wanted.name + "/" + index : wanted.name, which,
                         directory);
            }
        }
    }

    /// @param name empty for the key
    void load_one(const std::string& name, const reference& which,
                  const std::optional<std::filesystem::path>& directory) {
        try {
            load_as(name.empty() ? which.key() : name, which, directory, {});
        } catch (const error& failed) {
            if (!options_.best_effort) throw;
            loaded_.insert_failure({name, failed});
        }
    }

    std::filesystem::path load_as(const std::string& name, const reference& which,
                                  const std::optional<std::filesystem::path>& directory, const load_options& options) {
        auto document = resolve_artifact(storage_, which, options_.limits, options.stop);
        std::optional<detail::temp_directory> own;
        if (!directory) own.emplace(options_.temp_dir_root, "holdfast-model");
        const auto target = directory ? *directory : own->path();
        load_artifact(storage_, document, target, directory ? options : detail::without_resume(options),
                      options_.limits);
        loaded_.insert({name, target, std::move(document)}, std::move(own));
        return target;
    }

    std::optional<task_context> context_;
    model_options options_;
    Storage storage_;
    std::optional<model_writer<Storage>> writer_;
    loaded_models loaded_;
};

}  // namespace holdfast

#endif
