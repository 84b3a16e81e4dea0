#ifndef HOLDFAST_CORE_OBJECT_INFO_HPP
#define HOLDFAST_CORE_OBJECT_INFO_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <holdfast/core/object_key.hpp>

namespace holdfast {

/// What a store knows of an object without reading it.
struct object_info {
    object_key key;
    std::uint64_t size = 0;                            ///< bytes
    std::chrono::system_clock::time_point modified{};  ///< when the store took it
    std::string etag = {};                             ///< changes whenever the content does; opaque; never empty where
                                                       ///< `get` or `head` tells it
    std::optional<std::uint32_t> crc32c = {};          ///< of the content, where the call computed it
};

}  // namespace holdfast

#endif
