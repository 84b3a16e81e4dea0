#include <holdfast/artifact/verification.hpp>

#include <doctest/doctest.h>

using namespace holdfast;

TEST_CASE("each result has a name of its own") {
    CHECK(to_string(verification::result::ok) == "ok");
    CHECK(to_string(verification::result::corrupt) == "corrupt");
    CHECK(to_string(verification::result::not_found) == "not_found");
    CHECK(to_string(verification::result::unverifiable) == "unverifiable");
    CHECK(verification{}.status == verification::result::ok);
    CHECK(verification{}.detail.empty());
}

TEST_CASE("damage is what another checkpoint may not have") {
    for (const auto kind : {errc::corrupt, errc::unsafe_path, errc::key_not_compatible, errc::incompatible_type}) {
        CHECK(is_damage(kind));
    }
    for (const auto kind : {errc::not_found, errc::access_denied, errc::unavailable, errc::timed_out, errc::no_space,
                            errc::cancelled, errc::too_large, errc::unsupported, errc::precondition_failed}) {
        CAPTURE(to_string(kind));
        CHECK_FALSE(is_damage(kind));
    }
}
