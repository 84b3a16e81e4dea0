#ifndef HOLDFAST_CORE_IMPL_SOURCE_READER_IPP
#define HOLDFAST_CORE_IMPL_SOURCE_READER_IPP

#include <holdfast/core/source_reader.hpp>

#include <algorithm>
#include <variant>

#include <holdfast/core/error.hpp>

namespace holdfast::detail {

HOLDFAST_DECL std::size_t source_reader::read(std::span<std::byte> buffer) {
    std::size_t done = 0;
    while (!rest_.empty() && done < buffer.size()) {
        const auto& piece = rest_.front();
        const std::uint64_t left = size_of(piece) - offset_;
        const auto room =
            buffer.subspan(done, static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size() - done, left)));
        if (const auto* part = std::get_if<byte_source::file_extent>(&piece)) {
            read_file(*part, room);
        } else {
            read_extent(piece, offset_, room);
        }
        done += room.size();
        offset_ += room.size();
        if (room.size() < left) break;
        rest_ = rest_.subspan(1);
        offset_ = 0;
    }
    return done;
}

// What one read takes whole is looked at after it only.
HOLDFAST_DECL void source_reader::read_file(const byte_source::file_extent& part, std::span<std::byte> buffer) {
    const bool is_whole = buffer.size() == part.size;
    if (offset_ == 0) opened_ = is_whole ? file::open_read(part.file->path()) : part.file->open();
    try {
        read_opened(part, opened_, offset_, buffer);
    } catch (const error&) {
        part.file->check_unchanged(opened_);  // a pipe that stands in its place cannot be read so
        throw;
    }
    if (offset_ + buffer.size() < part.size) return;
    part.file->check_unchanged(opened_);
    opened_ = file();
}

}  // namespace holdfast::detail

#endif
