#ifndef HOLDFAST_ARTIFACT_IMPL_TREE_CHECK_IPP
#define HOLDFAST_ARTIFACT_IMPL_TREE_CHECK_IPP

#include <holdfast/artifact/tree_check.hpp>

#include <set>

#include <holdfast/archive/safe_path.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/system.hpp>

namespace holdfast::detail {

HOLDFAST_DECL void throw_missing_data(std::string_view key) {
    throw error(errc::not_found, "load", key, "its data is not in the store; it was removed, or the store is another");
}

HOLDFAST_DECL void throw_missing_file(std::string_view key, std::string_view path) {
    throw error(errc::corrupt, "load", key, std::string(path).append(" is missing from the store"));
}

HOLDFAST_DECL void throw_longer_file(std::string_view key, const stored_file& saved) {
    throw error(errc::corrupt, "load", key,
                saved.path + " has more than the " + std::to_string(saved.size) + " bytes that were saved");
}

HOLDFAST_DECL void throw_unsaved_file(std::string_view key, std::string_view path) {
    throw error(errc::corrupt, "load", key, std::string("the archive holds ").append(path) + ", which was not saved");
}

HOLDFAST_DECL void throw_unknown_format(std::string_view key, std::string_view storage_format) {
    throw error(errc::unsupported, "load", key,
                std::string("the storage format '").append(storage_format) + "' is not known; 'files' and 'tar' are");
}

HOLDFAST_DECL void check_size(std::string_view key, std::optional<std::uint64_t> documented, std::uint64_t found) {
    if (!documented || *documented == found) return;
    throw error(errc::corrupt, "load", key,
                "its document says " + std::to_string(*documented) + " bytes, the store has " + std::to_string(found) +
                    " (on a local store, Python's loader hands out links through which a stored file can be changed)");
}

HOLDFAST_DECL void check_file_size(std::string_view key, const stored_file& saved, std::uint64_t found) {
    if (saved.size == found) return;
    throw error(errc::corrupt, "load", key,
                saved.path + " has " + std::to_string(found) + " bytes, " + std::to_string(saved.size) + " were saved");
}

HOLDFAST_DECL void check_file_digest(std::string_view key, const stored_file& saved, digest_kind kind,
                                     std::string_view found) {
    if (found == saved.digest) return;
    throw error(errc::corrupt, "load", key,
                saved.path + " has the " + std::string(to_string(kind)) + " " + std::string(found) +
                    ", it was saved with " + saved.digest);
}

HOLDFAST_DECL std::uint64_t check_totals(std::string_view key, const std::vector<stored_file>& files,
                                         const extract_limits& limits) {
    std::uint64_t total = 0;
    bool fits = files.size() <= limits.entries;
    for (const auto& file : files) {
        fits = fits && file.size <= limits.bytes - total;  // a sum could overflow
        if (!fits) break;
        total += file.size;
    }
    if (fits) return total;
    throw error(errc::too_large, "load", key,
                "its " + std::to_string(files.size()) + " files are beyond the limit that the caller set (" +
                    std::to_string(limits.entries) + " entries, " + std::to_string(limits.bytes) + " bytes)");
}

HOLDFAST_DECL void check_file(std::string_view key, const stored_file& saved, std::uint64_t size,
                              std::optional<std::uint32_t> crc, digest_kind kind,
                              const std::function<std::string()>& other_digest) {
    check_file_size(key, saved, size);
    if (kind == digest_kind::none) return;
    check_file_digest(key, saved, kind, kind == digest_kind::crc32c && crc ? crc32c_hex(*crc) : other_digest());
}

HOLDFAST_DECL void make_tree_directories(const std::filesystem::path& root, const std::vector<std::string>& directories,
                                         const std::vector<stored_file>& files) {
    for (const auto& directory : directories) make_directories(root / directory);
    std::set<std::string_view> parents;
    for (const auto& file : files) parents.insert(parent_path(file.path));
    for (const auto& parent : parents) make_directories(root / parent);
}

HOLDFAST_DECL member_check::member_check(std::string_view key, const std::optional<manifest>& contents)
    : key_(key), active_(contents.has_value()) {
    if (!contents) return;
    kind_ = contents->digest;
    for (const auto& file : contents->files) expected_.emplace(file.path, file);
}

HOLDFAST_DECL void member_check::saw(const extracted_file& file, const std::function<std::string()>& other_digest) {
    if (!active_) return;
    const auto saved = expected_.find(file.path);
    if (saved == expected_.end()) throw_unsaved_file(key_, file.path);
    check_file(key_, saved->second, file.size, file.crc32c, kind_, other_digest);
    expected_.erase(saved);
}

HOLDFAST_DECL void member_check::finish() const {
    if (!expected_.empty()) throw_missing_file(key_, expected_.begin()->first);
}

}  // namespace holdfast::detail

#endif
