#ifndef HOLDFAST_ARTIFACT_CHECKPOINTS_LEFT_HPP
#define HOLDFAST_ARTIFACT_CHECKPOINTS_LEFT_HPP

#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/artifact/documents.hpp>
#include <holdfast/artifact/latest.hpp>
#include <holdfast/metaflow/document.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

namespace holdfast::detail {

/// Documents below a prefix, and which of them is the newest: of one task the first in the order of attempt and
/// version, of a folder the last by time, which alone compares several tasks.
struct checkpoint_documents {
    enum class newest_by { order, time };

    std::string prefix;
    std::optional<metaflow::checkpoint_id> (*parse_id)(std::string_view);
    newest_by rule;
};

inline checkpoint_documents documents_of_task(std::string_view root_prefix, std::string_view pathspec) {
    return {metaflow::task_documents_prefix(root_prefix, pathspec), metaflow::parse_task_document_id,
            checkpoint_documents::newest_by::order};
}

inline checkpoint_documents documents_of_folder(const metaflow::artifact_folder& folder) {
    return {metaflow::artifact_documents_prefix(folder), metaflow::parse_artifact_document_id,
            checkpoint_documents::newest_by::time};
}

/// The checkpoints beside one that is removed, to one of which a `latest` pointer goes back.
template <storage_backend Storage>
class checkpoints_left {
public:
    /// @param removed the key of the checkpoint that goes
    checkpoints_left(const Storage& storage, std::string removed, checkpoint_documents documents,
                     std::string root_prefix, const transfer_limits& limits)
        : storage_(storage),
          gone_{std::move(removed)},
          documents_(std::move(documents)),
          root_prefix_(std::move(root_prefix)),
          limits_(limits) {}

    bool is_gone(const std::string& key) const { return gone_.contains(key); }

    /// Another one is gone, or was listed by an unfinished removal alone.
    void pass_over(const std::string& key) { gone_.insert(key); }

    /// The newest one that a restart may restore: it is no later than what its task's own pointer names, since a save
    /// may be kept out of `latest`. Later is what both its number and its time say, since Python numbers anew in every
    /// process.
    std::optional<checkpoint_reference> newest(const std::stop_token& stop) {
        seen_.clear();
        pointers_.clear();
        const auto listed = list_documents(storage_, documents_.prefix, documents_.parse_id, stop);
        for (const auto& one : listed) seen_.insert(one.key.str());
        return newest_of(
            listed, [this](const checkpoint_reference& found) { return may_be_latest(found); }, stop);
    }

    /// The newest one that has come since `newest` was called.
    std::optional<checkpoint_reference> newest_since() {
        auto listed = list_documents(storage_, documents_.prefix, documents_.parse_id);
        std::erase_if(listed, [this](const listed_document& one) { return seen_.contains(one.key.str()); });
        return newest_of(listed, [](const checkpoint_reference&) { return true; }, {});
    }

private:
    // Only of what would be the newest it is asked whether it is accepted, so that few tasks' pointers are read.
    template <class Accept>
    std::optional<checkpoint_reference> newest_of(const std::vector<listed_document>& listed, Accept accept,
                                                  const std::stop_token& stop) {
        const bool in_order = documents_.rule == checkpoint_documents::newest_by::order;
        std::optional<checkpoint_reference> newest;
        const auto take = [&](checkpoint_reference one) {
            if (in_order && newest && saved_before(id_of(one), id_of(*newest))) return false;
            const bool is_newer = !is_gone(one.key) && (!newest || newest->created_on < one.created_on);
            if (is_newer && accept(one)) newest = std::move(one);
            return true;
        };
        read_documents<checkpoint_reference>(storage_, listed, limits_, {}, take, stop);
        return newest;
    }

    bool may_be_latest(const checkpoint_reference& found) {
        if (!metaflow::is_task_pathspec(found.pathspec)) return false;
        auto [known, is_new] = pointers_.try_emplace(found.pathspec);
        auto& pointer = known->second;
        if (is_new) pointer = read_latest(storage_, metaflow::task_latest_key(root_prefix_, found.pathspec));
        if (!pointer.names) return pointer.damage.has_value();
        return !is_ahead(found, *pointer.names) || found.created_on <= pointer.names->created_on;
    }

    const Storage& storage_;
    std::set<std::string, std::less<>> gone_;  // keys
    checkpoint_documents documents_;
    std::string root_prefix_;
    const transfer_limits& limits_;
    std::set<std::string, std::less<>> seen_;
    std::map<std::string, latest_state> pointers_;  // of tasks
};

}  // namespace holdfast::detail

#endif
