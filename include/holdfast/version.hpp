#ifndef HOLDFAST_VERSION_HPP
#define HOLDFAST_VERSION_HPP

#include <string_view>

// The one source of the version: CMake and meson read it from these three lines.
#define HOLDFAST_VERSION_MAJOR 0
#define HOLDFAST_VERSION_MINOR 1
#define HOLDFAST_VERSION_PATCH 0

#define HOLDFAST_DETAIL_TEXT_OF(value) #value
#define HOLDFAST_DETAIL_VERSION(major, minor, patch) \
    HOLDFAST_DETAIL_TEXT_OF(major) "." HOLDFAST_DETAIL_TEXT_OF(minor) "." HOLDFAST_DETAIL_TEXT_OF(patch)

namespace holdfast {

/// "major.minor.patch", as in semantic versioning.
inline constexpr std::string_view version =
    HOLDFAST_DETAIL_VERSION(HOLDFAST_VERSION_MAJOR, HOLDFAST_VERSION_MINOR, HOLDFAST_VERSION_PATCH);

}  // namespace holdfast

#undef HOLDFAST_DETAIL_VERSION
#undef HOLDFAST_DETAIL_TEXT_OF

#endif
