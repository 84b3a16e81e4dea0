#ifndef HOLDFAST_ARTIFACT_VERSIONS_HPP
#define HOLDFAST_ARTIFACT_VERSIONS_HPP

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/artifact/fetch_tree.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/metaflow/identity.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/metaflow/task_context.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

namespace holdfast::detail {

/// Hands out the version numbers of a task's attempt. A number is claimed by a create-only write before anything is
/// stored under it, so no two writers share one, in whatever process they run; a claim stays for ever, so a number
/// is never given twice. Python claims nothing: what it wrote is found by its documents and its data.
template <storage_backend Storage>
class version_counter {
public:
    version_counter(Storage storage, task_context context)
        : storage_(std::move(storage)), context_(std::move(context)), folder_(metaflow::folder_of(context_)) {}

    /// The number that the next save would try first; claims nothing.
    std::uint64_t peek() {
        if (!next_) next_ = first_unused();
        return *next_;
    }

    /// Claims a number under which nothing is stored for this name.
    std::uint64_t claim(const std::string& name) {
        for (auto version = peek();; ++version) {
            next_ = version + 1;
            const auto key =
                metaflow::reservation_key(folder_.root_prefix, context_.pathspec(), context_.attempt, version);
            if (reserve(storage_, key) && is_unused(name, version)) return version;
        }
    }

private:
    std::uint64_t first_unused() const {
        std::uint64_t next = 0;
        const auto claims = metaflow::reservations_prefix(folder_.root_prefix, context_.pathspec(), context_.attempt);
        storage_.list(claims, [&](const object_info& object) {
            const auto rest = std::string_view(object.key.str()).substr(claims.size() + 1);
            std::uint64_t version = 0;
            const auto end = std::from_chars(rest.data(), rest.data() + rest.size(), version);
            if (end.ec == std::errc{}) next = std::max(next, version + 1);
            return true;
        });
        storage_.list(metaflow::task_documents_prefix(folder_.root_prefix, context_.pathspec()),
                      [&](const object_info& object) {
                          const auto where = metaflow::parse_task_document_key(object.key.str());
                          if (where && where->id.attempt == context_.attempt)
                              next = std::max(next, where->id.version + 1);
                          return true;
                      });
        return next;
    }

    bool is_unused(const std::string& name, std::uint64_t version) const {
        const metaflow::checkpoint_location where{
            folder_, {metaflow::pathspec_hash(context_.pathspec()), context_.attempt, name, version}};
        const auto listed = metaflow::task_document_key(folder_.root_prefix, context_.pathspec(), where.id);
        return !storage_.head(metaflow::artifact_document_key(where)) && !storage_.head(listed) &&
               !has_data(storage_, metaflow::data_key(where));
    }

    Storage storage_;
    task_context context_;
    metaflow::artifact_folder folder_;
    std::optional<std::uint64_t> next_;
};

}  // namespace holdfast::detail

#endif
