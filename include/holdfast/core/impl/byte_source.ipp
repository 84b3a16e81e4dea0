#ifndef HOLDFAST_CORE_IMPL_BYTE_SOURCE_IPP
#define HOLDFAST_CORE_IMPL_BYTE_SOURCE_IPP

#include <holdfast/core/byte_source.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/copy_bytes.hpp>

namespace holdfast {

namespace detail {

[[noreturn]] inline void throw_source_file_changed(const std::filesystem::path& path) {
    throw error(errc::precondition_failed, "read", path.string(),
                "the file changed while it was being saved; save it again when nothing writes to it");
}

inline byte_source::extent cut_extent(const byte_source::extent& whole, std::uint64_t offset, std::uint64_t size) {
    if (const auto* memory = std::get_if<byte_source::memory_extent>(&whole)) {
        const auto part = memory->bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
        return byte_source::memory_extent{part, memory->owner};
    }
    if (const auto* made = std::get_if<byte_source::generated_extent>(&whole)) {
        return byte_source::generated_extent{made->generate, made->offset + offset, size};
    }
    const auto& file = std::get<byte_source::file_extent>(whole);
    return byte_source::file_extent{file.file, file.offset + offset, size};
}

HOLDFAST_DECL void read_generated(const byte_source::generated_extent& piece, std::uint64_t offset,
                                  std::span<std::byte> buffer) {
    for (offset += piece.offset; !buffer.empty();) {
        const std::size_t count = (*piece.generate)(offset, buffer);
        if (count == 0 || count > buffer.size()) {
            throw error(errc::invalid_argument, "read", "",
                        "the generator returned " + std::to_string(count) + " for " + std::to_string(buffer.size()) +
                            " bytes at " + std::to_string(offset) + "; it has to make all bytes of its size");
        }
        offset += count;
        buffer = buffer.subspan(count);
    }
}

HOLDFAST_DECL void read_opened(const byte_source::file_extent& part, const file& opened, std::uint64_t offset,
                               std::span<std::byte> buffer) {
    const std::size_t count = opened.read_at(part.offset + offset, buffer);
    if (count != buffer.size()) throw_source_file_changed(part.file->path());
}

HOLDFAST_DECL void read_extent(const byte_source::extent& piece, std::uint64_t offset, std::span<std::byte> buffer) {
    if (const auto* memory = std::get_if<byte_source::memory_extent>(&piece)) {
        copy_bytes(memory->bytes.subspan(static_cast<std::size_t>(offset), buffer.size()), buffer);
        return;
    }
    if (const auto* made = std::get_if<byte_source::generated_extent>(&piece)) {
        return read_generated(*made, offset, buffer);
    }
    const auto& part = std::get<byte_source::file_extent>(piece);
    const file opened = part.file->open();
    read_opened(part, opened, offset, buffer);
    part.file->check_unchanged(opened);
}

inline void check_extent(const byte_source::extent& piece) {
    if (const auto* made = std::get_if<byte_source::generated_extent>(&piece)) {
        if (made->generate != nullptr && *made->generate && made->size <= UINT64_MAX - made->offset) return;
        throw error(errc::invalid_argument, "read", "",
                    "an extent of a generator needs it, and ends before 2^64 bytes");
    }
    const auto* part = std::get_if<byte_source::file_extent>(&piece);
    if (part == nullptr) return;
    if (part->file == nullptr) throw error(errc::invalid_argument, "read", "", "an extent of a file needs the file");
    const std::uint64_t whole = part->file->size();
    if (part->offset > whole || part->size > whole - part->offset) {
        throw error(errc::invalid_argument, "read", part->file->path(), "the extent ends beyond the file");
    }
}

}  // namespace detail

HOLDFAST_DECL source_file::source_file(std::filesystem::path path)
    : source_file(path.string(), detail::status_of(path, true)) {}

HOLDFAST_DECL source_file::source_file(std::string path, const detail::file_status& status)
    : path_(std::move(path)), status_(status) {
    if (status_.kind != detail::file_kind::regular) {
        throw error(errc::invalid_argument, "read", path_, "this is not a regular file; name one");
    }
}

HOLDFAST_DECL detail::file source_file::open() const {
    detail::file opened = detail::file::open_read(path_);
    check_unchanged(opened);
    return opened;
}

HOLDFAST_DECL void source_file::check_unchanged(const detail::file& opened) const {
    const detail::file_status now = opened.status();
    const bool is_same_file = now.device == status_.device && now.inode == status_.inode;
    if (!is_same_file || now.size != status_.size || now.modified_ns != status_.modified_ns) {
        detail::throw_source_file_changed(path_);
    }
}

HOLDFAST_DECL byte_source byte_source::from_file(std::filesystem::path path) {
    return from_file(std::make_shared<const source_file>(std::move(path)));
}

HOLDFAST_DECL byte_source byte_source::from_file(std::shared_ptr<const source_file> file) {
    const std::uint64_t size = file->size();
    byte_source source;
    source.append(file_extent{std::move(file), 0, size});
    return source;
}

HOLDFAST_DECL byte_source byte_source::from_text(std::string text) {
    const auto owner = std::make_shared<const std::string>(std::move(text));
    byte_source source;
    source.append(memory_extent{std::as_bytes(std::span(*owner)), owner});
    return source;
}

HOLDFAST_DECL byte_source byte_source::from_view(std::span<const std::byte> bytes) {
    byte_source source;
    source.append(memory_extent{bytes, nullptr});
    return source;
}

HOLDFAST_DECL byte_source byte_source::from_generator(std::uint64_t size, byte_generator generate) {
    byte_source source;
    source.append(generated_extent{std::make_shared<const byte_generator>(std::move(generate)), 0, size});
    return source;
}

HOLDFAST_DECL void byte_source::append(extent piece) {
    detail::check_extent(piece);
    const std::uint64_t piece_size = size_of(piece);
    if (piece_size == 0) return;
    const std::uint64_t before = size();
    if (piece_size > UINT64_MAX - before) throw error(errc::too_large, "read", "", "a source ends before 2^64 bytes");
    if (extents_.size() == 1) ends_.push_back(before);
    extents_.push_back(std::move(piece));
    if (extents_.size() > 1) ends_.push_back(before + piece_size);
}

HOLDFAST_DECL std::uint64_t byte_source::end_of(std::size_t i) const noexcept {
    return ends_.empty() ? size_of(extents_[i]) : ends_[i];
}

// The extent that holds the byte at an offset; their number for one beyond the end.
HOLDFAST_DECL std::size_t byte_source::extent_at(std::uint64_t offset) const noexcept {
    if (ends_.empty()) return offset < size() ? 0 : extents_.size();
    return static_cast<std::size_t>(std::ranges::upper_bound(ends_, offset) - ends_.begin());
}

HOLDFAST_DECL void byte_source::append(const byte_source& other) {
    const std::size_t count = other.extents_.size();  // `other` may be this source
    for (std::size_t i = 0; i < count; ++i) append(extent(other.extents_[i]));
}

HOLDFAST_DECL byte_source byte_source::slice(std::uint64_t offset, std::uint64_t size) const {
    if (offset > this->size() || size > this->size() - offset) {
        throw error(errc::invalid_argument, "slice", "", "the slice ends beyond the source; ask for less");
    }
    byte_source part;
    for (auto i = extent_at(offset); size > 0; ++i) {
        const std::uint64_t count = std::min(size, end_of(i) - offset);
        const std::uint64_t begin = end_of(i) - size_of(extents_[i]);
        part.append(detail::cut_extent(extents_[i], offset - begin, count));
        offset += count;
        size -= count;
    }
    return part;
}

HOLDFAST_DECL std::size_t byte_source::read(std::uint64_t offset, std::span<std::byte> buffer) const {
    std::size_t done = 0;
    for (auto i = extent_at(offset); i < extents_.size() && done < buffer.size(); ++i) {
        const std::uint64_t begin = end_of(i) - size_of(extents_[i]);
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size() - done, end_of(i) - offset));
        detail::read_extent(extents_[i], offset - begin, buffer.subspan(done, count));
        offset += count;
        done += count;
    }
    return done;
}

HOLDFAST_DECL std::uint64_t size_of(const byte_source::extent& piece) noexcept {
    if (const auto* memory = std::get_if<byte_source::memory_extent>(&piece)) return memory->bytes.size();
    if (const auto* made = std::get_if<byte_source::generated_extent>(&piece)) return made->size;
    return std::get_if<byte_source::file_extent>(&piece)->size;
}

}  // namespace holdfast

#endif
