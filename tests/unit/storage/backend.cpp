#include <holdfast/storage/backend.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <holdfast/storage/abilities.hpp>
#include <holdfast/storage/any.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>
#include <holdfast/storage/reservation.hpp>
#include <tests/support/archetype_storage.hpp>
#include <tests/support/failing_storage.hpp>

using namespace holdfast;

namespace {

template <class Storage>
constexpr bool has_every_ability =
    create_only_storage<Storage> && compare_and_swap_storage<Storage> && copying_storage<Storage> &&
    batch_remove_storage<Storage> && streaming_storage<Storage>;

template <class Storage>
constexpr bool has_no_ability =
    !create_only_storage<Storage> && !compare_and_swap_storage<Storage> && !copying_storage<Storage> &&
    !batch_remove_storage<Storage> && !streaming_storage<Storage> && !batch_put_storage<Storage>;

static_assert(storage_backend<memory_storage> && has_every_ability<memory_storage>);
static_assert(storage_backend<local_storage> && has_every_ability<local_storage>);
static_assert(storage_backend<any_storage> && has_every_ability<any_storage>);
static_assert(batch_put_storage<local_storage> && batch_put_storage<any_storage> && !batch_put_storage<memory_storage>);
static_assert(storage_backend<archetype_storage> && has_no_ability<archetype_storage>);
static_assert(has_every_ability<failing_storage<memory_storage>>);
static_assert(storage_backend<failing_storage<archetype_storage>> &&
              has_no_ability<failing_storage<archetype_storage>>);
static_assert(reserving_storage<any_storage> && !reserving_storage<memory_storage>);
static_assert(removing_storage<any_storage> && !removing_storage<memory_storage>);

static_assert(require_storage_backend<memory_storage>() && require_storage_backend<archetype_storage>());

static_assert(!storage_backend<int>);
static_assert(!storage_backend<std::shared_ptr<memory_storage>>);

struct without_url : archetype_storage {
    store_url url() const = delete;
};
static_assert(!storage_backend<without_url>);

struct cannot_be_copied : archetype_storage {
    cannot_be_copied(const cannot_be_copied&) = delete;
};
static_assert(!storage_backend<cannot_be_copied>);

struct changes_when_it_puts : archetype_storage {
    object_info put(const object_key&, const byte_source&, const put_options&);
};
static_assert(!storage_backend<changes_when_it_puts>);

struct head_throws_where_absent : archetype_storage {
    object_info head(const object_key&) const;
};
static_assert(!storage_backend<head_throws_where_absent>);

struct lists_into_a_vector : archetype_storage {
    std::vector<object_info> list(std::string_view) const;
};
static_assert(!storage_backend<lists_into_a_vector>);

struct create_tells_nothing : archetype_storage {
    void put_if_absent(const object_key&, const byte_source&, const put_options&) const;
};
static_assert(storage_backend<create_tells_nothing> && !create_only_storage<create_tells_nothing>);

struct only_an_ability {
    object_info copy(const object_key&, const object_key&) const;
};
static_assert(!copying_storage<only_an_ability>);

}  // namespace

TEST_CASE("the defaults ask for a whole object, whatever its etag") {
    const get_options getting;
    CHECK(getting.range.offset == 0);
    CHECK(getting.range.size == UINT64_MAX);
    CHECK(getting.if_match.empty());
    CHECK_FALSE(getting.stop.stop_possible());
    CHECK_FALSE(put_options().digest);
}
