#ifndef HOLDFAST_ARTIFACT_UNFINISHED_SAVES_HPP
#define HOLDFAST_ARTIFACT_UNFINISHED_SAVES_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/core/object_info.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/config.hpp>
#include <holdfast/metaflow/artifact_place.hpp>
#include <holdfast/storage/backend.hpp>
#include <holdfast/storage/list_objects.hpp>

namespace holdfast {

/// Data of a checkpoint, hub entry or model that has no document, so that nothing lists or loads it.
struct unfinished_save {
    std::string key;
    std::uint64_t objects = 0;
    std::uint64_t size = 0;                            ///< bytes
    std::chrono::system_clock::time_point modified{};  ///< when the store took the last of its objects
};

namespace detail {

using saves_by_key = std::map<std::string, unfinished_save, std::less<>>;

template <storage_backend Storage>
saves_by_key data_of_place(const Storage& storage, const metaflow::artifact_place& place, const std::stop_token& stop) {
    saves_by_key found;
    const auto add = [&](const object_info& object) {
        const auto key = place.key_of_data(object.key.str());
        if (!key) return true;
        auto& save = found[*key];
        save.key = *key;
        ++save.objects;
        save.size += object.size;
        save.modified = std::max(save.modified, object.modified);
        return true;
    };
    list_objects(storage, place.data_prefix(), add, stop);
    return found;
}

/// Every save without a document whose newest object is older than `before`. Data are listed first, so that a save
/// which is committed meanwhile has its document in the second list.
template <storage_backend Storage>
std::vector<unfinished_save> unfinished_saves_before(const Storage& storage,
                                                     std::chrono::system_clock::time_point before,
                                                     const std::stop_token& stop) {
    std::vector<unfinished_save> unfinished;
    for (const auto& place : metaflow::artifact_places) {
        auto saves = data_of_place(storage, place, stop);
        const auto finish = [&](const object_key& document) {
            const auto key = place.key_of_document(document.str());
            if (!key) return true;
            saves.erase(*key);
            // Python lets a label or a name hold '/': its data are counted under the first part
            if (const auto outer = place.key_of_data(*key)) saves.erase(*outer);
            return true;
        };
        list_keys(storage, place.documents_prefix(), finish, stop);
        for (auto& [key, save] : saves) {
            if (save.modified < before) unfinished.push_back(std::move(save));
        }
    }
    return unfinished;
}

}  // namespace detail
}  // namespace holdfast

#endif
