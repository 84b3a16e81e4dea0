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
#include <holdfast/detail/io_block.hpp>
#include <holdfast/storage/abilities.hpp>
#include <holdfast/storage/local/listing.hpp>
#include <holdfast/storage/local/staged_object.hpp>
#include <holdfast/storage/local/staged_tree.hpp>

namespace holdfast {

namespace detail {

inline constexpr std::size_t local_max_name = 255;  // bytes; of every file system in use

inline std::string_view local_name(const object_key& key) {
    return std::string_view(key.str()).substr(key.str().rfind('/') + 1);
}

inline bool is_local_private(const object_key& key) {
    return key.str() == local_private_directory || key.is_below(local_private_directory);
}

inline void check_local_key(std::string_view operation, const object_key& key) {
    std::string_view rest = key.str();
    if (is_local_private(key)) {
        throw error(errc::invalid_argument, operation, key.str(),
                    "'.holdfast' is the store's own directory; choose another first part");
    }
    while (!rest.empty()) {
        const std::string_view part = rest.substr(0, rest.find('/'));
        if (part.size() > local_max_name) {
            throw error(errc::invalid_argument, operation, key.str(),
                        "a part of a key on a local store has at most 255 bytes; use shorter names");
        }
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    }
}

// A file system cannot hold "a" and "a/b" both.
inline void check_no_object_above(const beneath& root, const object_key& key) {
    const std::string& text = key.str();
    for (std::size_t slash = text.find('/'); slash != std::string::npos; slash = text.find('/', slash + 1)) {
        const std::string above = text.substr(0, slash);
        const auto found = root.status(above);
        if (!found) return;
        if (found->kind != file_kind::directory) {
            throw error(errc::invalid_argument, "put", text,
                        "'" + above + "' is an object, and a local store has none below an object; use another key");
        }
    }
}

inline void check_no_conflict(const beneath& root, const object_key& key) {
    const auto parent = root.find_directory(key.parent());
    if (!parent) return check_no_object_above(root, key);
    const auto found = parent->status(local_name(key));
    if (found && found->kind != file_kind::regular) {
        throw error(errc::invalid_argument, "put", key.str(),
                    "there are objects below this key, so a local store cannot hold one at it; use another key");
    }
}

[[noreturn]] inline void throw_no_such_object(std::string_view operation, const object_key& key) {
    throw error(errc::not_found, operation, key.str(), "the store has no such object; list what it has");
}

// Opened once, an object is read whole even where it is replaced meanwhile.
struct local_object {
    file opened;
    file_status status;
};

// @param path of the key below `directory`, which is null where it does not exist
inline local_object open_local_object(const beneath* directory, std::string_view path, std::string_view operation,
                                      const object_key& key) {
    auto opened = directory != nullptr ? directory->open_read(path) : std::nullopt;
    if (!opened) throw_no_such_object(operation, key);
    const file_status status = opened->status();
    if (status.kind != file_kind::regular) throw_no_such_object(operation, key);
    return {std::move(*opened), status};
}

// As far as an etag tells.
inline bool is_unchanged(const file_status& before, const file_status& now) {
    return before.inode == now.inode && before.modified_ns == now.modified_ns && before.size == now.size;
}

[[noreturn]] inline void throw_object_changed(const object_key& key) {
    throw error(errc::precondition_failed, "get", key.str(),
                "another program changed the object while it was read; get it again");
}

inline void send_blocks(const object_key& key, const file& from, byte_sink& sink, std::uint64_t offset,
                        std::uint64_t size, const std::stop_token& stop) {
    const io_block block(static_cast<std::size_t>(std::min<std::uint64_t>(size, local_block)));
    while (size > 0) {
        check_not_stopped(stop, "get", key.str());
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, block.size()));
        const std::size_t count = from.read_at(offset, block.bytes().first(wanted));
        if (count == 0) throw_object_changed(key);
        sink.write(offset, block.bytes().first(count));
        offset += count;
        size -= count;
    }
}

inline void send_in_kernel(const object_key& key, const file& from, const native_target& to, std::uint64_t offset,
                           std::uint64_t size, const std::stop_token& stop) {
    while (size > 0) {
        check_not_stopped(stop, "get", key.str());
        const std::uint64_t count = std::min(size, local_kernel_block);
        copy_range(from, offset, *to.file, offset + to.shift, count);
        offset += count;
        size -= count;
    }
}

inline beneath make_private_directory(const beneath& root) {
    return root.make_directories(local_private_directory, 0777);
}

// Puts hold the lock together while they rename; a compare-and-swap holds it alone.
inline file lock_store(const beneath& private_directory, bool shared) {
    return private_directory.lock(local_lock_name, shared);
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
    detail::make_directories(root_);
    for (auto path = root_; options_.durable && path.has_relative_path(); path = path.parent_path()) {
        detail::sync_directory(path.parent_path());
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
    const detail::file lock = detail::lock_store(detail::make_private_directory(*root), true);
    root->remove_file(key.str());
    if (options_.durable) root->sync_directory(key.parent());
    std::string_view directory = key.parent();
    while (!directory.empty() && root->remove_directory(directory)) directory = detail::directory_above(directory);
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
        if (now - std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(modified)) < age) continue;
        if (is_tree ? directory->remove_tree(name) : directory->remove_file(name)) ++removed;
    }
    return removed;
}

}  // namespace holdfast

#endif
