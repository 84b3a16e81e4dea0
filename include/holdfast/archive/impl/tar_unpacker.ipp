#ifndef HOLDFAST_ARCHIVE_IMPL_TAR_UNPACKER_IPP
#define HOLDFAST_ARCHIVE_IMPL_TAR_UNPACKER_IPP

#include <holdfast/archive/tar_unpacker.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/crc32c.hpp>

namespace holdfast::detail {

[[noreturn]] inline void throw_unpack(errc kind, std::string_view path, std::string_view message) {
    throw error(kind, "unpack", path, message);
}

HOLDFAST_DECL tar_unpacker::tar_unpacker(unpack_target& target, extract_limits limits, bool digest,
                                         file_visitor on_file)
    : target_(target), limits_(limits), digest_(digest), on_file_(std::move(on_file)) {}

HOLDFAST_DECL void tar_unpacker::begin_member(const tar_entry& entry) {
    path_ = member_path(entry.path);
    const member_attributes kept{entry.mode & 0777, entry.modified_ns};
    if (path_.empty()) {
        if (entry.type != tar_type::directory) throw_unpack(errc::corrupt, entry.path, "a member has no name");
        root_ = kept;
        return;
    }
    count_entry(path_);
    make_parents(path_);
    switch (entry.type) {
        case tar_type::regular:
            return make_file(path_, entry.size);
        case tar_type::directory:
            return note_directory(path_, kept);
        case tar_type::symlink:
            return note_symlink(path_, entry);
        case tar_type::hard_link:
            return make_hard_link(path_, entry.target);
        case tar_type::character_device:
        case tar_type::block_device:
        case tar_type::fifo:
            throw_unpack(errc::unsafe_path, path_, "devices and pipes are not unpacked");
    }
}

HOLDFAST_DECL void tar_unpacker::member_content(std::span<const std::byte> bytes) {
    content_->write(offset_, bytes);
    if (digest_) crc32c_ = crc32c(crc32c_, bytes);
    offset_ += bytes.size();
}

HOLDFAST_DECL void tar_unpacker::bring_content(std::uint64_t size, const content_bringer& bring) {
    if (size == 0) return;  // there may be no member yet
    shifted_sink to(*content_, offset_);
    if (digest_) {
        crc32c_sink digesting(to);
        bring(digesting, &digesting);
        crc32c_ = crc32c_combine(crc32c_, digesting.value(size), size);
    } else {
        bring(to, nullptr);
    }
    offset_ += size;
}

HOLDFAST_DECL void tar_unpacker::end_member(const tar_entry& entry) {
    if (entry.type != tar_type::regular) return;
    target_.end_file({entry.mode & 0777, entry.modified_ns});
    node& made_file = nodes_.at(path_);
    made_file.size = offset_;
    made_file.crc32c = crc32c_;
    report(path_, made_file);
}

HOLDFAST_DECL void tar_unpacker::report(const std::string& path, const node& file) {
    if (on_file_) on_file_({path, file.size, digest_ ? std::optional(file.crc32c) : std::nullopt});
}

HOLDFAST_DECL void tar_unpacker::count_entry(std::string_view path) {
    if (entries_ == limits_.entries) throw_unpack(errc::too_large, path, "the archive has more entries than allowed");
    ++entries_;
}

// The node of a path; where it is an earlier member, one of the same type.
HOLDFAST_DECL tar_unpacker::node& tar_unpacker::claim(const std::string& path, made what) {
    const auto [found, is_new] = nodes_.try_emplace(path, node{.what = what});
    if (found->second.what != what) {
        throw_unpack(errc::unsafe_path, path, "this member would replace an earlier one of another type");
    }
    if (!is_new && what == made::file) target_.remove_file(path);
    return found->second;
}

HOLDFAST_DECL void tar_unpacker::make_parents(std::string_view path) {
    const std::string_view parent = parent_path(path);
    if (parent == last_parent_) return;
    for (std::size_t size = 0; size < parent.size();) {
        size = std::min(parent.find('/', size + 1), parent.size());
        std::string directory(parent.substr(0, size));
        const auto found = nodes_.find(directory);
        if (found == nodes_.end()) {
            make_implied_directory(directory);
        } else if (found->second.what != made::directory) {
            throw_unpack(errc::unsafe_path, path, "this member is below a link or a file");
        }
    }
    last_parent_ = parent;
}

HOLDFAST_DECL void tar_unpacker::make_implied_directory(const std::string& path) {
    count_entry(path);
    target_.make_directory(path, 0777);
    nodes_.try_emplace(path, node{.what = made::directory});
}

HOLDFAST_DECL void tar_unpacker::make_file(const std::string& path, std::uint64_t size) {
    if (size > limits_.bytes - bytes_) throw_unpack(errc::too_large, path, "the archive has more bytes than allowed");
    bytes_ += size;
    claim(path, made::file);
    content_ = &target_.begin_file(path);
    offset_ = 0;
    crc32c_ = 0;
}

HOLDFAST_DECL void tar_unpacker::make_hard_link(const std::string& path, std::string_view target) {
    const std::string first = member_path(target);
    const auto found = nodes_.find(first);
    if (found == nodes_.end()) throw_unpack(errc::corrupt, path, "this hard link names no earlier member");
    const node source = found->second;
    if (source.what != made::file) throw_unpack(errc::unsafe_path, path, "this hard link names no regular file");
    if (path != first) {
        node& linked = claim(path, made::file);
        target_.make_hard_link(first, path);
        linked = source;
    }
    report(path, source);
}

HOLDFAST_DECL void tar_unpacker::note_directory(const std::string& path, const member_attributes& kept) {
    if (!nodes_.contains(path)) target_.make_directory(path, 0700);
    claim(path, made::directory).kept = kept;
}

HOLDFAST_DECL void tar_unpacker::note_symlink(const std::string& path, const tar_entry& entry) {
    const std::string& target = entry.target;
    if (target.empty()) throw_unpack(errc::corrupt, path, "this symbolic link has no target");
    if (target.starts_with('/') || target.find('\0') != std::string::npos) {
        throw_unpack(errc::unsafe_path, path, "the target of this symbolic link is absolute or holds NUL");
    }
    if (target.size() >= 4096) throw_unpack(errc::too_large, path, "the target of this symbolic link is too long");
    claim(path, made::symlink).kept = member_attributes{0777, entry.modified_ns};
    links_[path] = target;
}

HOLDFAST_DECL void tar_unpacker::make_symlinks() {
    for (const auto& [path, target] : links_) {
        if (leaves_tree(links_, path)) {
            throw_unpack(errc::unsafe_path, path, "this symbolic link leads out of the directory or in a circle");
        }
    }
    for (const auto& [path, target] : links_) target_.make_symlink(target, path, nodes_.at(path).kept->modified_ns);
}

HOLDFAST_DECL void tar_unpacker::finish_directories() {
    std::vector<std::pair<std::string, member_attributes>> directories;
    for (const auto& [path, made_node] : nodes_) {
        if (made_node.what == made::directory && made_node.kept) directories.emplace_back(path, *made_node.kept);
    }
    std::ranges::sort(directories, std::ranges::greater(), [](const auto& one) { return one.first; });
    if (root_)
        directories.emplace_back("", member_attributes{root_->mode | 0700, root_->modified_ns});  // its owner goes on
    for (const auto& [path, kept] : directories) target_.finish_directory(path, kept);
}

HOLDFAST_DECL void tar_unpacker::finish() {
    make_symlinks();
    finish_directories();
}

}  // namespace holdfast::detail

#endif
