#ifndef HOLDFAST_ARCHIVE_TAR_INDEX_HPP
#define HOLDFAST_ARCHIVE_TAR_INDEX_HPP

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include <holdfast/archive/safe_path.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/tar_codec.hpp>

namespace holdfast::detail {

/// Where the content of a regular file stands in an archive.
struct tar_extent {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint32_t mode = 0644;
};

/// The files of a tar and where their bytes are, from its headers alone.
///
/// A later member replaces an earlier one of its name; a hard link is a file that shares the bytes of an earlier one.
/// Nothing is written anywhere, so that symbolic links are only noted.
/// Errors: those of the decoder; `unsafe_path` for absolute names, "..", devices and pipes; `corrupt` for a hard link
/// that names no earlier file; `too_large`.
class tar_index final : private tar_events {
public:
    /// @param most_entries files, directories and links
    explicit tar_index(std::uint64_t most_entries = UINT64_MAX) : most_entries_(most_entries) {}
    tar_index(const tar_index&) = delete;
    tar_index& operator=(const tar_index&) = delete;

    /// Takes the next bytes of the archive.
    HOLDFAST_DECL void write(std::span<const std::byte> bytes);

    /// Passes over the content that comes next, if any, so that the next `write` begins with a header.
    HOLDFAST_DECL void skip_content();

    /// Where the next `write` begins.
    std::uint64_t position() const noexcept { return position_; }

    bool is_at_end() const noexcept { return decoder_.is_at_end(); }

    /// After the last byte. Errors: `corrupt` where the archive is cut.
    void finish() { decoder_.finish(); }

    /// By path.
    const std::map<std::string, tar_extent, std::less<>>& files() const noexcept { return files_; }
    const tree_links& links() const noexcept { return links_; }

private:
    HOLDFAST_DECL void begin_member(const tar_entry& entry) override;
    void member_content(std::span<const std::byte>) override {}
    void end_member(const tar_entry&) override {}
    HOLDFAST_DECL void add_file(std::string path, const tar_extent& where);
    HOLDFAST_DECL void add_hard_link(std::string path, std::string_view target);

    std::uint64_t most_entries_;
    std::map<std::string, tar_extent, std::less<>> files_;
    tree_links links_;
    tar_decoder decoder_{*this};
    std::uint64_t position_ = 0;
    std::uint64_t entries_ = 0;
};

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/archive/impl/tar_index.ipp>
#endif

#endif
