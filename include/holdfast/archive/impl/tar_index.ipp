#ifndef HOLDFAST_ARCHIVE_IMPL_TAR_INDEX_IPP
#define HOLDFAST_ARCHIVE_IMPL_TAR_INDEX_IPP

#include <holdfast/archive/tar_index.hpp>

#include <algorithm>
#include <utility>

#include <holdfast/core/error.hpp>

namespace holdfast::detail {

// Block by block, so that the position is known when a member begins.
HOLDFAST_DECL void tar_index::write(std::span<const std::byte> bytes) {
    while (!bytes.empty() && !is_at_end()) {
        const auto content = static_cast<std::size_t>(std::min<std::uint64_t>(decoder_.skippable(), bytes.size()));
        if (content > 0) {
            decoder_.skip(content);
            position_ += content;
            bytes = bytes.subspan(content);
            continue;
        }
        const auto block =
            bytes.first(std::min<std::size_t>(bytes.size(), tar_block_size - position_ % tar_block_size));
        position_ += block.size();
        decoder_.write(block);
        bytes = bytes.subspan(block.size());
    }
}

HOLDFAST_DECL void tar_index::skip_content() {
    while (const std::uint64_t content = decoder_.skippable()) {
        if (content > UINT64_MAX - position_)
            throw error(errc::corrupt, "unpack", "", "a member ends beyond 2^64 bytes");
        decoder_.skip(content);
        position_ += content;
    }
}

HOLDFAST_DECL void tar_index::begin_member(const tar_entry& entry) {
    auto path = member_path(entry.path);
    if (path.empty()) {
        if (entry.type == tar_type::directory) return;
        throw error(errc::corrupt, "unpack", entry.path, "a member has no name");
    }
    if (entries_++ == most_entries_) {
        throw error(errc::too_large, "unpack", path, "the archive has more entries than allowed");
    }
    switch (entry.type) {
        case tar_type::regular:
            return add_file(std::move(path), {position_, entry.size, entry.mode & 0777});
        case tar_type::hard_link:
            return add_hard_link(std::move(path), entry.target);
        case tar_type::symlink:
            files_.erase(path);
            links_.insert_or_assign(std::move(path), entry.target);
            return;
        case tar_type::directory:
            return;
        case tar_type::character_device:
        case tar_type::block_device:
        case tar_type::fifo:
            throw error(errc::unsafe_path, "unpack", path, "devices and pipes are not unpacked");
    }
}

HOLDFAST_DECL void tar_index::add_file(std::string path, const tar_extent& where) {
    links_.erase(path);
    files_.insert_or_assign(std::move(path), where);
}

HOLDFAST_DECL void tar_index::add_hard_link(std::string path, std::string_view target) {
    const auto found = files_.find(member_path(target));
    if (found == files_.end()) {
        throw error(errc::corrupt, "unpack", path, "this hard link names no earlier file");
    }
    add_file(std::move(path), tar_extent(found->second));
}

}  // namespace holdfast::detail

#endif
