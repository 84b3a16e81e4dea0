#ifndef HOLDFAST_TESTS_SUPPORT_ORDINARY_USER_HPP
#define HOLDFAST_TESTS_SUPPORT_ORDINARY_USER_HPP

#include <doctest/doctest.h>

#include <sys/types.h>
#include <unistd.h>

#include <filesystem>

namespace testing_support {

/// For root, whom no mode hinders: an ordinary user as long as this lives, whose the directory is.
class ordinary_user {
public:
    explicit ordinary_user(const std::filesystem::path& directory) {
        constexpr ::uid_t nobody = 65534;
        if (::geteuid() != 0) return;
        REQUIRE(::chown(directory.c_str(), nobody, static_cast<::gid_t>(-1)) == 0);
        REQUIRE(::seteuid(nobody) == 0);
    }
    ordinary_user(const ordinary_user&) = delete;
    ordinary_user& operator=(const ordinary_user&) = delete;
    ~ordinary_user() {
        if (::getuid() == 0) CHECK(::seteuid(0) == 0);
    }
};

}  // namespace testing_support

#endif
