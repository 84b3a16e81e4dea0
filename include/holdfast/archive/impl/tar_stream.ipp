#ifndef HOLDFAST_ARCHIVE_IMPL_TAR_STREAM_IPP
#define HOLDFAST_ARCHIVE_IMPL_TAR_STREAM_IPP

#include <holdfast/archive/tar_stream.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <holdfast/core/source_reader.hpp>
#include <holdfast/detail/copy_bytes.hpp>

namespace holdfast::detail {

inline tar_type tar_type_of(tree_entry::kind type) noexcept {
    switch (type) {
        case tree_entry::kind::file:
            return tar_type::regular;
        case tree_entry::kind::directory:
            return tar_type::directory;
        case tree_entry::kind::symlink:
            return tar_type::symlink;
        case tree_entry::kind::hard_link:
            return tar_type::hard_link;
    }
    return tar_type::regular;
}

HOLDFAST_DECL tar_entry tar_entry_of(const tree_entry& entry) {
    const bool is_file = entry.type == tree_entry::kind::file;
    return {.path = entry.path,
            .type = tar_type_of(entry.type),
            .mode = entry.mode,
            .modified_ns = entry.modified_ns,
            .size = is_file ? entry.content.size() : 0,
            .target = entry.target};
}

HOLDFAST_DECL tar_entry root_entry_of(const file_tree& tree) {
    return {.path = ".",
            .type = tar_type::directory,
            .mode = tree.root_mode,
            .modified_ns = tree.root_modified_ns,
            .target = {}};
}

/// An archive piece by piece: the blocks before a content, then the content.
class tar_writer {
public:
    tar_writer(const file_tree& tree, content_visitor see) : tree_(tree), see_(std::move(see)) {
        if (!tree.is_single_file) begin_member(root_entry_of(tree));
    }

    std::size_t read(std::span<std::byte> out) {
        std::size_t done = 0;
        while (done < out.size()) {
            const std::size_t count = read_piece(out.subspan(done));
            if (count == 0 && !begin_piece()) break;
            done += count;
        }
        return done;
    }

private:
    // 0 at its end
    std::size_t read_piece(std::span<std::byte> out) {
        if (blocks_read_ == blocks_.size()) return content_ ? read_content(out) : 0;
        const auto rest = std::as_bytes(std::span(blocks_)).subspan(blocks_read_);
        const auto copied = rest.first(std::min(rest.size(), out.size()));
        copy_bytes(copied, out);
        blocks_read_ += copied.size();
        return copied.size();
    }

    std::size_t read_content(std::span<std::byte> out) {
        const std::size_t count = content_->read(out);
        if (see_ && count > 0) see_(tree_.entries[next_ - 1], out.first(count));
        return count;
    }

    // False after the last.
    bool begin_piece() {
        if (is_at_end_) return false;
        content_.reset();
        blocks_.assign(tar_padding(size_), '\0');
        size_ += blocks_.size();
        blocks_read_ = 0;
        if (next_ < tree_.entries.size()) {
            const auto& entry = tree_.entries[next_++];
            begin_member(tar_entry_of(entry));
            if (entry.type == tree_entry::kind::file) content_.emplace(entry.content);
        } else {
            is_at_end_ = true;
            blocks_ += encode_tar_end(size_);
        }
        return true;
    }

    void begin_member(const tar_entry& entry) {
        const std::string headers = encode_tar_entry(entry);
        blocks_ += headers;
        size_ += headers.size() + entry.size;
    }

    const file_tree& tree_;
    content_visitor see_;
    std::size_t next_ = 0;    // entry
    std::uint64_t size_ = 0;  // bytes up to the end of the piece
    std::string blocks_;
    std::size_t blocks_read_ = 0;
    std::optional<source_reader> content_;
    bool is_at_end_ = false;
};

HOLDFAST_DECL byte_stream tar_stream(const file_tree& tree, content_visitor see) {
    return [writer = std::make_shared<tar_writer>(tree, std::move(see))](std::span<std::byte> out) {
        return writer->read(out);
    };
}

}  // namespace holdfast::detail

#endif
