#ifndef HOLDFAST_DETAIL_SYSTEM_CALLS_HPP
#define HOLDFAST_DETAIL_SYSTEM_CALLS_HPP

#include <cerrno>
#include <filesystem>
#include <string_view>

#include <holdfast/core/error.hpp>

// How the doors call the system, and how its refusals become errors.
namespace holdfast::detail {

template <class Call>
auto retry_interrupted(Call call) {
    for (;;) {
        const auto result = call();
        if (result != -1 || errno != EINTR) return result;
    }
}

[[noreturn]] inline void throw_errno(std::string_view operation, const std::filesystem::path& path) {
    throw error::from_errno(errno, operation, path.string());
}

[[noreturn]] inline void throw_exists(std::string_view operation, const std::filesystem::path& path) {
    throw error(errc::precondition_failed, operation, path.string(),
                "the path exists already; remove it or choose another");
}

[[noreturn]] inline void throw_errno_or_exists(std::string_view operation, const std::filesystem::path& path) {
    if (errno != EEXIST && errno != ENOTEMPTY) throw_errno(operation, path);
    throw_exists(operation, path);
}

template <class Path>
void require_success(int result, std::string_view operation, const Path& path) {
    if (result != 0) throw_errno(operation, path);
}

}  // namespace holdfast::detail

#endif
