#ifndef HOLDFAST_ARTIFACT_TREE_CHECK_HPP
#define HOLDFAST_ARTIFACT_TREE_CHECK_HPP

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/archive/extraction.hpp>
#include <holdfast/artifact/manifest.hpp>
#include <holdfast/detail/config.hpp>

// What a load compares, and what it says where something differs. `key` is the saved tree's, for messages.
namespace holdfast::detail {

[[noreturn]] HOLDFAST_DECL void throw_missing_data(std::string_view key);
[[noreturn]] HOLDFAST_DECL void throw_missing_file(std::string_view key, std::string_view path);
[[noreturn]] HOLDFAST_DECL void throw_longer_file(std::string_view key, const stored_file& saved);
[[noreturn]] HOLDFAST_DECL void throw_unsaved_file(std::string_view key, std::string_view path);
[[noreturn]] HOLDFAST_DECL void throw_unknown_format(std::string_view key, std::string_view storage_format);

/// Errors: `corrupt` where the document's size is not that of the data.
HOLDFAST_DECL void check_size(std::string_view key, std::optional<std::uint64_t> documented, std::uint64_t found);

/// Errors: `corrupt` where a file has not the size or the digest that it was saved with.
HOLDFAST_DECL void check_file_size(std::string_view key, const stored_file& saved, std::uint64_t found);
HOLDFAST_DECL void check_file_digest(std::string_view key, const stored_file& saved, digest_kind kind,
                                     std::string_view found);

/// The sum of the sizes. Errors: `too_large`.
HOLDFAST_DECL std::uint64_t check_totals(std::string_view key, const std::vector<stored_file>& files,
                                         const extract_limits& limits);

/// Compares a loaded file with what was saved. Errors: `corrupt`.
/// @param other_digest called for a digest that the transfer did not compute
HOLDFAST_DECL void check_file(std::string_view key, const stored_file& saved, std::uint64_t size,
                              std::optional<std::uint32_t> crc, digest_kind kind,
                              const std::function<std::string()>& other_digest);

/// Makes the directories of a tree and those that its files stand in.
HOLDFAST_DECL void make_tree_directories(const std::filesystem::path& root, const std::vector<std::string>& directories,
                                         const std::vector<stored_file>& files);

/// Checks the members of an archive against a manifest while they are unpacked.
class member_check {
public:
    /// @param contents none: anything goes
    HOLDFAST_DECL member_check(std::string_view key, const std::optional<manifest>& contents);

    /// What members are compared by.
    digest_kind digest() const noexcept { return kind_; }

    /// Errors: `corrupt` for a member that was not saved, or differs.
    /// @param other_digest as that of `check_file`
    HOLDFAST_DECL void saw(const extracted_file& file, const std::function<std::string()>& other_digest);

    /// Errors: `corrupt` where a saved file did not come.
    HOLDFAST_DECL void finish() const;

private:
    std::string key_;
    bool active_;
    digest_kind kind_ = digest_kind::none;
    std::map<std::string, stored_file, std::less<>> expected_;
};

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/artifact/impl/tree_check.ipp>
#endif

#endif
