#ifndef HOLDFAST_ARTIFACT_LATEST_HPP
#define HOLDFAST_ARTIFACT_LATEST_HPP

#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include <holdfast/artifact/documents.hpp>
#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/error.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/metaflow/document.hpp>
#include <holdfast/metaflow/layout.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/operations.hpp>

// The `latest` pointers: copies of a document, one per task and one per artifact folder. They are changed by
// compare and swap, so that of two writers neither undoes what the other committed later.
namespace holdfast::detail {

inline constexpr int latest_tries = 1000;

/// A pointer as it stands.
struct latest_state {
    std::string etag;                           ///< empty: there is none
    std::optional<checkpoint_reference> names;  ///< none: absent or damaged
    std::optional<error> damage;
};

template <storage_backend Storage>
latest_state read_latest(const Storage& storage, const object_key& key) {
    latest_state state;
    const auto info = storage.head(key);
    if (!info) return state;
    state.etag = info->etag;
    state.names = read_document<checkpoint_reference>(storage, key, state.damage);
    return state;
}

/// Whether a pointer must not move to `candidate`: it names a later save of the same task. Another task's pointer
/// is replaced: what is committed now is the latest.
inline bool is_ahead(const checkpoint_reference& current, const checkpoint_reference& candidate) {
    return current.pathspec == candidate.pathspec && saved_before(id_of(candidate), id_of(current));
}

/// Whether the store still has the document of a checkpoint; yes where the key does not say which one it is.
template <storage_backend Storage>
bool is_documented(const Storage& storage, const checkpoint_reference& document) {
    try {
        const auto where = metaflow::parse_checkpoint_key(document.key);
        return storage.head(metaflow::artifact_document_key(where)).has_value();
    } catch (const error& failed) {
        if (failed.kind() != errc::key_not_compatible) throw;
        return true;
    }
}

template <storage_backend Storage>
bool replace_latest(const Storage& storage, const object_key& key, const latest_state& state, const std::string& text) {
    const auto source = byte_source::from_text(text);
    return state.etag.empty() ? put_if_absent(storage, key, source) : put_if_match(storage, key, source, state.etag);
}

/// Moves a pointer forward to a committed save. A damaged pointer is replaced.
template <storage_backend Storage>
void advance_latest(const Storage& storage, const object_key& key, const checkpoint_reference& saved) {
    const auto text = saved.to_json();
    for (int i = 0; i < latest_tries; ++i) {
        const auto state = read_latest(storage, key);
        if (state.names && is_ahead(*state.names, saved)) return;
        if (replace_latest(storage, key, state, text)) return;
    }
    throw error(errc::unavailable, "save", key.str(), "too many writers move this pointer at once; try again");
}

/// Takes a pointer away; false where it is no longer what `state` says. A save that moves it in between finds it again
/// at what `others` has new. Once the pointer is gone no stop comes between.
template <storage_backend Storage, class Others>
bool remove_latest(const Storage& storage, const object_key& key, const latest_state& state, Others& others) {
    const auto now = storage.head(key);
    if (now && now->etag != state.etag) return false;
    storage.remove(key);
    const std::optional<checkpoint_reference> late = others.newest_since();
    if (late) put_if_absent(storage, key, byte_source::from_text(late->to_json()));
    return true;
}

/// Moves a pointer that names what is gone, or is damaged, to the newest of `others`, or takes it away where there is
/// none. What it moved to may be removed at the same time: then it moves on.
/// @param others what is gone and the checkpoints beside it, as `checkpoints_left` knows them; these asked only then
/// Errors: `cancelled`, and then the pointer is as it was or as another removal would move it; those of the storage.
template <storage_backend Storage, class Others>
void retreat_latest(const Storage& storage, const object_key& key, Others& others, const std::stop_token& stop = {}) {
    for (int i = 0; i < latest_tries; ++i) {
        check_not_stopped(stop, "remove", key.str());
        const auto state = read_latest(storage, key);
        const bool is_good = state.names ? !others.is_gone(state.names->key) : !state.damage;
        if (is_good) return;
        const std::optional<checkpoint_reference> next = others.newest(stop);
        if (!next) {
            if (remove_latest(storage, key, state, others)) return;
            continue;
        }
        if (is_documented(storage, *next)) {
            check_not_stopped(stop, "remove", key.str());
            if (!replace_latest(storage, key, state, next->to_json())) continue;
            if (is_documented(storage, *next)) return;
        }
        others.pass_over(next->key);
    }
    throw error(errc::unavailable, "remove", key.str(), "too many writers move this pointer at once; try again");
}

}  // namespace holdfast::detail

#endif
