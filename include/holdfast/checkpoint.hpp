#ifndef HOLDFAST_CHECKPOINT_HPP
#define HOLDFAST_CHECKPOINT_HPP

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/archive/file_tree.hpp>
#include <holdfast/archive/files.hpp>
#include <holdfast/archive/format.hpp>
#include <holdfast/archive/named_file.hpp>
#include <holdfast/artifact/checkpoint_reader.hpp>
#include <holdfast/artifact/checkpoint_writer.hpp>
#include <holdfast/artifact/options.hpp>
#include <holdfast/artifact/restoring.hpp>
#include <holdfast/artifact/saved_files.hpp>
#include <holdfast/artifact/verification.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/metaflow/document.hpp>
#include <holdfast/metaflow/task_context.hpp>
#include <holdfast/reference.hpp>
#include <holdfast/storage/backend.hpp>

namespace holdfast {

/// What a restore brought back.
class restored {
public:
    restored(std::filesystem::path directory, checkpoint_reference info, std::vector<skipped_checkpoint> skipped)
        : directory_(std::move(directory)), info_(std::move(info)), skipped_(std::move(skipped)) {}

    /// Where the files are; the checkpoint's own directory lives as long as the checkpoint.
    const std::filesystem::path& directory() const noexcept { return directory_; }
    const checkpoint_reference& info() const noexcept { return info_; }

    /// The newer ones that were damaged, and why.
    std::span<const skipped_checkpoint> skipped() const noexcept { return skipped_; }

private:
    std::filesystem::path directory_;
    checkpoint_reference info_;
    std::vector<skipped_checkpoint> skipped_;
};

/// Saves and restores the state of a task, in the layout that Python's metaflow-checkpoint reads and writes.
///
/// Thread safety: one object is used by one thread at a time; any number of objects, in any number of processes,
/// may work on one store and one task.
/// Wire: `Checkpoint` and `current.checkpoint` of metaflow-checkpoint.
/// `Storage` models `storage_backend`, `Archive` models `archive_format`.
template <class Storage, class Archive = files>
class checkpoint {
    static_assert(require_storage_backend<Storage>() && require_archive_format<Archive>());

public:
    /// Errors: as `task_context::resolved`.
    checkpoint(Storage storage, task_context context, checkpoint_options options = {})
        : context_(context.resolved(options.surroundings)),
          options_(std::move(options)),
          reader_(storage, options_.limits),
          writer_(std::in_place, std::move(storage), *context_, options_.limits, options_.clock) {
        if (options_.init_dir) refresh_directory();
    }

    /// Outside any task: `list` with a task, `search`, `load`, `show`, `verify` and `remove` work; the others fail
    /// with `not_in_task`.
    explicit checkpoint(Storage storage, checkpoint_options options = {})
        : options_(std::move(options)), reader_(std::move(storage), options_.limits) {
        if (options_.init_dir) refresh_directory();
    }

    /// Saves a file, or what a directory holds.
    ///
    /// Effects: the data first, then the documents, then `latest`; before the documents stand no reader sees
    /// anything, and a version number that was given once is never given again. After an error nothing is visible,
    /// except where only `latest` could not be moved; the message says so.
    /// Errors: `invalid_argument` for a bad name; `not_found`, `access_denied` and `unsafe_path` for the path;
    /// `precondition_failed` where a file changed meanwhile; `no_space`, `cancelled`; those of the storage.
    checkpoint_reference save(const std::filesystem::path& path, const save_options& options = {}) {
        return writer().template save<Archive>(path, options, loaded_ ? loaded_->key : std::string{});
    }

    /// Saves what is not on disk: `tree_of` makes the tree of buffers in memory and of generators.
    checkpoint_reference save(const file_tree& tree, const save_options& options = {}) {
        return writer().template save<Archive>(tree, options, loaded_ ? loaded_->key : std::string{});
    }

    /// Saves `directory()`. Errors: `invalid_argument` where there is none.
    checkpoint_reference save(const save_options& options = {}) {
        if (!directory_) {
            throw error(errc::invalid_argument, "save", "",
                        "there is no directory() yet; give a path, or set init_dir");
        }
        return save(directory_->path(), options);
    }

    /// Brings back where an earlier attempt stopped; nothing where there is nothing to restore.
    ///
    /// Effects: verifies what it loads; where the newest is damaged it steps back and says so in `skipped()`. Without
    /// `options.directory` what is found takes the place of what `directory()` holds.
    /// Errors: `corrupt` where checkpoints are there and every one is damaged; those of `load`, of which those that say
    /// something of the directory end the search.
    std::optional<restored> restore(load_policy policy = load_policy::fresh, const restore_options& options = {}) {
        if (policy == load_policy::none) return std::nullopt;
        restore_options chosen = options;
        if (!options.directory) chosen.load = detail::without_resume(options.load);
        restoring<Storage> search{reader_, context(), std::move(chosen)};
        const auto run = [&](const std::filesystem::path& path) { return search.run(policy, path); };
        auto found = options.directory ? run(*options.directory) : into_own(run);
        if (!found) return std::nullopt;
        loaded_ = *found;
        return restored{options.directory ? *options.directory : own_directory(), std::move(*found), search.skipped()};
    }

    /// Loads a checkpoint into a directory, which is made where it is missing and keeps its other entries.
    ///
    /// Effects: all or nothing.
    /// Errors: `key_not_compatible`, `incompatible_type`, `not_found`, `corrupt`, `too_large`, `unsafe_path`;
    /// `invalid_argument` for a directory that cannot be made or reached; `precondition_failed` where a mount, a file
    /// or a directory in it is in the way.
    fetched_tree load(const reference& which, const std::filesystem::path& directory,
                      const load_options& options = {}) {
        auto document = reader_.resolve(which, options.stop);
        auto fetched = reader_.load(document, directory, options);
        loaded_ = std::move(document);
        return fetched;
    }

