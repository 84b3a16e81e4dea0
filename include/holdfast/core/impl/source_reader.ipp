#ifndef HOLDFAST_CORE_IMPL_SOURCE_READER_IPP
#define HOLDFAST_CORE_IMPL_SOURCE_READER_IPP

#include <holdfast/core/source_reader.hpp>

#include <algorithm>
#include <variant>

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

HOLDFAST_DECL void source_reader::read_file(const byte_source::file_extent& part, std::span<std::byte> buffer) {
    if (offset_ == 0) opened_ = part.file->open();
    read_opened(part, opened_, offset_, buffer);
    if (offset_ + buffer.size() < part.size) return;
    part.file->check_unchanged(opened_);
    opened_ = file();
}

}  // namespace holdfast::detail

#endif
