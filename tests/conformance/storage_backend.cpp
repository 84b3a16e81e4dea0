#include <tests/conformance/storage_backend.hpp>

#include <algorithm>
#include <cstdint>

#include <holdfast/core/error.hpp>
#include <holdfast/detail/temp_directory.hpp>
#include <holdfast/storage/any.hpp>
#include <holdfast/storage/local.hpp>
#include <holdfast/storage/memory.hpp>

#include <tests/support/archetype_storage.hpp>
#include <tests/support/failing_storage.hpp>

using namespace holdfast;
using conformance::storage_backend_suite;

TEST_SUITE_BEGIN("storage_backend");

TEST_CASE("memory_storage") {
    storage_backend_suite([] { return memory_storage(); });
}

TEST_CASE("local_storage") {
    const detail::temp_directory scratch;
    storage_backend_suite([&] { return local_storage(scratch.path() / "store"); });
}

TEST_CASE("local_storage, durable") {
    const detail::temp_directory scratch;
    storage_backend_suite([&] { return local_storage(scratch.path() / "not/yet", {.durable = true}); });
}

TEST_CASE("archetype_storage") {
    storage_backend_suite([] { return archetype_storage(); });
}

TEST_CASE("any_storage over memory_storage") {
    storage_backend_suite([] { return any_storage(memory_storage()); });
}

TEST_CASE("any_storage over local_storage") {
    const detail::temp_directory scratch;
    storage_backend_suite([&] { return any_storage(local_storage(scratch.path() / "store")); });
}

TEST_CASE("any_storage over archetype_storage") {
    storage_backend_suite<false>([] { return any_storage(archetype_storage()); });
}

TEST_CASE("failing_storage that lets nothing fail") {
    storage_backend_suite([] { return failing_storage(memory_storage(), [](const storage_step&) {}); });
}

TEST_CASE("failing_storage over archetype_storage") {
    storage_backend_suite([] { return failing_storage(archetype_storage(), [](const storage_step&) {}); });
}

TEST_CASE("what fails in a thread of the suite is a failed check, not the end of the program") {
    const auto fail = [](int i) {
        if (i == 2) throw error(errc::unavailable, "put", "", "this test lets it fail");
        return true;
    };
    CHECK(conformance::failure_of([&] { conformance::count_true_in_threads(4, fail); }) == errc::unavailable);
}

TEST_CASE("a get that begins anew inside, and writes bytes again, is told from one that writes each once") {
    struct repeating_storage : archetype_storage {
        object_info get(const object_key& key, byte_sink& sink, const get_options& options) const {
            get_options cut = options;
            cut.range.size = std::min<std::uint64_t>(options.range.size, 2);
            archetype_storage::get(key, sink, cut);
            return archetype_storage::get(key, sink, options);
        }
    };
    const object_key key{"object"};
    const repeating_storage repeating;
    put_text(repeating, key, "0123456789");
    CHECK_FALSE(conformance::writes_once(repeating, key, {}));
    CHECK_FALSE(conformance::writes_once(repeating, key, {3, 4}));
    CHECK(conformance::writes_once(static_cast<const archetype_storage&>(repeating), key, {3, 4}));
}

TEST_SUITE_END();