    /// Loads into `directory()`. Effects: what it held gives way to what is loaded, and only to that, so that there has
    /// to be room for both.
    fetched_tree load(const reference& which, const load_options& options = {}) {
        auto document = reader_.resolve(which, options.stop);
        auto fetched = into_own([&](const std::filesystem::path& path) {
            return std::optional{reader_.load(document, path, detail::without_resume(options))};
        });
        fetched->directory = own_directory();
        loaded_ = std::move(document);
        return std::move(*fetched);
    }

    /// Looks into a checkpoint, to read its files into memory without unpacking it to disk.
    ///
    /// Effects: as `open_tree`. Errors: as `load`.
    saved_files open(const reference& which, const load_options& options = {}) const {
        return reader_.open(reader_.resolve(which, options.stop), options);
    }

    /// The checkpoints of the context's task, of all its attempts, or of `options.task` those of the latest attempt
    /// that saved any (`search` gives all), newest first by attempt, version and time; with `whole_namespace` newest
    /// first by time. Vanished and damaged documents are passed over.
    /// Errors: `not_in_task` without a task; `invalid_argument`; `cancelled`.
    /// Wire: `Checkpoint.list` of metaflow-checkpoint.
    std::vector<checkpoint_reference> list(const list_options& options = {}) const {
        if (options.whole_namespace && options.task) {
            throw error(errc::invalid_argument, "list", *options.task,
                        "the whole namespace is the context's, not that of a task; ask for one of the two");
        }
        if (options.whole_namespace) return reader_.list_folder(metaflow::folder_of(context()), options);
        return reader_.list_task(options.task ? *options.task : context().pathspec(), options);
    }

    /// Every checkpoint below "", "flow", "flow/run", "flow/run/step" or a task, until `visit` returns false.
    /// Errors: `invalid_argument` for any other text; `cancelled`.
    void search(std::string_view pathspec, const std::function<bool(const checkpoint_reference&)>& visit,
                const damage_handler& on_damage = {}, const std::stop_token& stop = {}) const {
        reader_.search(pathspec, visit, on_damage, stop);
    }

    /// The stored document. Errors: as `load`.
    checkpoint_reference show(const reference& which) const { return reader_.resolve(which); }

    /// The files of a checkpoint; without digests where Python wrote it.
    std::vector<stored_file> files_of(const reference& which) const { return reader_.files_of(reader_.resolve(which)); }

    /// Reads every byte. Errors: only those that say nothing about the checkpoint (`unavailable`, `access_denied`,
    /// `cancelled`).
    verification verify(const reference& which, const verify_options& options = {}) const {
        return reader_.verify(which, options);
    }

    /// Removes a checkpoint and frees its bytes; false where there was none.
    ///
    /// Effects: `latest` moves to the newest one left, then the documents go, then the data, so that nothing broken
    /// is ever listed; a removal that was interrupted or stopped is finished by the next one of the same key.
    /// Errors: `key_not_compatible`, `cancelled`; those of the storage.
    bool remove(const reference& which, const std::stop_token& stop = {}) const { return reader_.remove(which, stop); }

    /// The key that a save under this name would get; without a version, the one that the next save tries first.
    std::string generate_key(std::string_view name = metaflow::default_checkpoint_name,
                             std::optional<std::uint64_t> version = {}) {
        return writer().key_of(name, version).str();
    }

    /// This object's working directory; nothing before one was needed.
    std::optional<std::filesystem::path> directory() const {
        return directory_ ? std::optional{directory_->path()} : std::nullopt;
    }

    bool is_loaded() const noexcept { return loaded_.has_value(); }

    /// What was loaded last.
    const std::optional<checkpoint_reference>& info() const noexcept { return loaded_; }

    /// Removes `directory()`.
    void cleanup() noexcept { directory_.reset(); }

    /// An empty `directory()`.
    void refresh_directory() { directory_.emplace(options_.temp_dir_root, "holdfast-checkpoint"); }

    /// Errors: `not_in_task`.
    const task_context& context() const {
        if (!context_) throw_outside_task();
        return *context_;
    }

private:
    [[noreturn]] static void throw_outside_task() {
        throw error(errc::not_in_task, "checkpoint", "",
                    "this needs a task: give the checkpoint a task_context, or run inside a Metaflow task, where "
                    "METAFLOW_CHECKPOINT_UID says which one it is");
    }

    checkpoint_writer<Storage>& writer() {
        if (!writer_) throw_outside_task();
        return *writer_;
    }

    std::filesystem::path own_directory() {
        if (!directory_) refresh_directory();
        return directory_->path();
    }

    /// Returns what `load` returns, an optional. What was in `directory()` gives way to what it brings to the path that
    /// it is given, and only to that; the directory's path stays.
    template <class Load>
    auto into_own(Load load) {
        const auto own = own_directory();
        detail::temp_directory loaded{own.parent_path(), "holdfast-load"};
        auto found = load(loaded.path());
        if (!found) return found;
        detail::remove_tree(own);
        detail::rename_path(loaded.path(), own, false);
        loaded.release();
        return found;
    }

    std::optional<task_context> context_;
    checkpoint_options options_;
    checkpoint_reader<Storage> reader_;
    std::optional<checkpoint_writer<Storage>> writer_;
    std::optional<detail::temp_directory> directory_;
    std::optional<checkpoint_reference> loaded_;
};

}  // namespace holdfast

#endif
