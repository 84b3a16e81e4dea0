#ifndef HOLDFAST_ARCHIVE_TAR_UNPACKER_HPP
#define HOLDFAST_ARCHIVE_TAR_UNPACKER_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include <holdfast/archive/extraction.hpp>
#include <holdfast/archive/safe_path.hpp>
#include <holdfast/archive/unpack_target.hpp>
#include <holdfast/core/byte_sink.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/tar_codec.hpp>

namespace holdfast::detail {

/// Makes the members of a tar in a target that was empty.
///
/// Every path in it was made here and is remembered, so no path is ever trusted to the file system; and symbolic
/// links are made last, when all of them are known, so there is none to follow meanwhile.
class tar_unpacker final : public tar_events {
public:
    using file_visitor = std::function<void(const extracted_file&)>;

    /// @param digest whether `extracted_file::crc32c` is computed
    HOLDFAST_DECL tar_unpacker(unpack_target& target, extract_limits limits, bool digest, file_visitor on_file);

    HOLDFAST_DECL void begin_member(const tar_entry& entry) override;
    HOLDFAST_DECL void member_content(std::span<const std::byte> bytes) override;
    HOLDFAST_DECL void end_member(const tar_entry& entry) override;

    /// The path of the member that is being read.
    const std::string& member() const noexcept { return path_; }

    /// How much of its content has come.
    std::uint64_t offset() const noexcept { return offset_; }

    /// Lets `bring` write the next `size` bytes of its content.
    HOLDFAST_DECL void bring_content(std::uint64_t size, const content_bringer& bring);

    /// After the last member: makes the links, then gives directories their modes and times.
    HOLDFAST_DECL void finish();

private:
    enum class made : std::uint8_t { file, directory, symlink };
    struct node {
        made what = made::file;
        std::optional<member_attributes> kept = {};  // of a directory or link that the archive names
        std::uint64_t size = 0;                      // of a file
        std::uint32_t crc32c = 0;
    };

    HOLDFAST_DECL node& claim(const std::string& path, made what);
    HOLDFAST_DECL void count_entry(std::string_view path);
    HOLDFAST_DECL void make_parents(std::string_view path);
    HOLDFAST_DECL void make_implied_directory(const std::string& path);
    HOLDFAST_DECL void make_file(const std::string& path, std::uint64_t size);
    HOLDFAST_DECL void make_hard_link(const std::string& path, std::string_view target);
    HOLDFAST_DECL void note_directory(const std::string& path, const member_attributes& kept);
    HOLDFAST_DECL void note_symlink(const std::string& path, const tar_entry& entry);
    HOLDFAST_DECL void make_symlinks();
    HOLDFAST_DECL void finish_directories();
    HOLDFAST_DECL void report(const std::string& path, const node& file);

    unpack_target& target_;
    extract_limits limits_;
    bool digest_;
    file_visitor on_file_;
    std::unordered_map<std::string, node> nodes_;  // by path; the root is not among them
    tree_links links_;
    std::optional<member_attributes> root_;
    std::string last_parent_;  // known to be a directory
    std::uint64_t bytes_ = 0;
    std::uint64_t entries_ = 0;
    std::string path_;  // of the member that is being read
    byte_sink* content_ = nullptr;
    std::uint64_t offset_ = 0;
    std::uint32_t crc32c_ = 0;
};

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/archive/impl/tar_unpacker.ipp>
#endif

#endif
