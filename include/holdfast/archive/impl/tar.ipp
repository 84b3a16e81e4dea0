#ifndef HOLDFAST_ARCHIVE_IMPL_TAR_IPP
#define HOLDFAST_ARCHIVE_IMPL_TAR_IPP

#include <holdfast/archive/tar.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/detail/tar_codec.hpp>

namespace holdfast {

namespace detail {

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

inline tar_entry tar_entry_of(const tree_entry& entry) {
    const bool is_file = entry.type == tree_entry::kind::file;
    return {.path = entry.path,
            .type = tar_type_of(entry.type),
            .mode = entry.mode,
            .modified_ns = entry.modified_ns,
            .size = is_file ? entry.content.size() : 0,
            .target = entry.target};
}

// All that is not content lies in one text; a content follows where its mark says.
struct tar_layout {
    struct mark {
        std::size_t end;  // in `blocks`
        const byte_source* content;
    };
    std::string blocks;
    std::vector<mark> marks;
    std::uint64_t content_bytes = 0;
};

inline tar_layout layout_of_tar(const file_tree& tree) {
    tar_layout layout;
    if (!tree.is_single_file) {
        layout.blocks += encode_tar_entry({.path = ".",
                                           .type = tar_type::directory,
                                           .mode = tree.root_mode,
                                           .modified_ns = tree.root_modified_ns,
                                           .target = {}});
    }
    for (const auto& entry : tree.entries) {
        const tar_entry written = tar_entry_of(entry);
        layout.blocks += encode_tar_entry(written);
        if (written.size == 0) continue;
        layout.marks.push_back({layout.blocks.size(), &entry.content});
        layout.blocks.append(tar_padding(written.size), '\0');
        layout.content_bytes += written.size;
    }
    layout.blocks += encode_tar_end(layout.blocks.size() + layout.content_bytes);
    return layout;
}

HOLDFAST_DECL byte_source tar_source(const file_tree& tree) {
    tar_layout layout = layout_of_tar(tree);
    const auto owner = std::make_shared<const std::string>(std::move(layout.blocks));
    const auto blocks = std::as_bytes(std::span(*owner));
    byte_source source;
    std::size_t begin = 0;
    for (const auto& mark : layout.marks) {
        source.append(byte_source::memory_extent{blocks.subspan(begin, mark.end - begin), owner});
        source.append(*mark.content);
        begin = mark.end;
    }
    source.append(byte_source::memory_extent{blocks.subspan(begin), owner});
    return source;
}

}  // namespace detail

HOLDFAST_DECL packed_tree tar::pack(const file_tree& tree) {
    return std::vector<packed_object>{{"", detail::tar_source(tree)}};
}

}  // namespace holdfast

#endif
