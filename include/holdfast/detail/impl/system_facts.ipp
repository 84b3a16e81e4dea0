#ifndef HOLDFAST_DETAIL_IMPL_SYSTEM_FACTS_IPP
#define HOLDFAST_DETAIL_IMPL_SYSTEM_FACTS_IPP

#include <holdfast/detail/system.hpp>

#include <pwd.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/random.h>
#endif

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/system_calls.hpp>

namespace holdfast::detail {

HOLDFAST_DECL std::uint64_t process_id() noexcept {
    return static_cast<std::uint64_t>(::getpid());
}

HOLDFAST_DECL std::uint32_t user_id() noexcept {
    return static_cast<std::uint32_t>(::geteuid());
}

HOLDFAST_DECL std::string boot_id() {
    std::array<std::byte, 64> text{};
    try {
        const auto found = file::open_read("/proc/sys/kernel/random/boot_id");
        return {reinterpret_cast<const char*>(text.data()), found.read_at(0, text)};
    } catch (const error&) {
        return {};  // not Linux, or no /proc
    }
}

HOLDFAST_DECL void portable::random_bytes(std::span<std::byte> out) {
    const file source = file::open_read("/dev/urandom");
    if (source.read_at(0, out) != out.size()) throw error::from_errno(EIO, "read", source.path());
}

// Fills the front of `out` and returns how much; less than all where the kernel lacks the call.
#if defined(__linux__)
inline std::size_t random_bytes_from_kernel(std::span<std::byte> out) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ::ssize_t count = retry_interrupted([&] { return ::getrandom(out.data() + done, out.size() - done, 0); });
        if (count <= 0) break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}
#else
inline std::size_t random_bytes_from_kernel(std::span<std::byte>) {
    return 0;
}
#endif

HOLDFAST_DECL void random_bytes(std::span<std::byte> out) {
    const std::size_t done = random_bytes_from_kernel(out);
    if (done < out.size()) portable::random_bytes(out.subspan(done));
}

HOLDFAST_DECL std::string local_iso_time(std::int64_t microseconds_since_epoch) {
    constexpr std::int64_t second = 1'000'000;
    const std::int64_t fraction = (microseconds_since_epoch % second + second) % second;
    const auto whole = static_cast<std::time_t>((microseconds_since_epoch - fraction) / second);
    struct ::tm local {};
    if (::localtime_r(&whole, &local) == nullptr) {
        throw error(errc::invalid_argument, "format time", std::to_string(whole), "the year is out of range");
    }
    std::array<char, 96> text{};
    int size = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d", local.tm_year + 1900,
                             local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
    if (fraction != 0) {
        const auto used = static_cast<std::size_t>(size);
        size += std::snprintf(text.data() + used, text.size() - used, ".%06d", static_cast<int>(fraction));
    }
    return std::string(text.data(), static_cast<std::size_t>(size));
}

inline std::filesystem::path home_by_user_database() {
    std::vector<char> buffer(1024);
    ::passwd entry{};
    ::passwd* found = nullptr;
    int result = 0;
    while ((result = ::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE) {
        buffer.resize(buffer.size() * 2);
    }
    return result == 0 && found != nullptr && found->pw_dir != nullptr ? found->pw_dir : std::filesystem::path();
}

HOLDFAST_DECL std::filesystem::path home_directory() {
    const char* home = std::getenv("HOME");
    return home != nullptr && *home != '\0' ? std::filesystem::path(home) : home_by_user_database();
}

}  // namespace holdfast::detail

#endif
