#ifndef HOLDFAST_STORAGE_RESERVATION_HPP
#define HOLDFAST_STORAGE_RESERVATION_HPP

#include <array>
#include <concepts>
#include <cstddef>

#include <holdfast/core/byte_source.hpp>
#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/hex.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/storage/backend.hpp>

namespace holdfast {

/// A handle that reserves by itself, because its type does not tell what the store behind it is able to do.
/// Models: `any_storage`.
template <class Storage>
concept reserving_storage = storage_backend<Storage> && requires(const Storage& storage, const object_key& key) {
    { storage.reserve(key) } -> std::same_as<bool>;
};

namespace detail {

inline object_key new_claim(const object_key& key) {
    std::array<std::byte, 16> random{};
    random_bytes(random);
    return key / to_hex(random);
}

// At most one wins: each writes its claim before it lists. Of two that would win, the one whose write ended last
// listed after the other's write; a winner's claim stays, so the list showed it, and the last one was not alone.
// Two that see each other may both lose.
template <storage_backend Storage>
bool reserve_by_claim(const Storage& storage, const object_key& key) {
    const object_key own = new_claim(key);
    storage.put(own, byte_source{}, {});
    bool alone = true;
    storage.list(key.str(), [&](const object_info& claim) { return alone = claim.key == own; });
    if (!alone) storage.remove(own);
    return alone;
}

}  // namespace detail

/// Claims a key for good; true for one caller at most, ever, among all processes that reserve on this store with
/// handles of the same abilities.
///
/// Effects: with the create-only ability exactly one of any number of callers wins, and an empty object stands at
/// `key`. Without it the winner's claim stands below `key/`; callers at the same time may all lose, and so may all
/// later ones where a caller ended half-way: a loser goes on with another key. After an error the key counts as
/// lost.
template <storage_backend Storage>
bool reserve(const Storage& storage, const object_key& key) {
    if constexpr (reserving_storage<Storage>) {
        return storage.reserve(key);
    } else if constexpr (create_only_storage<Storage>) {
        return storage.put_if_absent(key, byte_source{}, {});
    } else {
        return detail::reserve_by_claim(storage, key);
    }
}

}  // namespace holdfast

#endif
