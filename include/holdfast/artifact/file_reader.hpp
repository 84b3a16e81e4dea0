#ifndef HOLDFAST_ARTIFACT_FILE_READER_HPP
#define HOLDFAST_ARTIFACT_FILE_READER_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include <holdfast/artifact/manifest.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/detail/read_ahead.hpp>

namespace holdfast {

/// Reads one file of a saved tree, in order and at offsets.
///
/// Thread safety: one reader is used by one thread at a time; any number of readers may read one file.
class file_reader {
public:
    /// Fills the whole buffer with the bytes at an offset of the file.
    using fill_function = detail::read_ahead::fill_function;

    /// What a reader is made of; `saved_files::open` makes one.
    struct parts {
        std::string key;  ///< of the saved tree, for messages
        stored_file file;
        digest_kind digest = digest_kind::none;  ///< that of `file.digest`; `none`: nothing is compared
        std::uint64_t largest_block = 0;         ///< bytes that `read` reads ahead
        fill_function fill;
    };
    HOLDFAST_DECL explicit file_reader(parts what);

    const std::string& path() const noexcept { return state_->what.file.path; }

    /// In bytes.
    std::uint64_t size() const noexcept { return state_->what.file.size; }

    /// Reads on from `tell()`; short only at the end.
    ///
    /// Effects: reads ahead, up to `transfer_limits::memory`, so that many small reads are few requests. A file that
    /// was read from its start to its end in this way was compared with its digest, where one was stored. Errors:
    /// `corrupt`; those of the storage. Then `tell()` is as it was.
    HOLDFAST_DECL std::size_t read(std::span<std::byte> buffer);

    /// Reads at an offset; short only at the end, 0 beyond it.
    ///
    /// Effects: asks the store for these bytes and no others; leaves `tell()` alone; compares no digest.
    HOLDFAST_DECL std::size_t read_at(std::uint64_t offset, std::span<std::byte> buffer);

    /// The offset of the next `read`; beyond the end it reads nothing.
    void seek(std::uint64_t offset) noexcept { state_->position = offset; }
    std::uint64_t tell() const noexcept { return state_->position; }

private:
    struct state {
        HOLDFAST_DECL explicit state(parts from);

        parts what;
        detail::read_ahead ahead;
        detail::file_digest digest;
        std::uint64_t position = 0;
        std::uint64_t digested = 0;  // bytes from the start
        std::string found;           // the digest, once all are
    };

    HOLDFAST_DECL std::span<std::byte> cut(std::uint64_t offset, std::span<std::byte> buffer) const noexcept;
    HOLDFAST_DECL void digest(std::uint64_t offset, std::span<const std::byte> bytes);

    std::unique_ptr<state> state_;
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/artifact/impl/file_reader.ipp>
#endif

#endif
