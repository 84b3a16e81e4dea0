#ifndef HOLDFAST_ARCHIVE_IMPL_TAR_UNPACKER_IPP
#define HOLDFAST_ARCHIVE_IMPL_TAR_UNPACKER_IPP

#include <holdfast/archive/tar_unpacker.hpp>

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/crc32c.hpp>

namespace holdfast::detail {

[[noreturn]] inline void throw_unpack(errc kind, std::string_view path, std::string_view message) {
    throw error(kind, "unpack", path, message);
}

inline void require_unpacked(const std::error_code& failure, std::string_view path) {
    if (failure) throw error::from_errno(failure.value(), "unpack", path);
}

HOLDFAST_DECL tar_unpacker::tar_unpacker(std::filesystem::path directory, extract_limits limits, file_visitor on_file)
    : directory_(std::move(directory)), limits_(limits), on_file_(std::move(on_file)) {
    std::error_code failure;
    const bool is_empty = std::filesystem::is_empty(directory_, failure);
    require_unpacked(failure, directory_.string());
    if (!is_empty || !std::filesystem::is_directory(directory_)) {
        throw_unpack(errc::precondition_failed, directory_.string(), "this is not an empty directory; give a new one");
    }
}

HOLDFAST_DECL void tar_unpacker::begin_member(const tar_entry& entry) {
    path_ = member_path(entry.path);
    const attributes kept{entry.mode & 0777, entry.modified_ns};
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
    file_.write_at(offset_, bytes);
    crc32c_ = crc32c(crc32c_, bytes);
    offset_ += bytes.size();
}

HOLDFAST_DECL void tar_unpacker::end_member(const tar_entry& entry) {
    if (entry.type != tar_type::regular) return;
    file_.set_mode(entry.mode & 0777);
    file_.set_modified(entry.modified_ns);
    file_.close_checked();
    node& made_file = nodes_.at(path_);
    made_file.size = offset_;
    made_file.crc32c = crc32c_;
    if (on_file_) on_file_({path_, offset_, crc32c_});
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
    if (!is_new && what == made::file) {
        std::error_code failure;
        std::filesystem::remove(full_path(path), failure);
        require_unpacked(failure, path);
    }
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
    make_directory(full_path(path), 0777);
    nodes_.try_emplace(path, node{.what = made::directory});
}

HOLDFAST_DECL void tar_unpacker::make_file(const std::string& path, std::uint64_t size) {
    if (size > limits_.bytes - bytes_) throw_unpack(errc::too_large, path, "the archive has more bytes than allowed");
    bytes_ += size;
    claim(path, made::file);
    file_ = file::create_new(full_path(path), 0600);
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
        std::error_code failure;
        std::filesystem::create_hard_link(full_path(first), full_path(path), failure);
        require_unpacked(failure, path);
        linked = source;
    }
    if (on_file_) on_file_({path, source.size, source.crc32c});
}

HOLDFAST_DECL void tar_unpacker::note_directory(const std::string& path, const attributes& kept) {
    if (!nodes_.contains(path)) make_directory(full_path(path), 0700);
    claim(path, made::directory).kept = kept;
}

HOLDFAST_DECL void tar_unpacker::note_symlink(const std::string& path, const tar_entry& entry) {
    const std::string& target = entry.target;
    if (target.empty()) throw_unpack(errc::corrupt, path, "this symbolic link has no target");
    if (target.starts_with('/') || target.find('\0') != std::string::npos) {
        throw_unpack(errc::unsafe_path, path, "the target of this symbolic link is absolute or holds NUL");
    }
    if (target.size() >= 4096) throw_unpack(errc::too_large, path, "the target of this symbolic link is too long");
    claim(path, made::symlink).kept = attributes{0777, entry.modified_ns};
    links_[path] = target;
}

HOLDFAST_DECL void tar_unpacker::make_symlinks() {
    for (const auto& [path, target] : links_) {
        if (leaves_tree(links_, path)) {
            throw_unpack(errc::unsafe_path, path, "this symbolic link leads out of the directory or in a circle");
        }
    }
    for (const auto& [path, target] : links_) {
        make_symlink(target, full_path(path));
        set_path_modified(full_path(path), nodes_.at(path).kept->modified_ns, false);
    }
}

HOLDFAST_DECL void tar_unpacker::finish_directories() {
    std::vector<std::pair<std::string_view, attributes>> directories;
    for (const auto& [path, made_node] : nodes_) {
        if (made_node.what == made::directory && made_node.kept) directories.emplace_back(path, *made_node.kept);
    }
    std::ranges::sort(directories, std::ranges::greater(), [](const auto& one) { return one.first; });
    if (root_) directories.emplace_back("", attributes{root_->mode | 0700, root_->modified_ns});  // its owner goes on
    for (const auto& [path, kept] : directories) {
        const std::filesystem::path full = path.empty() ? directory_ : full_path(path);
        set_path_modified(full, kept.modified_ns, true);
        set_path_mode(full, kept.mode);
    }
}

HOLDFAST_DECL void tar_unpacker::finish() {
    make_symlinks();
    finish_directories();
}

}  // namespace holdfast::detail

#endif
