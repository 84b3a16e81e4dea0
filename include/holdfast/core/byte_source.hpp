#ifndef HOLDFAST_CORE_BYTE_SOURCE_HPP
#define HOLDFAST_CORE_BYTE_SOURCE_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <holdfast/detail/config.hpp>
#include <holdfast/detail/system.hpp>

namespace holdfast {

/// A regular file as it was when it was looked at: opening it later fails if it is no longer the same.
class source_file {
public:
    /// Follows symbolic links. Errors: `not_found`, `access_denied`, `invalid_argument` (not a regular file).
    HOLDFAST_DECL explicit source_file(std::filesystem::path path);

    /// The same, where it was looked at just now. Errors: `invalid_argument` (not a regular file).
    HOLDFAST_DECL source_file(std::string path, const detail::file_status& status);

    const std::string& path() const noexcept { return path_; }
    std::uint64_t size() const noexcept { return status_.size; }
    const detail::file_status& status() const noexcept { return status_; }

    /// Opens the file for reading. Errors: `precondition_failed` where it is another file now, or its size or
    /// modification time changed; `not_found`, `access_denied`.
    HOLDFAST_DECL detail::file open() const;

    /// Errors: `precondition_failed` where the open file changed since it was looked at. Called after the last
    /// byte was read, it proves that what was read is one state of the file.
    HOLDFAST_DECL void check_unchanged(const detail::file& opened) const;

private:
    std::string path_;  // a std::filesystem::path takes five times the memory, which counts where there are many files
    detail::file_status status_;
};

/// Makes bytes when they are wanted: fills the buffer from its front with those that stand at `offset`, and returns
/// how many it wrote, at least one.
///
/// It is called for any part, in any order, more than once (digests, retries), and by several threads at a time; it
/// gives the same bytes each time. What it throws reaches the caller of the save.
using byte_generator = std::function<std::size_t(std::uint64_t offset, std::span<std::byte> buffer)>;

/// Bytes described, not copied: an ordered list of extents of known total size, readable from any offset.
///
/// A tar is such a list (header blocks, file ranges, padding), so parts of it can be made in any order and sent
/// again. Files are opened when they are read, so ten thousand extents hold no descriptor.
/// Thread safety: a source that is not being changed can be read by any number of threads.
class byte_source {
public:
    struct memory_extent {
        std::span<const std::byte> bytes;
        std::shared_ptr<const void> owner;  ///< keeps `bytes` alive; null where the caller does
    };
    struct file_extent {
        std::shared_ptr<const source_file> file;
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
    };
    struct generated_extent {
        std::shared_ptr<const byte_generator> generate;
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
    };
    using extent = std::variant<memory_extent, file_extent, generated_extent>;

    byte_source() = default;

    /// A whole file. Errors: as `source_file`.
    HOLDFAST_DECL static byte_source from_file(std::filesystem::path path);
    HOLDFAST_DECL static byte_source from_file(std::shared_ptr<const source_file> file);

    /// The text itself, owned.
    HOLDFAST_DECL static byte_source from_text(std::string text);

    /// Bytes that the caller keeps alive.
    HOLDFAST_DECL static byte_source from_view(std::span<const std::byte> bytes);

    /// @param size bytes that the generator can make
    HOLDFAST_DECL static byte_source from_generator(std::uint64_t size, byte_generator generate);

    HOLDFAST_DECL void append(extent piece);
    HOLDFAST_DECL void append(const byte_source& other);

    std::uint64_t size() const noexcept { return extents_.empty() ? 0 : end_of(extents_.size() - 1); }
    std::span<const extent> extents() const noexcept { return extents_; }

    /// The part [offset, offset + size) of this source. Errors: `invalid_argument` beyond the end.
    HOLDFAST_DECL byte_source slice(std::uint64_t offset, std::uint64_t size) const;

    /// Fills `buffer` from `offset` on and returns the number of bytes; short only at the end.
    /// Errors: `precondition_failed` where a file changed; `invalid_argument` where a generator ends before its size;
    /// `io_failure`.
    HOLDFAST_DECL std::size_t read(std::uint64_t offset, std::span<std::byte> buffer) const;

private:
    HOLDFAST_DECL std::uint64_t end_of(std::size_t i) const noexcept;
    HOLDFAST_DECL std::size_t extent_at(std::uint64_t offset) const noexcept;

    std::vector<extent> extents_;
    std::vector<std::uint64_t> ends_;  // ends_[i]: offset just after extents_[i]; empty where there is but one
};

/// The size of one extent in bytes.
HOLDFAST_DECL std::uint64_t size_of(const byte_source::extent& piece) noexcept;

namespace detail {

/// Fills `buffer` with the bytes that stand at `offset` in the extent. Errors: `invalid_argument` where the generator
/// does not keep to its word; whatever it throws.
HOLDFAST_DECL void read_generated(const byte_source::generated_extent& piece, std::uint64_t offset,
                                  std::span<std::byte> buffer);

/// The same of any extent; a file is opened for it. Errors: as `byte_source::read`.
HOLDFAST_DECL void read_extent(const byte_source::extent& piece, std::uint64_t offset, std::span<std::byte> buffer);

/// The same of a file that is open. Errors: `precondition_failed` where it ends too early.
HOLDFAST_DECL void read_opened(const byte_source::file_extent& part, const file& opened, std::uint64_t offset,
                               std::span<std::byte> buffer);

}  // namespace detail

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/core/impl/byte_source.ipp>
#endif

#endif
