#ifndef HOLDFAST_STORAGE_LOCAL_HPP
#define HOLDFAST_STORAGE_LOCAL_HPP

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/detail/beneath.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/storage/backend.hpp>

namespace holdfast {

namespace detail {
class staged_object;
}

struct local_options {
    /// Whether a put returns only when its object survives a loss of power (fsync of the file and of the
    /// directories above it). Without it the object survives the end of the process, not that of the machine.
    bool durable = false;
};

/// Objects as files below a directory, one file each, as Python's Metaflow keeps them.
///
/// Effects: an object is written to a new file in `<root>/.holdfast` and renamed when it is whole, and so is the
/// directory that a batch of objects becomes where its prefix has none; file extents are copied in the kernel where no
/// digest is asked for. Files get mode 0666 and directories 0777, less the umask.
/// Removing an object removes the directories that became empty. The root is created by the first put.
/// The writers of `put_if_match` and of every other call of this class exclude each other by a lock on
/// `.holdfast/lock`; programs that write to the files themselves take no part, and a remove none where no put has made
/// that directory yet.
///
/// Links: the root may be reached through links; below it nothing is. A link in the store is no object: `list`
/// passes over it, and every other call that meets one fails with `unsafe_path`.
///
/// Errors beyond the concept's: `invalid_argument` for a key that no file can have: a part of more than 255 bytes,
/// a first part ".holdfast", "a/b" where "a" is an object, "a" where "a/b" is one.
///
/// The etag is made of the file's inode, modification time and size.
class local_storage {
public:
    /// Errors: `invalid_argument` where the root is empty or its path is not UTF-8, as documents name it.
    /// @param root need not exist; a relative one counts from the working directory of this moment
    HOLDFAST_DECL explicit local_storage(const std::filesystem::path& root, const local_options& options = {});

    HOLDFAST_DECL object_info put(const object_key& key, const byte_source& source,
                                  const put_options& options = {}) const;
    HOLDFAST_DECL object_info get(const object_key& key, byte_sink& sink, const get_options& options = {}) const;
    HOLDFAST_DECL std::optional<object_info> head(const object_key& key) const;
    HOLDFAST_DECL void list(std::string_view prefix, const list_visitor& visit) const;
    HOLDFAST_DECL void remove(const object_key& key) const;
    HOLDFAST_DECL store_url url() const;

    HOLDFAST_DECL bool put_if_absent(const object_key& key, const byte_source& source,
                                     const put_options& options = {}) const;
    HOLDFAST_DECL bool put_if_match(const object_key& key, const byte_source& source, const std::string& etag,
                                    const put_options& options = {}) const;
    HOLDFAST_DECL object_info copy(const object_key& from, const object_key& to) const;
    HOLDFAST_DECL void remove_batch(std::span<const object_key> keys) const;
    HOLDFAST_DECL object_info put_stream(const object_key& key, const byte_stream& stream,
                                         const put_options& options = {}) const;

    HOLDFAST_DECL std::vector<stored_object> put_batch(const object_key& prefix,
                                                       std::span<const pending_object> objects,
                                                       const put_options& options = {},
                                                       const transfer_limits& limits = {}) const;

    /// Looks at no file.
    HOLDFAST_DECL void list_keys(std::string_view prefix, const key_visitor& visit) const;

    /// No: the writers of one file wait for each other.
    bool gains_by_ranges() const noexcept { return false; }

    /// Effects: the handle and its copies keep the prefix's directory open for `get`.
    HOLDFAST_DECL local_storage reading_below(std::string_view prefix) const;

    /// Removes what writers that were killed left in `.holdfast` and nobody wrote to for `age`; returns the number
    /// of objects and of batches. An `age` shorter than the longest pause of a live writer makes its put fail.
    HOLDFAST_DECL std::size_t clean_unfinished(std::chrono::seconds age) const;

private:
    struct commit_rule {
        bool replace = true;
        std::string etag = {};  // when not empty: only where the object has it
    };
    using writer = std::function<void(detail::staged_object&)>;
    struct open_directory {
        std::string prefix;
        detail::beneath directory;
    };

    HOLDFAST_DECL std::optional<object_info> store(const object_key& key, const put_options& options,
                                                   const commit_rule& rule, const writer& write) const;
    HOLDFAST_DECL bool has_etag(const object_key& key, const std::string& etag) const;
    HOLDFAST_DECL void list_files(
        std::string_view prefix, detail::entry_status wanted,
        const std::function<bool(const object_key&, const detail::file_status&)>& visit) const;
    HOLDFAST_DECL std::optional<detail::beneath> open_root() const;
    HOLDFAST_DECL detail::beneath make_root() const;
    HOLDFAST_DECL void sync_above(const detail::beneath& root, const object_key& key) const;
    HOLDFAST_DECL bool commit(const detail::beneath& root, const detail::beneath& private_directory,
                              const std::string& staged, const object_key& key, bool replace) const;
    HOLDFAST_DECL std::optional<std::vector<stored_object>> put_new_directory(const object_key& prefix,
                                                                              std::span<const pending_object> objects,
                                                                              const put_options& options,
                                                                              const transfer_limits& limits) const;

    std::filesystem::path given_;  // absolute
    std::filesystem::path root_;   // the same with its links resolved
    local_options options_;
    std::shared_ptr<const open_directory> open_;  // null unless `reading_below` made this handle
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/impl/local.ipp>
#endif

#endif
