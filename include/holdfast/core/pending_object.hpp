#ifndef HOLDFAST_CORE_PENDING_OBJECT_HPP
#define HOLDFAST_CORE_PENDING_OBJECT_HPP

#include <string>

#include <holdfast/core/byte_source.hpp>

namespace holdfast {

/// An object that is to be stored at or below a key.
struct pending_object {
    std::string path;  ///< below the key; empty: the object is the key itself
    byte_source content;
};

}  // namespace holdfast

#endif
