#ifndef HOLDFAST_STORAGE_LOCAL_KEY_RULES_HPP
#define HOLDFAST_STORAGE_LOCAL_KEY_RULES_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <holdfast/core/error.hpp>
#include <holdfast/core/object_key.hpp>
#include <holdfast/detail/beneath.hpp>
#include <holdfast/detail/system.hpp>
#include <holdfast/storage/local/staged_object.hpp>

// What a key must be, so that a file can have it.
namespace holdfast::detail {

inline constexpr std::size_t local_max_name = 255;  // bytes; of every file system in use

inline std::string_view local_name(const object_key& key) {
    return std::string_view(key.str()).substr(key.str().rfind('/') + 1);
}

inline bool is_local_private(const object_key& key) {
    return key.str() == local_private_directory || key.is_below(local_private_directory);
}

inline void check_local_key(std::string_view operation, const object_key& key) {
    std::string_view rest = key.str();
    if (is_local_private(key)) {
        throw error(errc::invalid_argument, operation, key.str(),
                    "'.holdfast' is the store's own directory; choose another first part");
    }
    while (!rest.empty()) {
        const std::string_view part = rest.substr(0, rest.find('/'));
        if (part.size() > local_max_name) {
            throw error(errc::invalid_argument, operation, key.str(),
                        "a part of a key on a local store has at most 255 bytes; use shorter names");
        }
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    }
}

// A file system cannot hold "a" and "a/b" both.
inline void check_no_object_above(const beneath& root, const object_key& key) {
    const std::string& text = key.str();
    for (std::size_t slash = text.find('/'); slash != std::string::npos; slash = text.find('/', slash + 1)) {
        const std::string above = text.substr(0, slash);
        const auto found = root.status(above);
        if (!found) return;
        if (found->kind != file_kind::directory) {
            throw error(errc::invalid_argument, "put", text,
                        "'" + above + "' is an object, and a local store has none below an object; use another key");
        }
    }
}

inline void check_no_conflict(const beneath& root, const object_key& key) {
    const auto parent = root.find_directory(key.parent());
    if (!parent) return check_no_object_above(root, key);
    const auto found = parent->status(local_name(key));
    if (found && found->kind != file_kind::regular) {
        throw error(errc::invalid_argument, "put", key.str(),
                    "there are objects below this key, so a local store cannot hold one at it; use another key");
    }
}

}  // namespace holdfast::detail

#endif
