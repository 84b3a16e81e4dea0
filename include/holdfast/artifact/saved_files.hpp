#ifndef HOLDFAST_ARTIFACT_SAVED_FILES_HPP
#define HOLDFAST_ARTIFACT_SAVED_FILES_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/archive/safe_path.hpp>
#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/artifact/file_reader.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/transfer_limits.hpp>

namespace holdfast {

namespace detail {

/// How the files of a saved tree are reached.
struct tree_access {
    /// Fills the buffer with the bytes at an offset of the file with this index.
    /// @param etag of the object that holds them: what it has to be; empty: is set to what it is
    using read_function =
        std::function<void(std::size_t index, std::uint64_t offset, std::span<std::byte> buffer, std::string& etag)>;

    std::string key;                         // of the tree, for messages
    std::vector<stored_file> files;          // sorted by path
    tree_links links = {};                   // symbolic ones
    digest_kind digest = digest_kind::none;  // of the files; `none`: nothing is compared
    read_function read = {};
    std::vector<std::size_t> order = {};  // in which one pass reaches all files; empty: in any
};

}  // namespace detail

/// The files of a saved tree, to be read into memory. Made by `checkpoint::open` and `open_tree`.
///
/// A path may go through symbolic links that an archive holds.
/// Thread safety: may be used by any number of threads; copies share what they know.
class saved_files {
public:
    HOLDFAST_DECL saved_files(detail::tree_access access, const load_options& options, const transfer_limits& limits);

    /// Sorted by path; hard links are files of their own, directories and symbolic links are left out.
    const std::vector<stored_file>& list() const noexcept { return access_->files; }

    HOLDFAST_DECL bool contains(std::string_view path) const;

    /// A whole file.
    ///
    /// Effects: large files arrive in ranges, several at once.
    /// Errors: `not_found`, naming the files that are there; `corrupt` where it is not what was saved; `too_large`
    /// beyond `limits.bytes` of the load options; `unsafe_path` where a link leaves the tree; those of the storage.
    HOLDFAST_DECL std::string read(std::string_view path) const;

    /// A part of a file, cut at its end; no digest is compared. Errors: as above.
    HOLDFAST_DECL std::string read(std::string_view path, const byte_range& range) const;

    /// All files by path, several at once. Errors: as above; the limit is on their sum.
    HOLDFAST_DECL std::map<std::string, std::string, std::less<>> read_all() const;

    /// Errors: `not_found`, `unsafe_path`.
    HOLDFAST_DECL file_reader open(std::string_view path) const;

private:
    HOLDFAST_DECL std::size_t find(std::string_view path) const;
    HOLDFAST_DECL std::size_t find_resolved(std::string_view path) const noexcept;
    HOLDFAST_DECL std::string read_whole(std::size_t index) const;
    HOLDFAST_DECL void check_limit(std::size_t index, std::uint64_t size) const;

    std::shared_ptr<const detail::tree_access> access_;
    load_options options_;
    transfer_limits limits_;
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/artifact/impl/saved_files.ipp>
#endif

#endif
