#include <holdfast/core/secret.hpp>

#include <doctest/doctest.h>

#include <concepts>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>

using namespace holdfast;

namespace {

template <class T>
concept printable = requires(std::ostream& out, const T& value) { out << value; };

template <class T>
concept joinable = requires(const T& value) { std::string("key ") + value; };

static_assert(printable<std::string> && joinable<std::string>);
static_assert(!printable<secret> && !joinable<secret>);
static_assert(!std::is_convertible_v<secret, std::string> && !std::is_convertible_v<secret, std::string_view>);
static_assert(!std::is_constructible_v<std::string, secret> && !std::is_constructible_v<std::string_view, secret>);
static_assert(!std::is_convertible_v<secret, const char*> && !std::is_convertible_v<secret, bool>);
static_assert(!std::is_convertible_v<std::string, secret> && std::is_constructible_v<secret, std::string>);
static_assert(std::regular<secret>);
static_assert(!std::totally_ordered<secret>);

}  // namespace

TEST_CASE("a secret is shown to the one who says so") {
    const secret password(std::string("hunter2\0x", 9));
    CHECK(password.reveal() == std::string("hunter2\0x", 9));
    CHECK_FALSE(password.empty());
    CHECK(secret().empty());
    CHECK(secret().reveal().empty());
    CHECK(secret("").empty());
    CHECK((secret("a") == secret("a")));
    CHECK((secret("a") != secret("b")));
}
