#ifndef HOLDFAST_CORE_BYTE_SINK_HPP
#define HOLDFAST_CORE_BYTE_SINK_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/detail/config.hpp>
#include <holdfast/detail/system.hpp>

namespace holdfast {

/// An open file that takes the bytes of an object: those at `offset` in the object stand at `offset + shift` in the
/// file, modulo 2^64.
struct native_target {
    const detail::file* file = nullptr;  ///< null: there is none
    std::uint64_t shift = 0;
    std::mutex* turn = nullptr;  ///< whose holder moves bytes into the file; null: nobody else does
};

/// Takes the bytes of an object at their offsets, so that ranges can land in parallel.
///
/// Thread safety: `write` may be called by several threads for ranges that do not overlap.
class byte_sink {
public:
    virtual ~byte_sink() = default;

    /// Takes `bytes`, which stand at `offset` in the object. Errors: whatever the destination reports.
    virtual void write(std::uint64_t offset, std::span<const std::byte> bytes) = 0;

    /// The open file behind this sink, where nothing needs to see the bytes, so that a backend may let the kernel copy.
    virtual native_target native() const noexcept { return {}; }
};

/// Keeps nothing.
class discarding_sink final : public byte_sink {
public:
    void write(std::uint64_t, std::span<const std::byte>) override {}
};

/// Collects an object in memory.
class memory_sink final : public byte_sink {
public:
    /// @param origin the object's offset that becomes the first byte here
    /// @param limit bytes; a write beyond it fails with `too_large`
    ///
    /// Bytes between ranges that were written are zero. Errors of `write`: `invalid_argument` before `origin`,
    /// `too_large`.
    HOLDFAST_DECL explicit memory_sink(std::uint64_t origin = 0, std::uint64_t limit = UINT64_MAX);

    HOLDFAST_DECL void write(std::uint64_t offset, std::span<const std::byte> bytes) override;

    const std::string& text() const& noexcept { return text_; }
    std::string text() && noexcept { return std::move(text_); }

private:
    std::mutex mutex_;
    std::string text_;
    std::uint64_t origin_;
    std::uint64_t limit_;
};

/// Takes exactly the bytes of a range into memory of the caller.
class span_sink final : public byte_sink {
public:
    /// @param begin the object's offset that becomes the first byte of `room`
    ///
    /// Errors of `write`: `corrupt` outside the range, which is what was asked of the store.
    span_sink(std::uint64_t begin, std::span<std::byte> room) noexcept : begin_(begin), room_(room) {}

    HOLDFAST_DECL void write(std::uint64_t offset, std::span<const std::byte> bytes) override;

    /// Errors: `corrupt` where bytes are missing or came twice.
    /// @param key of the object, for the message
    HOLDFAST_DECL void check_whole(std::string_view key) const;

private:
    std::uint64_t begin_;
    std::span<std::byte> room_;
    std::atomic<std::size_t> arrived_ = 0;
};

/// Writes an object to a file.
class file_sink final : public byte_sink {
public:
    /// Creates the file. Errors: `precondition_failed` where it exists already, `access_denied`, `no_space`.
    HOLDFAST_DECL explicit file_sink(std::filesystem::path path);

    /// Goes on with a file that is open for writing.
    explicit file_sink(detail::file opened) noexcept : file_(std::move(opened)) {}

    HOLDFAST_DECL void write(std::uint64_t offset, std::span<const std::byte> bytes) override;
    native_target native() const noexcept override { return {&file_, 0, &turn_}; }

    /// Closes the file. Errors: what the system could not write (`no_space`, `io_failure`), where it says so only
    /// now; the destructor cannot tell.
    HOLDFAST_DECL void close();

private:
    detail::file file_;
    mutable std::mutex turn_;
};

/// Passes bytes on at other offsets: a part of an object to where it belongs.
class shifted_sink final : public byte_sink {
public:
    /// @param shift what is added to an offset, modulo 2^64
    shifted_sink(byte_sink& next, std::uint64_t shift) noexcept : next_(next), shift_(shift) {}

    void write(std::uint64_t offset, std::span<const std::byte> bytes) override { next_.write(offset + shift_, bytes); }

    native_target native() const noexcept override {
        const auto next = next_.native();
        return {next.file, next.shift + shift_, next.turn};
    }

private:
    byte_sink& next_;
    std::uint64_t shift_;
};

/// Passes bytes on and computes their CRC32C, whatever the order in which ranges arrive.
class crc32c_sink final : public byte_sink {
public:
    explicit crc32c_sink(byte_sink& next) : next_(next) {}

    HOLDFAST_DECL void write(std::uint64_t offset, std::span<const std::byte> bytes) override;

    /// Counts bytes in that stand at the destination already.
    HOLDFAST_DECL void has(std::uint64_t offset, std::span<const std::byte> bytes);

    /// The digest of the object of `size` bytes. Errors: `corrupt` where the ranges written do not cover
    /// [0, size) exactly once.
    HOLDFAST_DECL std::uint32_t value(std::uint64_t size) const;

private:
    struct range {
        std::uint64_t offset;
        std::uint64_t size;
        std::uint32_t crc;
    };
    byte_sink& next_;
    mutable std::mutex mutex_;
    std::vector<range> ranges_;  // sorted by offset; neighbours are joined
};

}  // namespace holdfast

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/core/impl/byte_sink.ipp>
#endif

#endif
