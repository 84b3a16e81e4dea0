#ifndef HOLDFAST_STORAGE_IMPL_LOCAL_IPP
#define HOLDFAST_STORAGE_IMPL_LOCAL_IPP

#include <holdfast/storage/local.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <system_error>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/detail/utf8.hpp>
#include <holdfast/storage/abilities.hpp>
#include <holdfast/storage/local/key_rules.hpp>
#include <holdfast/storage/local/listing.hpp>
#include <holdfast/storage/local/object_reading.hpp>
#include <holdfast/storage/local/staged_object.hpp>
#include <holdfast/storage/local/staged_tree.hpp>

namespace holdfast {

namespace detail {

inline beneath make_private_directory(const beneath& root) {
    return root.make_directories(local_private_directory, 0777);
}

// Puts hold the lock together while they rename; a compare-and-swap holds it alone.
inline file lock_store(const beneath& private_directory, bool shared) {
    return private_directory.lock(local_lock_name, shared);
}

// The object is gone: a directory that cannot be removed is no failure of its removal.
inline void remove_empty_directories(const beneath& root, std::string_view directory) noexcept {
    try {
        while (!directory.empty() && root.remove_directory(directory)) directory = directory_above(directory);
    } catch (const error&) {
        return;
    }
}

// Creates what is missing of a directory's path, so that it survives a loss of power.
inline void make_durable_directories(const std::filesystem::path& path) {
    auto above = path;  // the nearest directory that is there
    while (above.has_relative_path() && !is_there(above)) above = above.parent_path();
    make_directories(path);
    for (auto made = path; made != above; made = made.parent_path()) {
        try {
            sync_directory(made.parent_path());
        } catch (const error& failure) {
            // one that this user may write to and not list can't be opened to sync it
            if (failure.kind() != errc::access_denied || made.parent_path() != above) throw;
        }
    }
}

// Empty where the store has no directory of its own, which only puts make: a full disk has no room for one, and is
// freed by removing. Nobody has swapped anything there, so the lock would keep out no more than the very first swap,
// which may have looked at the object by now, and then writes it although it is removed.
inline file lock_to_remove(const beneath& root) {
    const auto private_directory = root.find_directory(local_private_directory);
    return private_directory ? lock_store(*private_directory, true) : file();
}

// When anything in a directory last changed, in nanoseconds since the Unix epoch.
inline std::int64_t newest_change(const beneath& root, const std::string& path, const file_status& directory) {
    std::int64_t newest = directory.modified_ns;
    std::vector<std::string> pending{path};
    while (!pending.empty()) {
        const std::string current = std::move(pending.back());
        pending.pop_back();
        for (const auto& [name, status] : root.entries(current)) {
            newest = std::max(newest, status.modified_ns);
            if (status.kind == file_kind::directory) pending.push_back(current + '/' + name);
        }
    }
    return newest;
}

}  // namespace detail

HOLDFAST_DECL local_storage::local_storage(const std::filesystem::path& root, const local_options& options)
    : options_(options) {
    if (root.empty()) {
        throw error(errc::invalid_argument, "open store", "", "the root of a local store is empty; name a directory");
    }
    std::error_code failure;
    given_ = std::filesystem::absolute(root, failure).lexically_normal();
    if (!failure && !given_.has_filename()) given_ = given_.parent_path();
    if (!failure) root_ = std::filesystem::weakly_canonical(given_, failure);
    if (failure) throw error::from_errno(failure.value(), "open store", root.string());
    if (!detail::is_utf8(given_.string())) {
        throw error(errc::invalid_argument, "open store", given_.string(),
                    "documents name the store by its path, so that has to be UTF-8; rename the directory");
    }
}

HOLDFAST_DECL store_url local_storage::url() const {
    return {"file", "", given_.generic_string()};
}

HOLDFAST_DECL std::optional<detail::beneath> local_storage::open_root() const {
    try {
        return detail::beneath(root_);
    } catch (const error& failure) {
        if (failure.kind() != errc::not_found) throw;
        return std::nullopt;
    }
}

HOLDFAST_DECL detail::beneath local_storage::make_root() const {
    if (auto root = open_root()) return std::move(*root);
    if (options_.durable) {
        detail::make_durable_directories(root_);
    } else {
        detail::make_directories(root_);
    }
    return detail::beneath(root_);
}

HOLDFAST_DECL void local_storage::sync_above(const detail::beneath& root, const object_key& key) const {
    std::string_view directory = key.str();
    do {
        directory = detail::directory_above(directory);
        root.sync_directory(directory);  // one that is gone was removed after the rename, with the object
    } while (!directory.empty());
}

HOLDFAST_DECL bool local_storage::commit(const detail::beneath& root, const detail::beneath& private_directory,
                                         const std::string& staged, const object_key& key, bool replace) const {
    // a remove at the same time may take away the directory that was just made
    constexpr int tries = 1000;
    for (int i = 1;; ++i) {
        try {
            const auto parent = root.make_directories(key.parent(), 0777);
            if (!private_directory.rename(staged, parent, detail::local_name(key), replace)) return false;
            break;
        } catch (const error& failure) {
            if (failure.kind() == errc::invalid_argument) detail::check_no_conflict(root, key);
            if (failure.kind() != errc::not_found || i == tries) throw;
        }
    }
    if (options_.durable) sync_above(root, key);
    return true;
}

HOLDFAST_DECL std::optional<object_info> local_storage::store(const object_key& key, const put_options& options,
                                                              const commit_rule& rule, const writer& write) const {
    detail::check_local_key("put", key);
    const detail::beneath root = make_root();
    detail::check_no_conflict(root, key);
    const detail::beneath private_directory = detail::make_private_directory(root);
    detail::staged_object staged(private_directory, detail::new_staging_name(), key, options);
    object_info info = detail::write_whole(staged, options_.durable, write);
    const detail::file lock = detail::lock_store(private_directory, rule.etag.empty());
    if (!rule.etag.empty() && !has_etag(key, rule.etag)) return std::nullopt;
    if (!commit(root, private_directory, staged.name(), key, rule.replace)) return std::nullopt;
    staged.taken_over();
    return info;
}

HOLDFAST_DECL bool local_storage::has_etag(const object_key& key, const std::string& etag) const {
    const auto found = head(key);
    return found && found->etag == etag;
}

HOLDFAST_DECL object_info local_storage::put(const object_key& key, const byte_source& source,
                                             const put_options& options) const {
    return *store(key, options, {}, [&](detail::staged_object& staged) { staged.write(source); });
}

HOLDFAST_DECL object_info local_storage::put_stream(const object_key& key, const byte_stream& stream,
                                                    const put_options& options) const {
    return *store(key, options, {}, [&](detail::staged_object& staged) { staged.write(stream); });
}

HOLDFAST_DECL object_info local_storage::get(const object_key& key, byte_sink& sink, const get_options& options) const {
    detail::check_not_stopped(options.stop, "get", key.str());
    detail::check_local_key("get", key);
    const bool is_open = open_ && key.is_below(open_->prefix);
    const auto root = is_open ? std::nullopt : open_root();
    const auto object =
        is_open ? detail::open_local_object(&open_->directory,
                                            std::string_view(key.str()).substr(open_->prefix.size() + 1), "get", key)
                : detail::open_local_object(root ? &*root : nullptr, key.str(), "get", key);
    object_info info = detail::local_object_info(key, object.status);
    if (!options.if_match.empty() && info.etag != options.if_match) {
        throw error(errc::precondition_failed, "get", key.str(), "the object was replaced; look at it again");
    }
    const std::uint64_t offset = std::min(options.range.offset, info.size);
    const std::uint64_t size = std::min(options.range.size, info.size - offset);
    const native_target to = sink.native();
    if (to.file != nullptr && size > detail::local_block) {  // the kernel's copy costs more for a small one
        detail::send_in_kernel(key, object.opened, to, offset, size, options.stop);
    } else {
        detail::send_blocks(key, object.opened, sink, offset, size, options.stop);
    }
    if (!detail::is_unchanged(object.status, object.opened.status())) detail::throw_object_changed(key);
    return info;
}

HOLDFAST_DECL local_storage local_storage::reading_below(std::string_view prefix) const {
    local_storage reader = *this;
    const auto root = object_key::is_key(prefix) ? open_root() : std::nullopt;
    auto directory = root ? root->find_directory(prefix) : std::nullopt;
    if (directory) reader.open_.reset(new open_directory{std::string(prefix), std::move(*directory)});
    return reader;
}

HOLDFAST_DECL std::optional<object_info> local_storage::head(const object_key& key) const {
    detail::check_local_key("head", key);
    const auto root = open_root();
    const auto status = root ? root->status(key.str()) : std::nullopt;
    if (!status || status->kind != detail::file_kind::regular) return std::nullopt;
    return detail::local_object_info(key, *status);
}

HOLDFAST_DECL void local_storage::list(std::string_view prefix, const list_visitor& visit) const {
    list_files(prefix, detail::entry_status::whole, [&](const object_key& key, const detail::file_status& status) {
        return visit(detail::local_object_info(key, status));
    });
}

HOLDFAST_DECL void local_storage::list_keys(std::string_view prefix, const key_visitor& visit) const {
    list_files(prefix, detail::entry_status::kind,
               [&](const object_key& key, const detail::file_status&) { return visit(key); });
}

HOLDFAST_DECL void local_storage::list_files(
    std::string_view prefix, detail::entry_status wanted,
    const std::function<bool(const object_key&, const detail::file_status&)>& visit) const {
    const auto root = open_root();
    const auto below = object_key::parse(prefix);
    const bool is_listable = prefix.empty() || (below && !detail::is_local_private(*below));
    if (root && is_listable) detail::local_listing(*root, wanted, visit).run(prefix);
}

HOLDFAST_DECL void local_storage::remove(const object_key& key) const {
    detail::check_local_key("remove", key);
    const auto root = open_root();
    const auto status = root ? root->status(key.str()) : std::nullopt;
    if (!status || status->kind != detail::file_kind::regular) return;
    const detail::file lock = detail::lock_to_remove(*root);
    root->remove_file(key.str());
    if (options_.durable) root->sync_directory(key.parent());
    detail::remove_empty_directories(*root, key.parent());
}

HOLDFAST_DECL bool local_storage::put_if_absent(const object_key& key, const byte_source& source,
                                                const put_options& options) const {
    if (head(key)) return false;
    const auto write = [&](detail::staged_object& staged) { staged.write(source); };
    return store(key, options, {.replace = false}, write).has_value();
}

HOLDFAST_DECL bool local_storage::put_if_match(const object_key& key, const byte_source& source,
                                               const std::string& etag, const put_options& options) const {
    if (!has_etag(key, etag)) return false;
    const auto write = [&](detail::staged_object& staged) { staged.write(source); };
    return store(key, options, {.etag = etag}, write).has_value();
}

HOLDFAST_DECL object_info local_storage::copy(const object_key& from, const object_key& to) const {
    detail::check_local_key("copy", from);
    const auto root = open_root();
    const auto object = detail::open_local_object(root ? &*root : nullptr, from.str(), "copy", from);
    return *store(to, {}, {}, [&](detail::staged_object& staged) { staged.write(object.opened, object.status); });
}

HOLDFAST_DECL void local_storage::remove_batch(std::span<const object_key> keys) const {
    std::exception_ptr first;
    for (const auto& key : keys) {
        try {
            remove(key);
        } catch (...) {
            if (!first) first = std::current_exception();
        }
    }
    if (first) std::rethrow_exception(first);
}

HOLDFAST_DECL std::vector<stored_object> local_storage::put_batch(const object_key& prefix,
                                                                  std::span<const pending_object> objects,
                                                                  const put_options& options,
                                                                  const transfer_limits& limits) const {
    for (const auto& object : objects) detail::check_local_key("put", prefix / object.path);
    if (!objects.empty() && detail::can_share_directory(objects)) {
        if (auto stored = put_new_directory(prefix, objects, options, limits)) return std::move(*stored);
    }
    const auto put_one = [&](const object_key& key, const pending_object& object) {
        return put(key, object.content, options);
    };
    return detail::put_each(prefix, objects, limits, options.stop, put_one);
}

// Nothing where the prefix exists already.
HOLDFAST_DECL std::optional<std::vector<stored_object>> local_storage::put_new_directory(
    const object_key& prefix, std::span<const pending_object> objects, const put_options& options,
    const transfer_limits& limits) const {
    const detail::beneath root = make_root();
    if (root.status(prefix.str())) return std::nullopt;
    detail::check_no_object_above(root, prefix);
    const detail::beneath private_directory = detail::make_private_directory(root);
    detail::staged_tree staged(private_directory);
    auto stored = staged.put(prefix, objects, options, limits, options_.durable);
    const detail::file lock = detail::lock_store(private_directory, true);
    if (!commit(root, private_directory, staged.name(), prefix, false)) return std::nullopt;
    staged.taken_over();
    return stored;
}

HOLDFAST_DECL std::size_t local_storage::clean_unfinished(std::chrono::seconds age) const {
    const auto root = open_root();
    const auto directory = root ? root->find_directory(detail::local_private_directory) : std::nullopt;
    if (!directory) return 0;
    const auto now = std::chrono::system_clock::now();
    std::size_t removed = 0;
    for (const auto& [name, status] : directory->entries("")) {
        const bool is_tree = status.kind == detail::file_kind::directory;
        if (name == detail::local_lock_name || !(is_tree || status.kind == detail::file_kind::regular)) continue;
        const auto modified = is_tree ? detail::newest_change(*directory, name, status) : status.modified_ns;
        const auto idle = now.time_since_epoch() - std::chrono::nanoseconds(modified);
        if (std::chrono::floor<std::chrono::seconds>(idle) < age) continue;  // an age may overflow nanoseconds
        if (is_tree ? directory->remove_tree(name) : directory->remove_file(name)) ++removed;
    }
    return removed;
}

}  // namespace holdfast

#endif
