#ifndef HOLDFAST_ARTIFACT_RESTORING_HPP
#define HOLDFAST_ARTIFACT_RESTORING_HPP

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/artifact/checkpoint_reader.hpp>
#include <holdfast/artifact/documents.hpp>
#include <holdfast/artifact/latest.hpp>
#include <holdfast/artifact/options.hpp>
#include <holdfast/artifact/verification.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/metaflow/document.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/metaflow/task_context.hpp>
#include <holdfast/storage/backend.hpp>

namespace holdfast {

/// A damaged checkpoint, pointer or document that a restore passed over.
struct skipped_checkpoint {
    std::string key;
    errc kind = errc::corrupt;
    std::string why;
};

/// One search for the newest good checkpoint of a task.
template <storage_backend Storage>
class restoring {
public:
    restoring(const checkpoint_reader<Storage>& reader, task_context context, restore_options options)
        : reader_(reader), context_(std::move(context)), options_(std::move(options)) {}

    /// Loads what the policy finds into `target`. Errors: `corrupt` where all that is there is damaged.
    std::optional<checkpoint_reference> run(load_policy policy, const std::filesystem::path& target) {
        auto found = options_.name ? newest(by_task(), nullptr, target) : from_task(target);
        if (!found && policy == load_policy::eager && (options_.step_back || !has_damage()))
            found = options_.name ? newest(by_folder(), nullptr, target) : from_folder(target);
        if (!found) refuse_damage();
        return found;
    }

    const std::vector<skipped_checkpoint>& skipped() const noexcept { return skipped_; }

private:
    using found_checkpoint = std::optional<checkpoint_reference>;

    found_checkpoint from_task(const std::filesystem::path& target) {
        const auto key = metaflow::task_latest_key(metaflow::checkpoints_prefix, context_.pathspec());
        return follow(key, target, [this] { return by_task(); });
    }

    found_checkpoint from_folder(const std::filesystem::path& target) {
        const auto key = metaflow::artifact_latest_key(metaflow::folder_of(context_));
        return follow(key, target, [this] { return by_folder(); });
    }

    /// What a pointer names, else the newest good one before it. No pointer: nothing was saved to be restored.
    template <class Others>
    found_checkpoint follow(const object_key& pointer, const std::filesystem::path& target, Others others) {
        const auto state = reader_.latest(pointer);
        if (state.etag.empty()) return std::nullopt;
        if (state.damage) skipped_.push_back({pointer.str(), state.damage->kind(), state.damage->message()});
        if (state.names && load(*state.names, target)) return state.names;
        if (!options_.step_back) return std::nullopt;
        return newest(others(), state.names ? &*state.names : nullptr, target);
    }

    /// By its time, or within a task by attempt and version: clocks of several machines may differ, and Python
    /// numbers anew in every process.
    static bool was_before(const checkpoint_reference& candidate, const checkpoint_reference& bound) {
        if (candidate.key == bound.key) return false;
        return candidate.created_on <= bound.created_on || detail::is_ahead(bound, candidate);
    }

    /// The first of the candidates that is good and, where a bound is given, was saved before it.
    found_checkpoint newest(std::vector<checkpoint_reference> candidates, const checkpoint_reference* bound,
                            const std::filesystem::path& target) {
        for (auto& candidate : candidates) {
            if (bound != nullptr && !was_before(candidate, *bound)) continue;
            if (load(candidate, target)) return std::move(candidate);
            if (!options_.step_back) return std::nullopt;
        }
        return std::nullopt;
    }

    bool load(const checkpoint_reference& candidate, const std::filesystem::path& target) {
        const auto is_known = [&](const skipped_checkpoint& each) { return each.key == candidate.key; };
        if (std::ranges::any_of(skipped_, is_known)) return false;
        try {
            reader_.load(candidate, target, options_.load);
            return true;
        } catch (const error& failed) {
            if (failed.kind() != errc::not_found && !is_damage(failed.kind())) throw;
            skipped_.push_back({candidate.key, meaning_of(failed.kind(), candidate), failed.message()});
            return false;
        }
    }

    // What was removed is not damage; what lost its data while its document stands is.
    static bool is_damaged(const skipped_checkpoint& each) { return each.kind != errc::not_found; }
    bool has_damage() const { return std::ranges::any_of(skipped_, is_damaged); }

    // What loses its document while it is loaded was removed, whatever of its data is still there.
    errc meaning_of(errc kind, const checkpoint_reference& candidate) const {
        if (!reader_.is_documented(candidate)) return errc::not_found;
        return kind == errc::not_found ? errc::corrupt : kind;
    }

    list_options listing() {
        list_options options;
        options.name = options_.name;
        options.stop = options_.load.stop;
        options.on_damage = [this](const error& failed) {
            skipped_.push_back({failed.key(), failed.kind(), failed.message()});
        };
        return options;
    }

    std::vector<checkpoint_reference> by_task() { return reader_.list_task(context_.pathspec(), listing()); }
    std::vector<checkpoint_reference> by_folder() {
        return reader_.list_folder(metaflow::folder_of(context_), listing());
    }

    /// A restart from nothing must not happen because what was there is damaged.
    void refuse_damage() const {
        const auto first = std::ranges::find_if(skipped_, is_damaged);
        if (first == skipped_.end()) return;
        throw error(
            first->kind == errc::unsafe_path ? first->kind : errc::corrupt, "restore", first->key,
            first->why + "; no good checkpoint is left to step back to (remove the damaged ones to start anew)");
    }

    const checkpoint_reader<Storage>& reader_;
    task_context context_;
    restore_options options_;
    std::vector<skipped_checkpoint> skipped_;
};

}  // namespace holdfast

#endif
