#include <holdfast/artifact/options.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>

using namespace holdfast;

TEST_CASE("what is not said is what Python does by default, and verified") {
    CHECK(save_options{}.name == "mfchckpt");
    CHECK(save_options{}.latest);
    CHECK(save_options{}.metadata.empty());
    CHECK(save_options{}.digest == digest_kind::crc32c);
    CHECK_FALSE(save_options{}.symlinks);
    CHECK(load_options{}.verify);
    CHECK(load_options{}.limits.bytes == UINT64_MAX);
    CHECK(restore_options{}.step_back);
    CHECK_FALSE(restore_options{}.name);
    CHECK_FALSE(list_options{}.limit);
    CHECK_FALSE(list_options{}.attempt);
    CHECK_FALSE(list_options{}.whole_namespace);
    CHECK_FALSE(checkpoint_options{}.init_dir);
    CHECK(checkpoint_options{}.temp_dir_root.empty());
}

TEST_CASE("the clock and the surroundings are arguments") {
    const checkpoint_options options{.surroundings = {{{"USER", "alice"}}, "/", "/"},
                                     .clock = [] { return std::chrono::sys_seconds{std::chrono::seconds{7}}; }};
    CHECK(options.clock().time_since_epoch() == std::chrono::seconds{7});
    CHECK(options.surroundings.get("USER") == "alice");
    CHECK_FALSE(options.surroundings.get("HOME"));
}
