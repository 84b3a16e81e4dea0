#ifndef HOLDFAST_ARCHIVE_IMPL_TAR_IPP
#define HOLDFAST_ARCHIVE_IMPL_TAR_IPP

#include <holdfast/archive/tar.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/archive/tar_stream.hpp>
#include <holdfast/detail/copy_bytes.hpp>
#include <holdfast/detail/tar_codec.hpp>

namespace holdfast {

namespace detail {

/// All of an archive that is not content, one after the other: of each member the headers and the padding behind its
/// content, then the end. A member costs its entry and not its blocks: they are made when they are read.
class tar_frame {
public:
    /// Returns where the headers of the member end.
    std::uint64_t add(tar_entry entry) {
        const std::uint64_t headers = encode_tar_entry(entry).size();
        members_.push_back({std::move(entry), size_, headers});
        size_ += headers + tar_padding(members_.back().entry.size);
        content_bytes_ += members_.back().entry.size;
        return members_.back().begin + headers;
    }

    /// Returns the size.
    std::uint64_t finish() { return size_ += encode_tar_end(size_ + content_bytes_).size(); }

    std::size_t read(std::uint64_t offset, std::span<std::byte> out) const {
        const auto next = std::ranges::upper_bound(members_, offset, {}, &member::begin);
        const std::uint64_t end = next == members_.end() ? size_ : next->begin;
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), end - offset));
        const auto zeros =
            copy_headers(next == members_.begin() ? nullptr : &*std::prev(next), offset, out.first(count));
        std::ranges::fill(zeros, std::byte{0});
        return count;
    }

private:
    struct member {
        tar_entry entry;
        std::uint64_t begin;    // in the frame
        std::uint64_t headers;  // bytes
    };

    // Returns what is left of `out`.
    static std::span<std::byte> copy_headers(const member* from, std::uint64_t offset, std::span<std::byte> out) {
        if (from == nullptr || offset - from->begin >= from->headers) return out;
        const std::string blocks = encode_tar_entry(from->entry);
        const auto rest = std::as_bytes(std::span(blocks)).subspan(static_cast<std::size_t>(offset - from->begin));
        const auto copied = rest.first(std::min(rest.size(), out.size()));
        copy_bytes(copied, out);
        return out.subspan(copied.size());
    }

    std::vector<member> members_;
    std::uint64_t size_ = 0;
    std::uint64_t content_bytes_ = 0;
};

HOLDFAST_DECL byte_source tar_source(const file_tree& tree) {
    const auto frame = std::make_shared<tar_frame>();
    const auto generate = std::make_shared<const byte_generator>(
        [frame](std::uint64_t offset, std::span<std::byte> out) { return frame->read(offset, out); });
    byte_source source;
    std::uint64_t begin = 0;
    const auto append_frame = [&](std::uint64_t end) {
        source.append(byte_source::generated_extent{generate, begin, end - begin});
        begin = end;
    };
    if (!tree.is_single_file) frame->add(root_entry_of(tree));
    for (const auto& entry : tree.entries) {
        const std::uint64_t headers_end = frame->add(tar_entry_of(entry));
        if (entry.type != tree_entry::kind::file || entry.content.size() == 0) continue;
        append_frame(headers_end);
        source.append(entry.content);
    }
    append_frame(frame->finish());
    return source;
}

}  // namespace detail

HOLDFAST_DECL packed_tree tar::pack(const file_tree& tree) {
    return std::vector<pending_object>{{"", detail::tar_source(tree)}};
}

HOLDFAST_DECL byte_stream tar::stream(const file_tree& tree, content_visitor see) {
    return detail::tar_stream(tree, std::move(see));
}

}  // namespace holdfast

#endif
