#ifndef HOLDFAST_STORAGE_LOCAL_LISTING_HPP
#define HOLDFAST_STORAGE_LOCAL_LISTING_HPP

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/beneath.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/storage/local/staged_object.hpp>

namespace holdfast::detail {

/// Goes down a local store without recursion; what vanishes meanwhile is passed over.
class local_listing {
public:
    using visitor = std::function<bool(const object_key&, const file_status&)>;

    local_listing(const beneath& root, entry_status wanted, visitor visit)
        : root_(root), wanted_(wanted), visit_(std::move(visit)) {}

    void run(std::string_view prefix) {
        pending_.emplace_back(prefix);
        while (!pending_.empty()) {
            const std::string directory = std::move(pending_.back());
            pending_.pop_back();
            for (const auto& [name, status] : entries(directory)) {
                const std::string path = directory.empty() ? name : directory + '/' + name;
                if (path != local_private_directory && !visit_entry(path, status)) return;
            }
        }
    }

private:
    // a link is no directory of the store, also one that took a directory's place just now
    std::vector<std::pair<std::string, file_status>> entries(const std::string& directory) const {
        try {
            return root_.entries(directory, wanted_);
        } catch (const error& failure) {
            if (failure.kind() != errc::unsafe_path) throw;
            return {};
        }
    }

    bool visit_entry(const std::string& path, const file_status& status) {
        const auto key = object_key::parse(path);
        if (!key) return true;
        if (status.kind == file_kind::directory) pending_.push_back(path);
        return status.kind != file_kind::regular || visit_(*key, status);
    }

    const beneath& root_;
    entry_status wanted_;
    visitor visit_;
    std::vector<std::string> pending_;
};

}  // namespace holdfast::detail

#endif
