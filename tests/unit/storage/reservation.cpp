#include <holdfast/storage/reservation.hpp>

#include <doctest/doctest.h>

#include <string>

#include <holdfast/storage/memory.hpp>
#include <holdfast/storage/operations.hpp>
#include <tests/support/archetype_storage.hpp>
#include <tests/support/failing_storage.hpp>

using namespace holdfast;

TEST_CASE("with the create-only ability a reservation is an empty object") {
    const memory_storage storage;
    CHECK(reserve(storage, object_key("claims/0")));
    CHECK_FALSE(reserve(storage, object_key("claims/0")));
    CHECK(get_text(storage, object_key("claims/0")).empty());
}

TEST_CASE("by claims the winner's claim stays and a loser leaves none") {
    const archetype_storage storage;
    CHECK(reserve(storage, object_key("claims/0")));
    const auto claims = list_all(storage, "claims/0");
    REQUIRE(claims.size() == 1);
    CHECK_FALSE(reserve(storage, object_key("claims/0")));
    CHECK(list_all(storage, "claims/0").front().key == claims.front().key);
    CHECK(list_all(storage, "claims").size() == 1);
    CHECK(reserve(storage, object_key("claims/00")));
}

TEST_CASE("by claims, two that overlap at any step never both win") {
    // the second caller runs as a whole before or after each step of the first one
    for (std::uint64_t number = 0; number < 3; ++number) {
        for (const bool done : {false, true}) {
            CAPTURE(number);
            CAPTURE(done);
            const archetype_storage store;
            bool second_won = false;
            const failing_storage first(store, [&](const storage_step& step) {
                if (step.number == number && step.done == done) second_won = reserve(store, object_key("claim"));
            });
            const bool first_won = reserve(first, object_key("claim"));
            CHECK_FALSE((first_won && second_won));
            CHECK(list_all(store, "claim").size() == (first_won || second_won ? 1 : 0));
        }
    }
}

TEST_CASE("by claims, a caller that died half-way leaves the key to nobody") {
    const archetype_storage store;
    const failing_storage dying(store, fail_from(1));
    CHECK_THROWS_AS(reserve(dying, object_key("claim")), error);
    CHECK_FALSE(reserve(store, object_key("claim")));
    CHECK(reserve(store, object_key("another")));
}
