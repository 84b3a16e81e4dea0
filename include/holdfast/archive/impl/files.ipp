#ifndef HOLDFAST_ARCHIVE_IMPL_FILES_IPP
#define HOLDFAST_ARCHIVE_IMPL_FILES_IPP

#include <holdfast/archive/files.hpp>

#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>

namespace holdfast {

HOLDFAST_DECL packed_tree files::pack(const file_tree& tree) {
    std::vector<pending_object> objects;
    objects.reserve(tree.entries.size());
    for (const auto& entry : tree.entries) {
        if (entry.type == tree_entry::kind::directory) continue;
        if (entry.type == tree_entry::kind::symlink) {
            throw error(errc::unsupported, "pack", entry.path,
                        "the format \"files\" cannot keep a symbolic link; save it as a tar, or follow links");
        }
        objects.push_back({entry.path, entry.content});
    }
    return objects;
}

}  // namespace holdfast

#endif
