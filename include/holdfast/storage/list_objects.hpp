#ifndef HOLDFAST_STORAGE_LIST_OBJECTS_HPP
#define HOLDFAST_STORAGE_LIST_OBJECTS_HPP

#include <stop_token>
#include <string_view>

#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/cancellation.hpp>
#include <holdfast/storage/backend.hpp>

namespace holdfast {

/// Visits every object below `prefix/`, as the storage's `list`, until `visit` returns false or the caller asks to
/// stop.
///
/// Effects: no request where `stop` was asked to before; one that is on its way is waited for.
/// Errors: `cancelled`; those of the storage.
template <storage_backend Storage>
void list_objects(const Storage& storage, std::string_view prefix, const list_visitor& visit,
                  const std::stop_token& stop = {}) {
    detail::check_not_stopped(stop, "list", prefix);
    storage.list(prefix, [&](const object_info& object) { return !stop.stop_requested() && visit(object); });
    detail::check_not_stopped(stop, "list", prefix);
}

/// The same for the keys alone: by the storage's `void list_keys(std::string_view prefix, const key_visitor& visit)
/// const` where it has one, as a store has that would look at every object to say more of it.
template <storage_backend Storage>
void list_keys(const Storage& storage, std::string_view prefix, const key_visitor& visit,
               const std::stop_token& stop = {}) {
    detail::check_not_stopped(stop, "list", prefix);
    const key_visitor look = [&](const object_key& key) { return !stop.stop_requested() && visit(key); };
    if constexpr (requires { storage.list_keys(prefix, look); }) {
        storage.list_keys(prefix, look);
    } else {
        storage.list(prefix, [&](const object_info& object) { return look(object.key); });
    }
    detail::check_not_stopped(stop, "list", prefix);
}

}  // namespace holdfast

#endif
