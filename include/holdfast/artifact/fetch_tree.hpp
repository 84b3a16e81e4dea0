#ifndef HOLDFAST_ARTIFACT_FETCH_TREE_HPP
#define HOLDFAST_ARTIFACT_FETCH_TREE_HPP

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include <holdfast/artifact/fetch_tar.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/artifact/saved_tree.hpp>
#include <holdfast/artifact/staged_directory.hpp>
#include <holdfast/artifact/tree_check.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/crc32c.hpp>
#include <holdfast/detail/parallel.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>
#include <holdfast/storage/resumed_transfer.hpp>

namespace holdfast {

namespace detail {

/// For a directory of a random name, which no later load can name.
inline load_options without_resume(load_options options) {
    options.resume = false;
    return options;
}

/// Whether anything is stored at or below a saved tree's key.
template <storage_backend Storage>
bool has_data(const Storage& storage, const object_key& key) {
    if (storage.head(key)) return true;
    bool found = false;
    storage.list(key.str(), [&](const object_info&) { return !(found = true); });
    return found;
}

/// The files of a tree that is stored as one object each, by its manifest, else by listing them.
/// Errors: `not_found` where there is none and nothing says that it is empty.
template <storage_backend Storage>
std::vector<stored_file> files_below(const Storage& storage, const saved_tree& tree, const std::stop_token& stop) {
    if (tree.contents) return tree.contents->files;
    std::vector<stored_file> found;
    const auto base = tree.key.str().size() + 1;
    const auto take = [&](const object_info& object) {
        found.push_back({object.key.str().substr(base), object.size, {}, 0644});
        return true;
    };
    list_objects(storage, tree.key.str(), take, stop);
    if (found.empty() && tree.size != std::uint64_t{0}) throw_missing_data(tree.key.str());
    return found;
}

/// Returns what `read` returns; a file of a manifest that the store lacks, or has longer, is damage, unless all of the
/// tree is gone.
template <storage_backend Storage, class Read>
auto say_what_is_missing(const Storage& storage, const saved_tree& tree, const stored_file& file, Read read) {
    try {
        return read();
    } catch (const error& failed) {
        if (failed.kind() == errc::too_large && tree.contents) throw_longer_file(tree.key.str(), file);
        if (failed.kind() != errc::not_found || !tree.contents) throw;
        if (!has_data(storage, tree.key)) throw_missing_data(tree.key.str());
        throw_missing_file(tree.key.str(), file.path);
    }
}

/// The permission bits that a new file gets in a directory that was just made with mode 0777.
inline std::uint32_t new_file_mode(const std::filesystem::path& new_directory) {
    return status_of(new_directory, true).mode & 0666U;
}

/// Leaves out what `huggingface_hub` notes of its own downloads, which Python stores with a hub entry.
inline void leave_out_bookkeeping(const object_key& key, std::vector<stored_file>& files) {
    if (!key.is_below(metaflow::hub_prefix)) return;
    std::erase_if(files, [](const stored_file& file) { return file.path.starts_with(".cache/huggingface/"); });
}

/// The files that a load brings, by the manifest or by listing them; sorted by path.
/// Errors: as `files_below`; `corrupt` where `verify` is set and their size is not that of the document.
template <storage_backend Storage>
std::vector<stored_file> files_to_load(const Storage& storage, const saved_tree& tree, bool verify,
                                       const std::stop_token& stop = {}) {
    auto files = files_below(storage, tree, stop);
    if (verify && !tree.contents) check_size(tree.key.str(), tree.size, check_totals(tree.key.str(), files, {}));
    leave_out_bookkeeping(tree.key, files);
    const auto path = &stored_file::path;
    if (!std::ranges::is_sorted(files, {}, path)) std::ranges::sort(files, {}, path);  // those of a manifest mostly are
    return files;
}

/// Whether an earlier load brought a file whole, as far as its digest can tell.
inline bool has_arrived(const saved_tree& tree, const stored_file& file, const std::filesystem::path& target) {
    if (!tree.contents || tree.contents->digest == digest_kind::none) return false;
    std::error_code absent;
    const auto size = std::filesystem::file_size(target, absent);
    if (absent || size != file.size) return false;
    return digest_of(byte_source::from_file(target), tree.contents->digest) == file.digest;
}

/// How much of a stored file is asked for: one byte more than was saved shows that it is another one.
inline std::uint64_t most_bytes(const saved_tree& tree, const stored_file& file) {
    return tree.contents ? file.size + std::min<std::uint64_t>(1, UINT64_MAX - file.size) : UINT64_MAX;
}

template <storage_backend Storage>
void fetch_one(const Storage& storage, const saved_tree& tree, const stored_file& file, const staged_directory& staged,
               const load_options& options, const transfer_limits& limits, arrived_ranges& arrived) {
    const auto target = staged.path() / file.path;
    const auto kind = options.verify && tree.contents ? tree.contents->digest : digest_kind::none;
    const auto key = tree.key / file.path;
    const get_options how{.range = {0, most_bytes(tree, file)}, .stop = options.stop};
    const auto bring = [&] {
        return resume_file(storage, key, target, arrived, how, limits, kind == digest_kind::crc32c);
    };
    const auto got = say_what_is_missing(storage, tree, file, [&] { return name_what_vanished(staged, bring); });
    if (!options.verify) return;
    check_file(tree.key.str(), file, got.size, got.crc32c, kind,
               [&] { return digest_of(byte_source::from_file(target), kind); });
}

/// What is to be loaded, in a text that no other tree has: a tree that changed since is another one.
template <storage_backend Storage>
std::string name_of_content(const Storage& storage, const saved_tree& tree, const std::vector<stored_file>& files) {
    std::uint32_t sum = 0;
    const auto add = [&](const std::string& text) { sum = crc32c(sum, std::as_bytes(std::span(text))); };
    for (const auto& file : files) {
        add(file.path);
        add('/' + std::to_string(file.size) + '/' + file.digest + '/');
    }
    return storage.url().str() + '\n' + tree.key.str() + '\n' + std::to_string(sum);
}

/// Brings a file into a tree that an earlier load may have left unfinished; its mode is the caller's to set.
template <storage_backend Storage>
void resume_one(const Storage& storage, const saved_tree& tree, const stored_file& file, const staged_directory& staged,
                const load_options& options, const transfer_limits& limits, arrived_ranges& arrived) {
    constexpr std::uint32_t owner_only = 0600;
    const auto target = staged.path() / file.path;
    if (is_there(target)) set_path_mode(target, owner_only);
    if (arrived.find(tree.key / file.path) || !has_arrived(tree, file, target)) {
        fetch_one(storage, tree, file, staged, options, limits, arrived);
    }
}

/// @param staged made with mode 0777, or else files may keep the mode that they get
template <storage_backend Storage>
void fetch_files(const Storage& storage, const saved_tree& tree, const std::vector<stored_file>& files,
                 const staged_directory& staged, const load_options& options, const transfer_limits& limits) {
    const auto& directory = staged.path();
    arrived_ranges arrived(staged.notes());
    make_tree_directories(directory, tree.contents ? tree.contents->directories : std::vector<std::string>{}, files);
    const std::uint32_t given_mode = new_file_mode(directory);
    const auto reader = reading_below(storage, tree.key.str());
    parallel_for_apart(
        files.size(), limits.connections,
        [&](std::size_t i) {
            const std::uint32_t mode = tree.contents ? files[i].mode : given_mode;
            if (staged.is_resumed()) {
                resume_one(reader, tree, files[i], staged, options, limits, arrived);
            } else {
                fetch_one(reader, tree, files[i], staged, options, limits, arrived);
            }
            if (staged.is_resumed() || mode != given_mode) set_path_mode(directory / files[i].path, mode);
        },
        options.stop);
}

/// Keeps what has arrived where the failure may pass.
template <storage_backend Storage>
fetched_tree load_files(const Storage& storage, const saved_tree& tree, const std::filesystem::path& directory,
                        const load_options& options, const transfer_limits& limits) {
    const auto files = files_to_load(storage, tree, options.verify, options.stop);
    const auto total = check_totals(tree.key.str(), files, options.limits);
    staged_directory staged{directory, options.resume ? name_of_content(storage, tree, files) : std::string()};
    try {
        name_what_vanished(staged, [&] { fetch_files(storage, tree, files, staged, options, limits); });
        staged.commit();
    } catch (const error& failed) {
        if (may_pass(failed)) staged.keep();
        throw;
    }
    return {directory, files.size(), total};
}

}  // namespace detail

/// Loads a saved tree into a directory, which keeps its other entries; it is created where it is missing.
///
/// Effects: all or nothing: the tree is built beside the directory and moved there when it is whole and verified.
/// Where the store is lost meanwhile, the caller stops it or the process is killed, what has arrived stays in
/// `.holdfast-load-<name of the directory>` beside it: the next load of the same tree into the same directory goes on
/// with it, checked anew, and the next load of another removes it. Of a tar this holds for large members only, and not
/// where it is compressed.
/// Errors: `corrupt` where a file is missing, longer, shorter or other than what was saved; `not_found` where no
/// data is there at all; `too_large`, `unsafe_path`, `unsupported`; those of the storage and the file system.
template <storage_backend Storage>
fetched_tree fetch_tree(const Storage& storage, const saved_tree& tree, const std::filesystem::path& directory,
                        const load_options& options, const transfer_limits& limits) {
    if (tree.storage_format == "files") return detail::load_files(storage, tree, directory, options, limits);
    if (tree.storage_format == "tar") return detail::load_tar(storage, tree, directory, options, limits);
    detail::throw_unknown_format(tree.key.str(), tree.storage_format);
}

}  // namespace holdfast

#endif
