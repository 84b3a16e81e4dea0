#ifndef HOLDFAST_DETAIL_TAR_CODEC_HPP
#define HOLDFAST_DETAIL_TAR_CODEC_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <holdfast/detail/config.hpp>
#include <holdfast/detail/tar_fields.hpp>

// Bytes of a tar in, members out, and back: no file, no clock, no decision about what a name may be.
namespace holdfast::detail {

inline constexpr std::size_t tar_record_size = 20 * tar_block_size;
inline constexpr std::size_t tar_extension_limit = 1 << 20;  // bytes of one extended header or long name

enum class tar_type : char {
    regular = '0',
    hard_link = '1',
    symlink = '2',
    character_device = '3',
    block_device = '4',
    directory = '5',
    fifo = '6',
};

struct tar_entry {
    std::string path;  // any bytes; of a directory without the '/' at its end
    tar_type type = tar_type::regular;
    std::uint32_t mode = 0644;     // 07777
    std::int64_t modified_ns = 0;  // since the Unix epoch
    std::uint64_t size = 0;        // bytes of content that follow; 0 for all but regular files
    std::string target;            // of a symbolic or hard link
};

/// The blocks before an entry's content. Equal entries give equal bytes: owner and group are 0 and have no name.
///
/// Wire: as Python's tarfile writes by default: POSIX ustar, with a PAX extended header before it for what does not
/// fit (path or target that is not ASCII or longer than 100 bytes, size from 8 GiB, time that is not whole seconds of
/// a positive 33-bit number). Unlike Python's the time keeps all its nine digits.
HOLDFAST_DECL std::string encode_tar_entry(const tar_entry& entry);

/// The number of zero bytes after a content of `size` bytes.
constexpr std::size_t tar_padding(std::uint64_t size) noexcept {
    return static_cast<std::size_t>((tar_block_size - size % tar_block_size) % tar_block_size);
}

/// The end of an archive whose members take `size` bytes: two zero blocks, and zeros up to a whole record.
HOLDFAST_DECL std::string encode_tar_end(std::uint64_t size);

// What PAX headers said that a reader needs.
struct tar_pax_values {
    std::optional<std::string> path;
    std::optional<std::string> target;
    std::optional<std::uint64_t> size;
    std::optional<std::int64_t> modified_ns;
};

/// What a decoder reports: `begin`, the content in pieces of any size, `end`; the entry lives until then.
class tar_events {
public:
    virtual ~tar_events() = default;
    virtual void begin_member(const tar_entry& entry) = 0;
    virtual void member_content(std::span<const std::byte> bytes) = 0;
    virtual void end_member(const tar_entry& entry) = 0;
};

/// Reads a tar from pieces that are cut anywhere. After any exception only the destructor may be called.
///
/// Reads v7, ustar, GNU (long names, base-256 numbers) and PAX (local and global; path, linkpath, size, mtime). A PAX
/// value wins over a GNU long name, and that over the header; the last of several wins. A regular member whose name
/// ends with '/' is a directory. The archive ends at its first zero block, as for Python and GNU tar; what follows is
/// ignored. An archive without that block is cut, even between two members (Python accepts that one, and loses what
/// was cut away).
/// Errors: `corrupt`; `unsupported` for sparse files and types that no reader of plain tars knows; `too_large` for an
/// extended header beyond `tar_extension_limit`; whatever the events throw.
class tar_decoder {
public:
    explicit tar_decoder(tar_events& events) : events_(events) {}

    HOLDFAST_DECL void write(std::span<const std::byte> bytes);
    HOLDFAST_DECL void finish();

    /// Whether the end of the archive was read; what is written from then on is ignored.
    bool is_at_end() const noexcept { return step_ == step::end; }

    /// How many of the next bytes are a member's content.
    std::uint64_t content_ahead() const noexcept { return step_ == step::content ? remaining_ : 0; }

    /// How many of the next bytes are a member's content or padding, and may be passed to `skip` instead of `write`;
    /// `member_content` does not see them then.
    std::uint64_t skippable() const noexcept {
        return step_ == step::content || step_ == step::padding ? remaining_ : 0;
    }
    HOLDFAST_DECL void skip(std::uint64_t count);

private:
    using block = std::span<const std::byte, tar_block_size>;
    enum class step : std::uint8_t { header, extension, content, padding, end };

    HOLDFAST_DECL std::size_t write_some(std::span<const std::byte> bytes);
    HOLDFAST_DECL void pass(std::uint64_t count);
    HOLDFAST_DECL std::size_t gather_header(std::span<const std::byte> bytes);
    HOLDFAST_DECL void read_header(block header);
    HOLDFAST_DECL void begin_extension(char flag, std::uint64_t size);
    HOLDFAST_DECL void end_extension();
    HOLDFAST_DECL void read_pax_records(bool is_global);
    HOLDFAST_DECL void begin_member(block header, char flag);
    HOLDFAST_DECL void end_content();
    HOLDFAST_DECL void skip_padding(std::uint64_t size);

    tar_events& events_;
    step step_ = step::header;
    std::array<std::byte, tar_block_size> block_{};
    std::size_t gathered_ = 0;     // bytes of block_
    std::uint64_t remaining_ = 0;  // bytes of the extension, content or padding
    std::uint64_t size_ = 0;       // bytes of the whole of it
    char extension_flag_ = 0;
    std::string extension_;
    tar_pax_values global_;
    std::optional<tar_pax_values> local_;  // for the next member
    std::optional<std::string> long_path_;
    std::optional<std::string> long_target_;
    tar_entry entry_;
};

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/detail/impl/tar_codec.ipp>
#endif

#endif
