#ifndef HOLDFAST_ARCHIVE_IMPL_FILE_TREE_IPP
#define HOLDFAST_ARCHIVE_IMPL_FILE_TREE_IPP

#include <holdfast/archive/file_tree.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include <holdfast/archive/safe_path.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/detail/utf8.hpp>

namespace holdfast {

namespace detail {

class tree_scanner {
public:
    tree_scanner(file_tree& tree, symlink_policy links) : tree_(tree), links_(links) {}

    void scan_directory(const std::string& path, const std::string& prefix, const file_status& status) {
        const auto identity = std::pair(status.device, status.inode);
        if (std::ranges::find(open_, identity) != open_.end()) {
            throw error(errc::unsafe_path, "scan", path,
                        "a symbolic link leads back to a directory above it; remove it or save a tar that keeps links");
        }
        open_.push_back(identity);
        const std::string above = path.ends_with('/') ? path : path + '/';
        for (const auto& [name, found] : entries_of(path)) scan_entry(above + name, prefix + name, found);
        open_.pop_back();
    }

    void scan_file(std::string path, std::string name, const file_status& status) {
        require_utf8(name);
        tree_entry entry;
        entry.path = std::move(name);
        entry.mode = status.mode;
        entry.modified_ns = status.modified_ns;
        entry.content = byte_source::from_file(std::make_shared<const source_file>(std::move(path), status));
        if (status.links > 1) several_names_[entry.path] = {status.device, status.inode};
        tree_.entries.push_back(std::move(entry));
    }

    /// After the last entry: puts them in order and finds the names of one file.
    void finish() {
        std::ranges::sort(tree_.entries, {}, &tree_entry::path);
        std::map<identity_type, std::string> first_names;
        for (auto& entry : tree_.entries) {
            const auto found = several_names_.find(entry.path);
            if (found == several_names_.end()) continue;
            const auto [first, is_first] = first_names.try_emplace(found->second, entry.path);
            if (is_first) continue;
            entry.type = tree_entry::kind::hard_link;
            entry.target = first->second;
        }
        check_kept_links();
    }

private:
    using identity_type = std::pair<std::uint64_t, std::uint64_t>;  // device, inode

    void scan_entry(std::string path, std::string name, file_status status) {
        require_utf8(name);
        if (status.kind == file_kind::symlink) {
            if (links_ == symlink_policy::refuse) {
                throw error(errc::unsafe_path, "scan", path, "this is a symbolic link, and links are refused");
            }
            if (links_ == symlink_policy::keep) return keep_link(path, std::move(name), status);
            status = status_behind(path);
        }
        if (status.kind != file_kind::directory) return scan_file(std::move(path), std::move(name), status);
        tree_entry entry;
        entry.path = name;
        entry.type = tree_entry::kind::directory;
        entry.mode = status.mode;
        entry.modified_ns = status.modified_ns;
        tree_.entries.push_back(std::move(entry));
        scan_directory(path, name + '/', status);
    }

    static file_status status_behind(const std::string& link) {
        try {
            return status_of(link, true);
        } catch (const error& failure) {
            if (failure.kind() != errc::not_found) throw;
            throw error(errc::not_found, "scan", link,
                        "this symbolic link names nothing; remove it or save a tar that keeps links");
        }
    }

    void keep_link(const std::string& path, std::string name, const file_status& status) {
        tree_entry entry;
        entry.path = std::move(name);
        entry.type = tree_entry::kind::symlink;
        entry.mode = 0777;
        entry.modified_ns = status.modified_ns;
        entry.target = detail::read_symlink(path);
        require_utf8(entry.target);
        kept_[entry.path] = entry.target;
        tree_.entries.push_back(std::move(entry));
    }

    // By the same rule as an unpacker's, so that whatever is saved can be loaded.
    void check_kept_links() const {
        for (const auto& [path, target] : kept_) {
            if (!leaves_tree(kept_, path)) continue;
            throw error(
                errc::unsafe_path, "scan", path,
                "this symbolic link leads out of the tree or in a circle; make it relative, or save what links name in "
                "their place (symlink_policy::follow; the tool's --follow-links)");
        }
    }

    static void require_utf8(const std::string& name) {
        if (is_utf8(name)) return;
        throw error(errc::invalid_argument, "scan", name, "this name is not UTF-8; rename the file");
    }

    file_tree& tree_;
    symlink_policy links_;
    std::vector<identity_type> open_;  // the directories above
    std::map<std::string, identity_type> several_names_;
    tree_links kept_;
};

}  // namespace detail

HOLDFAST_DECL std::uint64_t file_tree::file_bytes() const {
    std::uint64_t sum = 0;
    for (const auto& entry : entries) sum += entry.content.size();
    return sum;
}

HOLDFAST_DECL file_tree scan_tree(const std::filesystem::path& path, symlink_policy links) {
    const detail::file_status status = detail::status_of(path, true);
    file_tree tree;
    detail::tree_scanner scanner(tree, links);
    if (status.kind == detail::file_kind::directory) {
        tree.root_mode = status.mode;
        tree.root_modified_ns = status.modified_ns;
        scanner.scan_directory(path.string(), "", status);
    } else {
        tree.is_single_file = true;
        scanner.scan_file(path.string(), path.filename().string(), status);
    }
    scanner.finish();
    return tree;
}

}  // namespace holdfast

#endif
