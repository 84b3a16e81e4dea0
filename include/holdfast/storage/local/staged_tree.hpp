#ifndef HOLDFAST_STORAGE_LOCAL_STAGED_TREE_HPP
#define HOLDFAST_STORAGE_LOCAL_STAGED_TREE_HPP

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/beneath.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/transfer_limits.hpp>

namespace holdfast::detail {

/// The path without its last part; empty for a path of one.
inline std::string_view directory_above(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

/// Whether objects can be the files of one directory: no path twice, and none below another's.
HOLDFAST_DECL bool can_share_directory(std::span<const pending_object> objects);

/// The objects below one prefix that are being written, as a directory that no key names; removed with this unless
/// it was taken over.
class staged_tree {
public:
    /// @param private_directory outlives this
    HOLDFAST_DECL explicit staged_tree(const beneath& private_directory);
    staged_tree(const staged_tree&) = delete;
    staged_tree& operator=(const staged_tree&) = delete;
    HOLDFAST_DECL ~staged_tree();

    /// Writes the objects, `limits.connections` at a time; `durable`: they and their directories survive a loss of
    /// power.
    HOLDFAST_DECL std::vector<stored_object> put(const object_key& prefix, std::span<const pending_object> objects,
                                                 const put_options& options, const transfer_limits& limits,
                                                 bool durable) const;

    /// The directory's name in the private one; empty when it was taken over.
    const std::string& name() const noexcept { return name_; }

    /// The directory has another name now.
    void taken_over() noexcept { name_.clear(); }

private:
    HOLDFAST_DECL std::vector<std::string> make_directories(std::span<const pending_object> objects) const;

    const beneath& private_directory_;
    std::string name_;
    beneath top_;
};

}  // namespace holdfast::detail

#ifndef HOLDFAST_SEPARATE_COMPILATION
#include <holdfast/storage/local/impl/staged_tree.ipp>
#endif

#endif
