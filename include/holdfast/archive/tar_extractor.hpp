#ifndef HOLDFAST_ARCHIVE_TAR_EXTRACTOR_HPP
#define HOLDFAST_ARCHIVE_TAR_EXTRACTOR_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include <holdfast/archive/extraction.hpp>
#include <holdfast/archive/unpack_target.hpp>
#include <holdfast/detail/config.hpp>

namespace holdfast {

/// Unpacks a tar, plain or gzip-compressed (told by its first bytes), while its bytes arrive in order.
///
/// Nothing is written outside the directory whatever the archive holds. Symbolic links are made by `finish`, when
/// none of them can be followed any more. Modes and modification times are restored (directories last); set-id bits
/// are not, and the directory itself stays open to its owner. A duplicate member of the same type replaces the
/// earlier one, as in Python and GNU tar. An archive without its end marker is cut (Python would accept it).
/// Errors: `unsafe_path` for absolute names, "..", links that leave the directory or go in a circle, a member below a
/// link, devices and pipes, a duplicate that changes type; `unsupported` for sparse files and unknown compression
/// (bzip2, xz); `too_large`; `corrupt` for anything that is not a whole tar.
class tar_extractor {
public:
    using file_visitor = std::function<void(const extracted_file&)>;

    /// @param directory exists and is empty
    /// @param on_file called after each file was written; may be empty
    /// @param digest whether it is told the CRC32C
    HOLDFAST_DECL tar_extractor(std::filesystem::path directory, extract_limits limits, file_visitor on_file,
                                bool digest = true);

    /// @param target holds nothing, and lives as long as this object
    HOLDFAST_DECL tar_extractor(unpack_target& target, extract_limits limits, file_visitor on_file, bool digest = true);
    HOLDFAST_DECL ~tar_extractor();

    HOLDFAST_DECL void write(std::span<const std::byte> bytes);

    /// How many of the next bytes are the content of one file, and may be brought by `bring` instead of written; 0 in a
    /// compressed archive.
    HOLDFAST_DECL std::uint64_t content_ahead() const noexcept;

    /// The file that this is the content of, and how much of it has come.
    HOLDFAST_DECL const std::string& member() const noexcept;
    HOLDFAST_DECL std::uint64_t member_offset() const noexcept;

    /// Lets `bring` write the next `size` bytes, at most `content_ahead()`.
    /// Errors: what `bring` throws; `corrupt` where a byte is missing of what is digested.
    HOLDFAST_DECL void bring(std::uint64_t size, const content_bringer& bring);

    /// After the last byte. Errors: `corrupt` where the archive is cut.
    HOLDFAST_DECL void finish();

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/archive/impl/tar_extractor.ipp>
#endif

#endif
